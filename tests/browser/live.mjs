// Looks at a campaign while its numbers move: by a stream, paused, through a proxy that cuts streams, and
// without script. Says as JSON what it saw.
// Usage: node live.mjs ADMIN_URL FOLDER_FOR_PICTURES ADDRESS_THAT_SIGNS_IN
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { launch } from "./launch.mjs";

const [admin, pictures, open] = process.argv.slice(2);
const context = await launch({
  viewport: { width: 1100, height: 900 },
  // A headless browser calls itself one, and is then counted as a machine.
  userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
});
const seen = { errors: [], cuts: 0 };
const WITHIN = { timeout: 30_000 };

// Passes everything on, and cuts a connection as soon as a stream begins on it.
const proxy = createServer((client) => {
  const server = connect(new URL(admin).port, "127.0.0.1");
  let streams = false;
  client.on("data", (bytes) => {
    streams ||= bytes.includes("/stream?");
    server.write(bytes);
  });
  server.on("data", (bytes) => {
    client.write(bytes);
    if (!streams) return;
    seen.cuts += 1;
    client.destroy();
    server.destroy();
  });
  for (const [one, other] of [[client, server], [server, client]]) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
});
await new Promise((done) => proxy.listen(0, "127.0.0.1", done));
const cutting = `http://127.0.0.1:${proxy.address().port}`;

try {
  const watched = async (address) => {
    const page = await context.newPage();
    const asked = { page, streams: 0, polls: 0, unchanged: 0 };
    page.on("pageerror", (error) => seen.errors.push(String(error)));
    page.on("request", (request) => {
      const path = new URL(request.url()).pathname;
      if (path.endsWith("/stream")) asked.streams += 1;
      if (/\/(live|acts)$/.test(path)) asked.polls += 1;
    });
    page.on("response", (answer) => {
      if (answer.status() === 304) asked.unchanged += 1;
    });
    await page.goto(address);
    return asked;
  };
  const views = (page) => page.locator("#classes tfoot td.n").first().textContent();
  const shows = (page, count) =>
    page.waitForFunction(
      (count) => document.querySelector("#classes tfoot td.n")?.textContent === count,
      String(count),
      WITHIN,
    );
  const says = (page, words) => page.locator("#keeping [role=status]", { hasText: words }).waitFor(WITHIN);
  // Somebody opens the mail with this place in the inbox.
  const inbox = await context.newPage();
  await inbox.goto(open);
  const read = async (place) => {
    await inbox.goto(`${admin}/admin/inbox`);
    await inbox.locator("main a[href^='/admin/inbox/']").nth(place).click();
    await inbox.waitForLoadState("networkidle");
  };

  const live = await watched(`${admin}/admin/campaigns/1`);
  await says(live.page, "Live");
  seen.before = await views(live.page);
  await live.page.locator("#classes summary").click();
  await live.page.locator("#classes summary").focus();
  await read(0);
  await shows(live.page, 1);
  seen.moved = { streams: live.streams, polls: live.polls };
  seen.open = await live.page.locator("#classes").evaluate((it) => it.open);
  seen.focused = await live.page.evaluate(() => document.activeElement?.tagName);
  await live.page.screenshot({ path: join(pictures, "live.png"), fullPage: true });

  await live.page.getByRole("button", { name: "Pause" }).click();
  seen.paused = await live.page.locator("#keeping [role=status]").innerText();
  seen.pressed = await live.page.getByRole("button", { name: "Pause" }).getAttribute("aria-pressed");
  await live.page.screenshot({ path: join(pictures, "live-paused.png") });
  await read(1);
  const fresh = await watched(`${admin}/admin/campaigns/1`);
  await shows(fresh.page, 2);
  await fresh.page.close();
  seen.whilePaused = await views(live.page);
  seen.stillOne = live.streams;
  await live.page.getByRole("button", { name: "Pause" }).click();
  await shows(live.page, 2);
  seen.afterwards = { streams: live.streams, polls: live.polls };
  await live.page.close();

  // A session's cookie is called after its port.
  const [here, there] = [new URL(admin).port, new URL(cutting).port];
  const own = (await context.cookies()).filter((it) => it.name.endsWith(here));
  await context.addCookies(
    own.map(({ name, value }) => ({ name: name.replace(here, there), value, url: cutting })),
  );
  const cut = await watched(`${cutting}/admin/campaigns/1`);
  await says(cut.page, "Asks every 2 seconds");
  await read(2);
  await shows(cut.page, 3);
  await cut.page.waitForResponse((answer) => answer.status() === 304, WITHIN);
  seen.fallback = { polls: cut.polls > 0, unchanged: cut.unchanged > 0, streams: cut.streams };
  await cut.page.close();

  const list = await watched(`${admin}/admin/campaigns`);
  await says(list.page, "Live");
  await list.page.setViewportSize({ width: 320, height: 700 });
  seen.narrow = await list.page.evaluate(() => document.documentElement.scrollWidth);
  await list.page.screenshot({ path: join(pictures, "live-list-narrow.png") });

  const plain = await (await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  })).newContext({ javaScriptEnabled: false });
  await plain.addCookies(await context.cookies());
  const still = await plain.newPage();
  await still.goto(`${admin}/admin/campaigns/1`);
  seen.plain = await still.locator("#keeping").innerText();
  await still.getByRole("link", { name: "Refresh" }).click();
  seen.refreshed = new URL(still.url()).pathname;
  await plain.browser().close();
} finally {
  proxy.close();
  await context.close();
}
console.log(JSON.stringify(seen));
process.exit(0);
