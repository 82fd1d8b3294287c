// Takes the pictures of the README and the manual from a demo that is running; see scripts/pictures.
// Usage: node pictures.mjs ADMIN_URL FOLDER_FOR_PICTURES ADDRESS_THAT_SIGNS_IN
import { join } from "node:path";
import { launch } from "./launch.mjs";

const [admin, pictures, open] = process.argv.slice(2);
const context = await launch({ viewport: { width: 1280, height: 820 } });
const page = await context.newPage();
page.setDefaultTimeout(30_000);

// The window alone: a picture of a whole page leaves frames blank.
const picture = async (name, { end = "", height = 820 } = {}) => {
  await page.setViewportSize({ width: 1280, height });
  await page.evaluate(() => globalThis.scrollTo(0, 0));
  if (end) await page.locator(end).evaluate((it) => it.scrollIntoView({ block: "end" }));
  await page.waitForFunction(() => [...document.images].every((it) => it.complete));
  // What is shown when it is pointed at, and where the text stands, is not part of the picture.
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement?.blur());
  await page.screenshot({ path: join(pictures, `${name}.png`), animations: "disabled" });
};
const press = (name) =>
  Promise.all([page.waitForNavigation(), page.getByRole("button", { name }).first().click()]);
const saved = async (act) => {
  const done = page.waitForResponse((it) => it.url().endsWith("/write") && it.status() === 200);
  await act();
  await done;
};

try {
  await page.goto(open);
  await page.goto(`${admin}/admin/campaigns/1`);
  await picture("report");

  await page.goto(`${admin}/admin/campaigns`);
  await press("New campaign");
  await saved(() => page.getByLabel("Subject", { exact: true }).fill("Aurora 4.3 is here"));
  await saved(() => page.getByLabel(/^Preview line/).fill("Exports go on where they stopped."));
  const text = [
    "# Search looks inside attachments",
    "Hello {{ first_name or \"there\" }}, whatever you have attached to a task is found now, in **every** project.",
    "## New in 4.3",
    "- Exports go on where they stopped\n- Twice as fast on large boards\n- Dark mode follows your system",
    "[See what is new](https://aurora.example/4.3 \"button\")",
    "",
  ].join("\n\n");
  await saved(() => page.getByLabel(/^Text/).fill(text));
  await page.frameLocator("#message").getByRole("heading", { name: "Search looks inside attachments" }).waitFor();
  await picture("write", { height: 1000 });
  const asked = page.waitForResponse((it) => it.url().endsWith("/send"));
  await page.locator("#send").hover();
  await asked;
  await page.locator("#checked", { hasText: "Nothing is in the way" }).waitFor();
  await picture("send", { end: "#send" });

  await page.goto(`${admin}/admin/contacts`);
  // Somebody who has done something.
  for (const contact of await people()) {
    await page.goto(`${admin}${contact}`);
    if (await page.getByText(/clicked/i).count()) break;
  }
  await picture("contact", { height: 860 });

  await page.goto(`${admin}/admin/imports/new`);
  await page.locator("[name=topic]").selectOption("release-notices");
  const lines = ["e-mail,Given name,plan,Unsubscribed"];
  for (let line = 0; line < 400; line += 1) {
    const bad = line % 90 === 17 ? "no address" : `reader${line * 7}@customers.example`;
    lines.push(`${bad},Reader ${line},${["free", "team", "business"][line % 3]},${line % 40 === 3 ? "yes" : "no"}`);
  }
  const buffer = Buffer.from(`${lines.join("\n")}\n`);
  await page.locator("[name=file]").setInputFiles({ name: "customers-november.csv", mimeType: "text/csv", buffer });
  await press("Upload");
  await press("Rehearse");
  await page.locator(".head .chip.waiting").waitFor({ timeout: 60_000 });
  await picture("import");
} finally {
  await context.close();
}

/** Pages of some contacts. */
async function people() {
  await page.goto(`${admin}/admin/contacts`);
  return page.locator("main table a[href^='/admin/contacts/']").evaluateAll((all) => all.map((it) => it.getAttribute("href")));
}
