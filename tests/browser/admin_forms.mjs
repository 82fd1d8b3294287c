// Does on the admin pages what people do there: sends a draft and takes it back, changes a contact while
// somebody else does, erases one. Each page is looked at in four looks and held against axe. Says as JSON
// what it saw.
// Usage: node admin_forms.mjs ADMIN_URL FOLDER_FOR_PICTURES ADDRESS_THAT_SIGNS_IN NUMBER_OF_A_DRAFT
import { launch } from "./launch.mjs";
import { looker } from "./looks.mjs";

const [admin, pictures, open, draft] = process.argv.slice(2);
const context = await launch({
  timezoneId: "Europe/Madrid",
});
const seen = { wrong: [], errors: [], outside: [], said: [] };

try {
  const page = await context.newPage();
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    // Refused on purpose.
    const expected = /status of 4(12|22)/.test(message.text());
    if (message.type() === "error" && !expected) seen.errors.push(message.text());
  });
  page.on("request", (request) => {
    // The pixel of the message that is shown comes from the installation's own beacon.
    const own = request.url().startsWith(`${admin}/`) || /^http:\/\/127\.0\.0\.1:\d+\/o\//.test(request.url());
    if (!own) seen.outside.push(request.url());
  });
  const lookAt = looker(seen, pictures, "forms");
  const look = (name) => lookAt(page, name);
  const press = (name) =>
    Promise.all([page.waitForNavigation(), page.getByRole("button", { name }).first().click()]);
  const said = async () => seen.said.push(await page.locator(".said, .wrong").first().innerText());

  await page.goto(open);
  await page.goto(`${admin}/admin/campaigns/${draft}`);
  await page.getByRole("button", { name: /^Send to / }).waitFor();
  seen.button = await page.getByRole("button", { name: /^Send to / }).innerText();
  await page.locator("#later summary").click();
  seen.zone = await page.locator("[name=zone]").inputValue();
  await look("draft");
  await press(/^Send to /);
  await said();
  seen.starts = await page.getByRole("heading", { name: /^Starts in / }).innerText();
  await look("scheduled");
  await press("Take back");
  await said();
  await page.goto(`${admin}/admin/campaigns/${draft}/send`);
  await page.locator("#later summary").click();
  await page.locator("[name=at]").fill("2020-01-01T09:00");
  await press("Schedule");
  await said();
  await look("schedule refused");
  await page.goto(`${admin}/admin/campaigns/1`);
  await look("finished");

  await page.goto(`${admin}/admin/contacts/new`);
  await look("new contact");
  await page.goto(`${admin}/admin/contacts`);
  await Promise.all([page.waitForNavigation(), page.locator("td.title a").first().click()]);
  const contact = page.url();
  await page.locator("#unsubscribe summary").click();
  await look("contact");
  await page.goto(`${contact}/edit`);
  const other = await context.newPage();
  await other.goto(`${contact}/edit`);
  await other.locator("[name=attributes]").fill("plan: pro\nseats: 9");
  await Promise.all([other.waitForNavigation(), other.getByRole("button", { name: "Save" }).click()]);
  await other.close();
  await look("edit");
  const before = await page.locator("[name=attributes]").inputValue();
  await page.locator("[name=attributes]").fill(`${before}\ncity: Berlin`);
  await press("Save");
  await said();
  seen.merged = await page.locator("[name=attributes]").inputValue();
  await look("edit conflict");
  await press("Save");
  await said();
  await page.goto(`${contact}/suppress`);
  await look("suppress");
  await page.goto(`${contact}/erase`);
  await page.locator("[name=email]").fill("somebody@else.example");
  await press("Erase this person");
  await said();
  await look("erase");
  await page.locator("[name=email]").fill(await page.locator("form p b").innerText());
  await press("Erase this person");
  await said();
  await page.goto(`${admin}/admin/topics`);
  await look("topics");
  await Promise.all([page.waitForNavigation(), page.locator("td.title a").first().click()]);
  await look("topic");
  await page.goto(`${admin}/admin/campaigns/${draft}`);
  await page.getByRole("button", { name: /^Send to / }).waitFor();
  await page.locator("#delete summary").click();
  await look("delete a draft");
  await press(`Delete draft ${draft}`);
  await said();
  await look("no drafts");
} finally {
  await context.close();
}
console.log(JSON.stringify(seen));
