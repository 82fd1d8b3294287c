// Erases a list of people in Chromium, by keyboard where a person would: pastes it, sees what that would
// remove, types a wrong number, then the right one, and follows it to its end. Each page is looked at in
// four looks and held against axe. Says as JSON what it saw.
// Usage: node erasure.mjs ADMIN_URL FOLDER_FOR_PICTURES ADDRESS_THAT_SIGNS_IN
import { launch } from "./launch.mjs";
import { looker } from "./looks.mjs";
import { pressByKeyboard } from "./presses.mjs";

const [admin, pictures, open] = process.argv.slice(2);
const context = await launch();
const seen = { wrong: [], errors: [], outside: [], figures: {} };

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
  const lookAt = looker(seen, pictures, "erasure", { widths: [320, 1440] });
  const look = (name) => lookAt(page, name);
  const press = (name) => pressByKeyboard(page, name);
  const figures = async (name) => {
    const pairs = await page.locator("dl.figures > div").allInnerTexts();
    seen.figures[name] = Object.fromEntries(pairs.map((it) => it.split("\n")));
  };

  await page.goto(open);
  await page.goto(`${admin}/admin/contacts`);
  const people = (await page.locator("td.title a").allInnerTexts()).slice(0, 3);
  await press("Erase a list");
  await look("new");
  await press("Count what it removes");
  seen.nothing = await page.locator(".wrong").first().innerText();
  await look("nothing given");
  await page.locator("[name=list]").fill([...people, people[0].toUpperCase(), "nobody", "zed@gone.example"].join("\n"));
  await press("Count what it removes");
  await page.getByRole("button", { name: "Erase 3 people" }).waitFor({ timeout: 60_000 });
  await figures("counted");
  await look("counted");
  await page.locator("[name=contacts]").fill("2");
  await press("Erase 3 people");
  seen.refused = await page.locator(".wrong").first().innerText();
  await look("wrong number");
  await page.locator("[name=contacts]").fill("3");
  await press("Erase 3 people");
  await page.locator(".head .chip.done").waitFor({ timeout: 60_000 });
  await figures("erased");
  await look("erased");
  seen.question = await page.locator("[name=contacts]").count();
  await page.goto(`${admin}/admin/contacts?q=${encodeURIComponent(people[0])}`);
  seen.left = await page.locator("td.title a").count();
  await page.goto(`${admin}/admin/imports`);
  await look("list");
} finally {
  await context.close();
}
console.log(JSON.stringify(seen));
