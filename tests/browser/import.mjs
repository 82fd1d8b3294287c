// Imports a file of contacts in Chromium, by keyboard where a person would: uploads it, says what a column
// is, rehearses, imports, downloads what was rejected, counts what undoing would do, undoes, exports. Each
// page is looked at in four looks and held against axe. Says as JSON what it saw.
// Usage: node import.mjs ADMIN_URL FOLDER_FOR_PICTURES ADDRESS_THAT_SIGNS_IN CSV_FILE
import { readFileSync } from "node:fs";
import { launch } from "./launch.mjs";
import { looker } from "./looks.mjs";
import { pressByKeyboard } from "./presses.mjs";

const [admin, pictures, open, file] = process.argv.slice(2);
const context = await launch({
  acceptDownloads: true,
});
const seen = { wrong: [], errors: [], outside: [], said: [], figures: {} };

try {
  const page = await context.newPage();
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    // Refused on purpose.
    const expected = /status of 422/.test(message.text());
    if (message.type() === "error" && !expected) seen.errors.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${admin}/`)) seen.outside.push(request.url());
  });
  const lookAt = looker(seen, pictures, "import");
  const look = (name) => lookAt(page, name);
  const press = (name) => pressByKeyboard(page, name);
  const said = async () => seen.said.push(await page.locator(".said, .wrong").first().innerText({ timeout: 2000 }).catch(() => ""));
  // The page renews itself until its job has come to this.
  const state = async (word) => page.locator(`.head .chip.${word}`).waitFor({ timeout: 60_000 });
  const figures = async (name) => {
    const pairs = await page.locator("dl.figures > div").allInnerTexts();
    seen.figures[name] = Object.fromEntries(pairs.map((it) => it.split("\n")));
  };
  const download = async (link) => {
    const [taken] = await Promise.all([page.waitForEvent("download"), link.click()]);
    return readFileSync(await taken.path(), "utf8");
  };

  await page.goto(open);
  await page.goto(`${admin}/admin/contacts`);
  await press("Imports");
  await look("no import");
  await press("Import a file");
  await page.locator("[name=topic]").selectOption("release-notices");
  await page.locator("[name=file]").setInputFiles(file);
  await look("upload");
  await press("Upload");
  await said();
  seen.import = page.url().slice(admin.length);
  await look("columns");
  await page.locator("[name=basis]").selectOption("consent");
  await press("Rehearse");
  await said();
  await page.locator("[name=role-2]").selectOption("status");
  await page.locator("[name=mailed-2]").fill("active");
  await page.locator("[name=attribute-1]").fill("given_name");
  await press("Rehearse again");
  await state("waiting");
  await figures("rehearsed");
  await look("rehearsed");
  seen.attribute = await page.locator("[name=attribute-1]").inputValue();
  await press("Import now");
  await state("done");
  await page.getByRole("button", { name: "See what undoing would do" }).waitFor();
  await figures("imported");
  await look("imported");
  seen.rejects = await download(page.getByRole("link", { name: "Rejected rows" }));
  await press("See what undoing would do");
  await state("waiting");
  await page.getByRole("button", { name: "Undo the import" }).waitFor();
  await figures("counted");
  await look("undo counted");
  await press("Undo the import");
  await state("done");
  await figures("undone");
  await look("undone");
  await page.goto(`${admin}${seen.import}`);
  seen.over = await page.getByText("It was undone").innerText();
  await page.goto(`${admin}/admin/imports`);
  await look("imports");

  await page.goto(`${admin}/admin/contacts?topic=release-notices&state=subscribed`);
  await press("Export those that match as CSV");
  await state("done");
  await page.getByRole("link", { name: "Download contacts.csv" }).waitFor();
  await figures("exported");
  await look("exported");
  seen.lines = (await download(page.getByRole("link", { name: "Download contacts.csv" }))).split("\n").length;
} finally {
  await context.close();
}
console.log(JSON.stringify(seen));
