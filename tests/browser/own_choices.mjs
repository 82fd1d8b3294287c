// Chooses what to get on the page that a message leads to, and joins by a form on its own page and on one of
// another site: by keyboard alone, in Arabic as well. Each page is looked at in four looks and held against axe.
// Says as JSON what it saw.
// Usage: node own_choices.mjs SITE FOLDER_FOR_PICTURES CHOICES CHOICES_IN_ARABIC FORM FILE_WITH_THE_FORM'S_HTML OTHER_SITE
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { launch } from "./launch.mjs";
import { looker } from "./looks.mjs";

const [site, pictures, choices, choicesInArabic, form, html, shop] = process.argv.slice(2);
const context = await launch();
const seen = { wrong: [], errors: [], outside: [], nameless: [], unreached: [] };
const look = looker(seen, pictures, "own-choices");

/** Fields and buttons that somebody who sees can use, in their order, with the names that are read out. */
const controls = (page) => page.evaluate(() => {
  const name = (it) => {
    const labels = [...(it.labels ?? [])].map((label) => label.innerText.trim()).join(" ");
    return it.getAttribute("aria-label") || labels || (it.matches("button") ? it.innerText.trim() : "");
  };
  const all = document.querySelectorAll("form input:not([type=hidden]), form select, form button");
  const shown = [...all].filter((it) => it.checkVisibility() && !it.closest("[aria-hidden=true]"));
  return shown.map((it) => ({ key: `${it.name}=${it.type === "email" ? "" : it.value}`, name: name(it) }));
});

/** Presses Tab until the control is reached; a group of radio buttons is one stop. */
const reach = async (page, key) => {
  for (let tabs = 0; tabs < 60; tabs += 1) {
    const here = await page.evaluate(() => {
      const it = document.activeElement;
      return it?.matches("input, select, button") ? `${it.name}=${it.type === "email" ? "" : it.value}` : "";
    });
    if (here === key) return true;
    await page.keyboard.press("Tab");
  }
  seen.unreached.push(`${key} at ${page.url()}`);
  return false;
};

const check = async (page, name) => {
  await look(page, name);
  const all = await controls(page);
  seen.nameless.push(...all.filter((it) => !it.name).map((it) => `${name}: ${it.key}`));
  return all.map((it) => it.name);
};

/** Whether the box stands to the right of its words, as it does where one reads from right to left. */
const sides = (page) => page.evaluate(() => {
  const box = document.querySelector("form [type=checkbox]");
  const words = box.closest("label").querySelector("bdi, span") ?? box.closest("label");
  return {
    direction: getComputedStyle(document.documentElement).direction,
    language: document.documentElement.lang,
    boxIsRight: box.getBoundingClientRect().left >= words.getBoundingClientRect().right,
  };
});

const submit = async (page, key) => {
  await reach(page, key);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
};

const watched = async (locale) => {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.setExtraHTTPHeaders({ "Accept-Language": locale });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") seen.errors.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${site}/`) && !url.startsWith(`${shop}/`)) seen.outside.push(url);
  });
  return page;
};

try {
  const page = await watched("en");
  await page.goto(choices);
  seen.choices = await check(page, "choices");
  await page.setViewportSize({ width: 320, height: 640 });
  await reach(page, "topic=release-notices");
  await page.keyboard.press("Space");
  await reach(page, "pause=none");
  await page.keyboard.press("ArrowDown");
  await submit(page, "act=save");
  seen.said = await page.getByRole("status").innerText();
  seen.ticked = await page.locator("[name=topic]").isChecked();
  await check(page, "choices kept");

  const arabic = await watched("ar");
  await arabic.goto(choicesInArabic);
  seen.arabicChoices = await check(arabic, "choices in Arabic");
  seen.sides = await sides(arabic);

  // The form on its own page.
  await page.goto(form);
  seen.fields = await check(page, "form");
  await page.setViewportSize({ width: 320, height: 640 });
  await reach(page, "address=");
  await page.keyboard.type("By.Keyboard@reader.example");
  await reach(page, "topic=release-notices");
  await page.keyboard.press("Space");
  await submit(page, "=");
  seen.joined = await page.locator("h1").innerText();
  await check(page, "form sent");
  await arabic.goto(form);
  await check(arabic, "form in Arabic");
  seen.formSides = await sides(arabic);

  // And on a page of another site.
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>
    <meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
    <main><h1>Shop</h1>${readFileSync(html, "utf8")}</main></html>`;
  const other = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end(body));
  await new Promise((ready) => other.listen(Number(new URL(shop).port), "127.0.0.1", ready));
  await page.goto(`${shop}/`);
  seen.embedded = await check(page, "embedded form");
  await page.setViewportSize({ width: 320, height: 640 });
  await reach(page, "address=");
  await page.keyboard.type("By.Shop@reader.example");
  await reach(page, "topic=release-notices");
  await page.keyboard.press("Space");
  await reach(page, "=");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /mailbox/i.test(document.body.innerText));
  await look(page, "embedded form sent");
  other.close();
  other.closeAllConnections();
} finally {
  await context.close();
}
console.log(JSON.stringify(seen));
