// Opens whole mails in Chromium, as their author wrote them and as Pharos sends them, takes pictures
// of both, and says as JSON what it saw.
// Usage: node documents.mjs FOLDER, with FOLDER/list.json: the names; each NAME.author.html and
// NAME.sent.html. Pictures go to FOLDER/NAME.WIDTH.SCHEME.{author,sent}.png.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { launch } from "./launch.mjs";

const [folder] = process.argv.slice(2);
const names = JSON.parse(readFileSync(join(folder, "list.json"), "utf8"));
// A grey image of the size that its name ends in: hero-600x280.png.
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};
const pictures = new Map();
const picture = (width, height) => {
  const key = `${width}x${height}`;
  if (!pictures.has(key)) {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 0, 0, 0, 0], 8);
    const rows = Buffer.alloc((width + 1) * height, 0x99);
    for (let row = 0; row < height; row += 1) rows[row * (width + 1)] = 0;
    pictures.set(key, Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0)),
    ]));
  }
  return pictures.get(key);
};

const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

const seen = {};
const look = async (names) => {
  const context = await launch();
  try {
    await lookWith(context, names);
  } finally {
    await context.close();
  }
};
const lookWith = async (context, names) => {
  const page = await context.newPage();
  await page.route("**/*", (route) => {
    const { protocol, hostname, pathname } = new URL(route.request().url());
    const size = /-(\d+)x(\d+)\.\w+$/.exec(pathname);
    if (protocol === "file:") return route.continue();
    if (hostname === "t.nordlicht.example") {
      return route.fulfill({ contentType: "image/gif", body: PIXEL });
    }
    if (size) {
      const [width, height] = [Number(size[1]), Number(size[2])];
      return route.fulfill({ contentType: "image/png", body: picture(width, height) });
    }
    return route.abort();
  });
  for (const name of names) {
    const looks = [];
    const links = {};
    const author = readFileSync(join(folder, `${name}.author.html`), "utf8");
    // A document that says nothing of dark screens looks the same on them.
    const schemes = /color-scheme/.test(author) ? ["light", "dark"] : ["light"];
    for (const width of [600, 375]) {
      for (const scheme of schemes) {
        // Each width and each scheme once; all four together with PHAROS_LOOKS=all.
        const other = width === 600 ? "dark" : "light";
        if (process.env.PHAROS_LOOKS !== "all" && schemes.length > 1 && scheme === other) continue;
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 800 });
        const look = { width, scheme };
        let height = 1;
        for (const kind of ["author", "sent"]) {
          await page.goto(`file://${folder}/${name}.${kind}.html`);
          // How far down the author's content reaches, without the empty rest of the window.
          if (kind === "author") {
            height = await page.evaluate(() => Math.floor(Math.max(
              1, ...[...document.body.querySelectorAll("*")]
                .map((it) => it.getBoundingClientRect().bottom))));
          }
          await page.screenshot({
            path: join(folder, `${name}.${width}.${scheme}.${kind}.png`),
            fullPage: true,
            clip: { x: 0, y: 0, width, height },
            animations: "disabled",
          });
          links[kind] = await page.evaluate(() =>
            [...document.querySelectorAll("a[href], area[href]")]
              .filter((it) => !it.closest("#pharos-footer"))
              .map((it) => (it.protocol === "file:" ? it.hash : it.href)));
        }
        look.footer = await page.evaluate(() => {
          const link = [...document.querySelectorAll("#pharos-footer a")]
            .find((it) => it.href.includes("/u/"));
          const shown = (it) => it.checkVisibility({ opacityProperty: true, visibilityProperty: true });
          const box = link.getBoundingClientRect();
          const channels = (color) => color.match(/[\d.]+/g).slice(0, 3).map(Number);
          const luminance = (color) => {
            const [r, g, b] = channels(color).map((c) =>
              c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const contrast = (it) => {
            let ground = it;
            while (/rgba\(.*, 0\)|transparent/.test(getComputedStyle(ground).backgroundColor)) {
              ground = ground.parentElement;
            }
            const pair = [getComputedStyle(it).color, getComputedStyle(ground).backgroundColor];
            const [light, dark] = pair.map(luminance).sort((a, b) => b - a);
            return (light + 0.05) / (dark + 0.05);
          };
          const parts = [...document.querySelectorAll("#pharos-footer p, #pharos-footer a")];
          link.scrollIntoView();
          const { left, top, width, height } = link.getBoundingClientRect();
          const hit = document.elementFromPoint(left + width / 2, top + height / 2);
          return {
            shown: parts.every(shown),
            size: Math.min(...parts.map((it) => parseFloat(getComputedStyle(it).fontSize))),
            contrast: Math.min(...parts.map(contrast)),
            clickable: hit === link,
            width: box.width,
          };
        });
        look.pixel = await page.evaluate(() => {
          const pixel = [...document.images].find((it) => it.src.includes("/o/"));
          const { width, height } = pixel.getBoundingClientRect();
          return { width, height, loaded: pixel.naturalWidth };
        });
        looks.push(look);
      }
    }
    const targets = JSON.parse(readFileSync(join(folder, `${name}.links.json`), "utf8"));
    seen[name] = { looks, links, targets: targets.map((it) => (URL.canParse(it) ? new URL(it).href : it)) };
  }
};
// Two browsers, one for each half: pages of one disturb each other's pictures.
await Promise.all([0, 1].map((half) => look(names.filter((_, at) => at % 2 === half))));
console.log(JSON.stringify(seen));
