// Sends a release notice from nothing, on one page, and counts the presses of buttons; then two people
// write one draft at once, and somebody does it all by keyboard. Each look is held against axe. Says as JSON
// what it saw.
// Usage: node one_page.mjs ADMIN_URL FOLDER_FOR_PICTURES EMAIL PASSWORD
import { signIn } from "./entrance.mjs";
import { launch } from "./launch.mjs";
import { looker } from "./looks.mjs";

const [admin, pictures, email, password] = process.argv.slice(2);
const context = await launch({
  timezoneId: "Europe/Madrid",
});
const seen = { wrong: [], errors: [], outside: [], presses: [] };
const HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>parent.document.title='owned'</script>";

const watched = async () => {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    // Two texts of one draft: refused on purpose.
    const expected = /status of 409/.test(message.text());
    if (message.type() === "error" && !expected) seen.errors.push(message.text());
  });
  page.on("request", (request) => {
    // The pixel of the message that is shown comes from the installation's own beacon.
    const own = request.url().startsWith(`${admin}/`) || /^http:\/\/127\.0\.0\.1:\d+\/o\//.test(request.url());
    if (!own) seen.outside.push(request.url());
  });
  return page;
};
const look = looker(seen, pictures, "one-page", { widths: [320, 768, 1440], rules: { iframes: false } });
const saved = (page) => page.locator("#saved", { hasText: /^Saved \d\d:\d\d by / }).waitFor();
// Something typed is saved: the status says so for this text, not for the one before.
const settle = async (page, act) => {
  const done = page.waitForResponse((it) => it.url().endsWith("/write") && it.status() === 200);
  await act();
  await done;
  await saved(page);
};

try {
  const page = await watched();
  await signIn(page, admin, email, password);
  await page.goto(`${admin}/admin/campaigns`);
  // From here on every press of a button counts.
  const press = async (name) => {
    seen.presses.push(String(name));
    const button = page.getByRole("button", { name }).first();
    await Promise.all([page.waitForNavigation(), button.click()]);
  };
  await press("New campaign");
  seen.focused = await page.evaluate(() => document.activeElement.name);
  seen.missing = await page.locator("#state li").allInnerTexts();
  await look(page, "new");
  await settle(page, () => page.keyboard.type("Aurora 4.3 is here"));
  await settle(page, () => page.getByLabel(/^Preview line/).fill("Exports go on where they stopped."));
  const sender = page.getByLabel("From", { exact: true });
  seen.from = await sender.inputValue();
  const text = "# Search in attachments\n\nHello {{ first_name or \"there\" }}, search looks **inside** now.\n\n" +
    "[See what is new](https://aurora.example/4.3 \"button\")\n";
  await settle(page, () => page.getByLabel(/^Text/).fill(text));
  await settle(page, () => page.getByRole("radio", { name: "Newsletter" }).check());
  seen.layout = await page.locator("[name=layout]:checked").inputValue();
  seen.mistakes = await page.locator("#state li").allInnerTexts();
  const message = page.frameLocator("#message");
  await message.getByRole("heading", { name: "Search in attachments" }).waitFor();
  seen.title = await page.title();
  // Whoever goes down to the button finds the check of what is there now.
  const asked = page.waitForResponse((it) => it.url().endsWith("/send"));
  await page.locator("#send").hover();
  await asked;
  await page.locator("#checked", { hasText: "Nothing is in the way" }).waitFor();
  seen.button = await page.getByRole("button", { name: /^Send to / }).innerText();
  seen.sentence = await page.locator("#send > p").innerText();
  seen.reasons = await page.locator(".reasons tr").allInnerTexts();
  await look(page, "ready");
  await press(/^Send to /);
  seen.starts = await page.getByRole("heading", { name: /^Starts in / }).innerText();
  seen.same = page.url();
  await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: "Take back" }).click()]);
  seen.again = await page.getByLabel("Subject", { exact: true }).inputValue();

  // Two pages write one draft.
  const draft = page.url();
  const other = await watched();
  await other.goto(draft);
  await settle(other, () => other.getByLabel("Subject", { exact: true }).fill("Theirs"));
  await page.getByLabel("Subject", { exact: true }).fill("Mine");
  await page.locator("#saved", { hasText: /^Not saved/ }).waitFor();
  seen.refused = await page.locator("#saved").innerText();
  const compare = page.getByRole("button", { name: "Compare both texts" });
  await Promise.all([page.waitForNavigation(), compare.click()]);
  seen.both = await page.locator("pre").allInnerTexts();
  await look(page, "two texts");
  const mine = page.getByRole("button", { name: "Save yours over theirs" });
  await Promise.all([page.waitForNavigation(), mine.click()]);
  seen.chosen = await page.getByLabel("Subject", { exact: true }).inputValue();
  await other.close();

  // What is hostile stays a text.
  await settle(page, () => page.getByLabel("Subject", { exact: true }).fill(`Mine ${HOSTILE}`));
  await page.getByLabel(/^Text/).fill(`Hello\n\n${HOSTILE}\n`);
  await page.locator("#state li").first().waitFor();
  seen.hostile = await page.locator("#state li").allInnerTexts();
  await page.locator("#state a").first().click();
  seen.at = await page.evaluate(() => {
    const field = document.activeElement;
    return field.value.slice(field.selectionStart, field.selectionEnd);
  });
  await look(page, "mistakes");
  seen.owned = await page.title();

  // By keyboard alone, from the list to the button.
  const keys = page.keyboard;
  const reach = async (wanted) => {
    for (let tab = 0; tab < 60; tab += 1) {
      await keys.press("Tab");
      const there = await page.evaluate(() => {
        const it = document.activeElement;
        return it?.matches("a, button, input, select, textarea") ? it.name || it.innerText.trim() : "";
      });
      if (wanted.test(there)) return;
    }
    throw new Error(`no ${wanted} within 60 presses at ${page.url()}`);
  };
  await page.goto(`${admin}/admin/campaigns`);
  await reach(/^New campaign$/);
  await Promise.all([page.waitForNavigation(), keys.press("Enter")]);
  await settle(page, () => keys.type("By keyboard"));
  await reach(/^layout$/);
  await settle(page, () => keys.press("ArrowRight"));
  await reach(/^body$/);
  await settle(page, () => keys.type("Hello."));
  const anew = page.waitForResponse((it) => it.url().endsWith("/send"));
  await reach(/^(topic|file|Check again)$/);
  await anew;
  await page.locator("#checked", { hasText: "Nothing is in the way" }).waitFor();
  await reach(/^Send to /);
  await Promise.all([page.waitForNavigation(), keys.press("Enter")]);
  seen.keyboard = await page.getByRole("heading", { name: /^Starts in / }).innerText();
} finally {
  await context.close();
}
console.log(JSON.stringify(seen));
