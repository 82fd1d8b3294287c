// Writes an announcement without a campaign, as two people at once, puts it in use, sends a single message of
// it and deletes it. Each look is held against axe. Says as JSON what it saw.
// Usage: node own_announcement.mjs ADMIN_URL FOLDER_FOR_PICTURES ADDRESS_THAT_SIGNS_IN
import { launch } from "./launch.mjs";
import { looker } from "./looks.mjs";

const [admin, pictures, open] = process.argv.slice(2);
const context = await launch({ timezoneId: "Europe/Madrid" });
const seen = { wrong: [], errors: [] };

const watched = async () => {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    // Two texts, and a deletion that is refused: on purpose.
    const expected = /status of 409/.test(message.text());
    if (message.type() === "error" && !expected) seen.errors.push(message.text());
  });
  return page;
};
const look = looker(seen, pictures, "own-announcement", { widths: [320, 1440], rules: { iframes: false } });
const settle = async (page, act) => {
  const done = page.waitForResponse((it) => it.url().endsWith("/write") && it.status() === 200);
  await act();
  await done;
  await page.locator("#saved", { hasText: /^Saved \d\d:\d\d by / }).waitFor();
};
const press = async (page, role, name) => {
  const it = page.getByRole(role, { name, exact: true }).first();
  await Promise.all([page.waitForNavigation(), it.click()]);
};

try {
  const page = await watched();
  await page.goto(open);
  await page.goto(`${admin}/admin/announcements`);
  await look(page, "list");
  await press(page, "link", "New announcement");
  seen.focused = await page.evaluate(() => document.activeElement.name);
  await look(page, "new");
  await page.keyboard.type("password-reset");
  await press(page, "button", "Write it");
  seen.missing = await page.locator("#state li").allInnerTexts();
  await settle(page, () => page.getByLabel("Subject", { exact: true }).fill("Your code"));
  await settle(page, () => page.getByLabel(/^Text/).fill("# It is {{ code }}\n\nIt works for an hour.\n"));
  await settle(page, () => page.getByRole("radio", { name: "Letter", exact: true }).check());
  seen.heading = await page.locator("h1").innerText();
  seen.notes = await page.locator("#state .note").allInnerTexts();
  await page.frameLocator("#message").getByRole("heading", { name: /^It is / }).waitFor();
  await look(page, "write");

  // Two pages write one announcement.
  const other = await watched();
  await other.goto(page.url());
  await settle(other, () => other.getByLabel("Subject", { exact: true }).fill("Theirs"));
  await other.close();
  await page.getByLabel("Subject", { exact: true }).fill("Your code, once");
  await page.locator("#saved", { hasText: /^Not saved/ }).waitFor();
  await press(page, "button", "Compare both texts");
  seen.both = await page.locator("pre").allInnerTexts();
  await look(page, "two texts");
  await press(page, "button", "Save yours over theirs");
  seen.chosen = await page.getByLabel("Subject", { exact: true }).inputValue();
  await press(page, "button", "Use this text");
  seen.used = await page.locator("[role=status]").first().innerText();
  await look(page, "in use");

  await press(page, "link", "Send a single message");
  await page.getByLabel("To", { exact: true }).fill("ada@example.org");
  await look(page, "message");
  await page.getByLabel("code", { exact: true }).fill("48213");
  await press(page, "button", "Send to this address");
  seen.sent = await page.locator("main").innerText();
  await look(page, "sent");
  // It comes before any campaign, and is read where mail is caught.
  const mail = page.getByRole("link", { name: /Your code, once/ }).first();
  for (let look = 0; look < 40 && (await mail.count()) === 0; look += 1) {
    await page.goto(`${admin}/admin/inbox`, { waitUntil: "networkidle" });
  }
  await Promise.all([page.waitForNavigation(), mail.click()]);
  seen.read = await page.frameLocator("iframe").locator("body").innerText();

  await page.goto(`${admin}/admin/announcements`);
  await press(page, "link", "password-reset");
  await page.getByText("Delete this announcement").click();
  await look(page, "delete");
  await press(page, "button", "Delete “password-reset”");
  seen.deleted = await page.locator("[role=status]").first().innerText();
  seen.left = await page.locator("main").innerText();
} finally {
  await context.close();
}
console.log(JSON.stringify(seen));
