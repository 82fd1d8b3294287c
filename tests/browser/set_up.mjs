// Tells in Chromium how a new installation is set up: owner, sender and relay with a test message that
// fails and one that is taken, the domain's records, sample data and without it again. Each page is held
// against axe, narrow and wide, light and dark. Says as JSON what it saw.
// Usage: node set_up.mjs ADMIN_URL FOLDER_FOR_PICTURES SET_UP_ADDRESS RELAY_PORT [typed]
// With `typed` the configuration says nothing of sender and relay, and both are typed on the page.
// Writes `set-up-failed` into the folder once the first test message has failed, and waits for the relay.
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { launch } from "./launch.mjs";
import { looker } from "./looks.mjs";
import { press, pressByKeyboard } from "./presses.mjs";

const [admin, pictures, setUp, relayPort, typed] = process.argv.slice(2);
const seen = { wrong: [], errors: [], outside: [] };
const context = await launch();

const look = looker(seen, pictures, `set-up-${typed ?? "fixed"}`, { widths: [320, 1440] });
const follow = (page, name, url) => Promise.all([
  page.waitForURL(url), page.getByRole("link", { name, exact: true }).first().click(),
]);
const answers = (port) => new Promise((resolve) => {
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("connect", () => { socket.destroy(); resolve(true); });
  socket.on("error", () => resolve(false));
});
const talk = (page) => page.locator(".talk .words").allTextContents();

try {
  const page = await context.newPage();
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    const expected = /status of 4(01|03|04|09|22)/.test(message.text());
    if (message.type() === "error" && !expected) seen.errors.push(message.text());
  });
  page.on("request", (request) => {
    // The pixel of the message that is shown comes from the installation's own beacon.
    const own = request.url().startsWith(`${admin}/`) || /^http:\/\/127\.0\.0\.1:\d+\/o\//.test(request.url());
    if (!own) seen.outside.push(request.url());
  });
  await page.goto(setUp);
  await look(page, "owner");
  await page.getByLabel("Your name").fill("Zoe Novak");
  await page.getByLabel("Your email address").fill("zoe@aurora-news.org");
  await page.getByLabel(/^Password/).fill("a horse that is correct");
  await page.getByLabel("The same again").fill("a horse that is correct");
  await press(page, "Become the owner");
  seen.second = page.url().slice(admin.length);
  await look(page, typed ? "sender open" : "sender");
  if (typed) {
    seen.without = await page.getByText("First set the relay").count();
    await page.getByLabel(/^Organisation/).fill("Aurora & Co");
    await page.getByLabel(/^Postal address/).fill("1 Harbour Road\nDublin");
    await page.getByLabel(/^Domain/).fill("aurora-news.org");
    await press(page, "Keep the sender");
    await page.getByLabel(/^Host/).fill("127.0.0.1");
    await page.getByLabel(/^Port/).fill("none");
    await press(page, "Keep the relay");
    seen.refused = await page.locator("#problem").textContent();
    await look(page, "sender refused");
    await page.getByLabel(/^Port/).fill(relayPort);
    await pressByKeyboard(page, "Keep the relay");
    seen.kept = await page.locator(".said").first().textContent();
    await look(page, "sender kept");
  }
  seen.to = await page.getByLabel("To", { exact: true }).inputValue();
  await pressByKeyboard(page, "Send a test message");
  seen.failed = await talk(page);
  seen.meaning = await page.locator("#test .note").first().textContent();
  await look(page, "sender failed");
  writeFileSync(join(pictures, typed ? "set-up-typed-failed" : "set-up-failed"), "");
  while (!await answers(relayPort)) await page.waitForTimeout(50);
  await press(page, "Send another one");
  seen.taken = await talk(page);
  await look(page, "sender taken");
  await page.goto(`${admin}/admin/campaigns`);
  seen.reminder = (await page.locator(".reminder p").textContent()).replaceAll(/\s+/g, " ").trim();
  await look(page, "reminder");
  await follow(page, "Go on", `${admin}/admin/setup/domain`);
  await look(page, "domain");
  await page.getByLabel(/^Selector/).fill("s1");
  await press(page, "Look it up");
  seen.standing = await page.locator("main section .chip").allTextContents();
  seen.copied = await page.getByLabel("Text to copy").first().inputValue();
  await look(page, "domain with selector");
  await press(page, "They are in place");
  seen.fourth = page.url().slice(admin.length);
  await look(page, "start");
  await press(page, "Start with sample data");
  await look(page, "start with samples");
  await follow(page, "a draft", /campaigns\/\d+$/);
  seen.draft = await page.locator("h1").first().textContent();
  await page.goto(`${admin}/admin/setup/start`);
  await press(page, "Remove the sample data");
  seen.removed = await page.locator(".said").textContent();
  await press(page, "Go to the campaigns");
  seen.end = page.url().slice(admin.length);
  seen.reminded = await page.locator(".reminder").count();
} finally {
  await context.close().catch(() => {});
}
console.log(JSON.stringify(seen));
