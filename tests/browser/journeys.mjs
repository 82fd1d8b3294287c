// Two journeys in Chromium, each person in a browser of their own: somebody leaves by the link in a mail,
// and marketing sees it; a reporter looks at open rates and takes them along. Says as JSON what it saw.
// Usage: node journeys.mjs ADMIN_URL FOLDER_FOR_PICTURES UNSUBSCRIBE_URL CONTACT MARKETER REPORTER PASSWORD
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { signIn } from "./entrance.mjs";
import { launch } from "./launch.mjs";

const [admin, pictures, leave, contact, marketer, reporter, password] = process.argv.slice(2);
const seen = { errors: [] };
const browsers = [];

const browser = async () => {
  const context = await launch({
    viewport: { width: 1100, height: 900 },
  });
  browsers.push(context);
  const page = await context.newPage();
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  return page;
};
const picture = (page, name) => page.screenshot({ path: join(pictures, `journey-${name}.png`), fullPage: true });

try {
  const desk = await browser();
  await signIn(desk, admin, marketer, password);
  await desk.goto(`${admin}/admin/contacts/${contact}`);
  const state = () => desk.locator("tr", { hasText: "Release notices" }).first().innerText();
  seen.before = await state();
  await desk.goto(`${admin}/admin/topics`);
  const subscribed = async () => (await desk.locator("tr", { hasText: "Release notices" }).first().innerText());
  seen.topicBefore = await subscribed();

  const reader = await browser();
  await reader.goto(leave);
  await picture(reader, "leaving");
  await Promise.all([reader.waitForNavigation(), reader.getByRole("button").first().click()]);
  seen.left = await reader.locator("h1").first().innerText();

  await desk.goto(`${admin}/admin/contacts/${contact}`);
  seen.after = await state();
  seen.timeline = await desk.locator("main").innerText();
  await picture(desk, "left");
  await desk.goto(`${admin}/admin/contacts?topic=release-notices&state=unsubscribed`);
  seen.listed = await desk.locator("tbody tr").count();
  await desk.goto(`${admin}/admin/campaigns/1`);
  seen.campaign = await desk.locator("main").innerText();

  const rates = await browser();
  await signIn(rates, admin, reporter, password);
  await rates.goto(`${admin}/admin/campaigns/1`);
  seen.report = await rates.locator("main").innerText();
  await picture(rates, "report");
  const link = rates.locator("a[href$='report.csv']").first();
  const [download] = await Promise.all([rates.waitForEvent("download"), link.click()]);
  seen.csv = readFileSync(await download.path(), "utf8");
  await rates.goto(`${admin}/admin/campaigns/1/deliveries`);
  seen.deliveries = await rates.locator("main").innerText();
  seen.forbidden = (await rates.goto(`${admin}/admin/contacts`)).status();
} finally {
  for (const context of browsers) await context.close();
}
console.log(JSON.stringify(seen));
