// The visitor cookie in Chromium: webmail of two sites shows the pixel of a third one.
// Usage: node visitor_cookie.mjs PORT PICTURES WAY, with WAY one of
//   allowed   other sites' cookies are let through; the page is looked at, reset, refused
//   blocked   the browser blocks other sites' cookies
//   signal    the browser sends Sec-GPC
// Says as JSON what the browser kept and what the page said.
import { looker, wrongWith } from "./looks.mjs";
import { launch } from "./launch.mjs";

const [port, pictures, way] = process.argv.slice(2);
const at = (host, path) => `https://${host}:${port}${path}`;
const seen = { wrong: [], errors: [], cookies: [] };
const context = await launch({
  ignoreHTTPSErrors: true,
  more: ["--host-resolver-rules=MAP *.test 127.0.0.1"],
  // Of other sites: 0 lets them through, 1 blocks them.
  preferences: { profile: { cookie_controls_mode: way === "blocked" ? 1 : 0 } },
  ...(way === "signal" ? { extraHTTPHeaders: { "Sec-GPC": "1" } } : {}),
});

/** Opens the webmail of a site, and says whether the pixel came with a cookie and was given one. */
const read = async (page, host) => {
  const answered = page.waitForResponse((it) => new URL(it.url()).pathname.startsWith("/o/"));
  await page.goto(at(host, "/"));
  const answer = await answered;
  const [asked, told] = [await answer.request().allHeaders(), await answer.allHeaders()];
  return { brought: "cookie" in asked, offered: "set-cookie" in told };
};

/** What the browser keeps of the beacon's host. */
const kept = async () => (await context.cookies())
  .filter((it) => it.domain === "t.pharos.test")
  .map(({ name, value, sameSite, secure, httpOnly, path, partitionKey }) =>
    ({ name, value, sameSite, secure, httpOnly, path, partition: partitionKey ?? "" }));

const words = async (page, selector) =>
  (await page.locator(selector).allTextContents()).map((it) => it.trim());

/** Presses a button of the page by the keyboard alone. */
const press = async (page, name) => {
  const button = page.getByRole("button", { name, exact: true });
  for (let tabs = 0; tabs < 20; tabs += 1) {
    await page.keyboard.press("Tab");
    if (await button.evaluate((it) => it === document.activeElement)) break;
  }
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
};

try {
  const page = await context.newPage();
  page.on("pageerror", (error) => seen.errors.push(error.message));
  seen.reads = [];
  for (const host of ["mail.one.test", "mail.one.test", "mail.two.test"]) {
    seen.reads.push(await read(page, host));
  }
  seen.cookies = await kept();
  const look = looker(seen, pictures, `visitor-${way}`);
  await page.goto(at("t.pharos.test", "/browser"));
  await look(page, "shown");
  seen.title = await words(page, "h1");
  seen.shown = await words(page, "dd");
  seen.said = await words(page, "section:first-of-type p");
  seen.buttons = await words(page, "button");
  if (way === "allowed") {
    // Its numbers come when the hits are counted.
    const end = Date.now() + 20_000;
    do {
      await page.reload();
      seen.numbers = await words(page, "dd");
    } while (seen.numbers[3] !== "1 message" && Date.now() < end);
    await press(page, "Reset");
    await look(page, "reset");
    seen.afterReset = { said: await words(page, "[role=status]"), cookies: await kept() };
    seen.again = await read(page, "mail.one.test");
    seen.anew = await kept();
    await page.goto(at("t.pharos.test", "/browser"));
    await press(page, "Reset and set none again");
    seen.afterRefusal = { said: await words(page, "[role=status]"), cookies: await kept() };
    seen.refused = [await read(page, "mail.one.test"), await read(page, "mail.two.test")];
    await page.goto(at("t.pharos.test", "/browser"));
    await look(page, "refused");
    await press(page, "Allow the cookie again");
    seen.afterAllowing = await kept();
  } else if (way === "signal") {
    await press(page, "Delete a cookie from before");
    await look(page, "deleted");
    seen.afterDeletion = { said: await words(page, "[role=status]"), cookies: await kept() };
  }
  seen.wrong.push(...await wrongWith(page));
} finally {
  await context.close();
}
console.log(JSON.stringify(seen));
