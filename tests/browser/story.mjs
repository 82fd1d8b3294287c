// Walks through the demo's pages in Chromium as a person would, and says as JSON what it saw.
// Usage: node story.mjs ADMIN_URL FOLDER_FOR_PICTURES ADDRESS_THAT_SIGNS_IN
import { join } from "node:path";
import { launch } from "./launch.mjs";

const [admin, pictures, open] = process.argv.slice(2);
const context = await launch({
  viewport: { width: 1100, height: 900 },
  // A headless browser calls itself one, and is then counted as a machine.
  userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
});
const seen = { outside: [], errors: [] };
try {
  const watch = (page) => {
    page.on("pageerror", (error) => seen.errors.push(String(error)));
    page.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol.startsWith("http") && hostname !== "127.0.0.1") seen.outside.push(request.url());
    });
  };

  const report = await context.newPage();
  watch(report);
  await report.goto(open);
  await report.goto(`${admin}/admin/campaigns/1`);
  seen.title = await report.title();
  const views = () => report.locator("#classes tfoot td.n").first().textContent();
  seen.viewsBefore = await views();

  const inbox = await context.newPage();
  watch(inbox);
  await inbox.goto(`${admin}/admin/inbox`);
  seen.messages = await inbox.locator("main a[href^='/admin/inbox/']").count();
  await inbox.screenshot({ path: join(pictures, "inbox.png") });
  await inbox.locator("main a[href^='/admin/inbox/']").first().click();
  await inbox.waitForLoadState("networkidle");
  const frame = inbox.frameLocator("iframe");
  seen.heading = await frame.locator("h1").first().textContent();
  seen.pictures = await frame.locator("img").evaluateAll((all) => all.map((img) => img.naturalWidth));
  seen.sandbox = await inbox.locator("iframe").getAttribute("sandbox");
  await inbox.screenshot({ path: join(pictures, "message.png"), fullPage: true });

  // The report moves by itself: no reload here.
  await report.waitForFunction(
    (before) => document.querySelector("#classes tfoot td.n")?.textContent !== before,
    seen.viewsBefore,
    { timeout: 20_000 },
  );
  seen.viewsAfter = await views();
  await report.setViewportSize({ width: 1100, height: 1400 });
  await report.screenshot({ path: join(pictures, "report.png"), fullPage: true });

  // A narrow screen needs no scrolling sideways.
  await report.setViewportSize({ width: 320, height: 700 });
  seen.narrow = await report.evaluate(() => document.documentElement.scrollWidth);
  await report.screenshot({ path: join(pictures, "report-narrow.png"), fullPage: true });

  // Leaving takes one press, by keyboard.
  const link = await frame.locator("a[href*='/u/']").first().getAttribute("href");
  const leave = await context.newPage();
  watch(leave);
  await leave.goto(link);
  seen.leaving = await leave.locator("h1").textContent();
  await leave.screenshot({ path: join(pictures, "unsubscribe.png") });
  await leave.locator("button").first().focus();
  await Promise.all([
    leave.waitForResponse((answer) => answer.request().method() === "POST"),
    leave.keyboard.press("Enter"),
  ]);
  await leave.waitForFunction((before) => document.querySelector("h1")?.textContent !== before, seen.leaving);
  seen.left = await leave.locator("h1").textContent();
  await leave.screenshot({ path: join(pictures, "left.png") });
} finally {
  await context.close();
}
console.log(JSON.stringify(seen));
