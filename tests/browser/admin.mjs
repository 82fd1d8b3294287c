// Walks through the admin side in Chromium: by keyboard from page to page, then every page in four looks,
// each held against axe. Says as JSON what it saw.
// Usage: node admin.mjs ADMIN_URL FOLDER_FOR_PICTURES ADDRESS_THAT_SIGNS_IN
import { join } from "node:path";
import { launch } from "./launch.mjs";
import { wrongWith } from "./looks.mjs";

const [admin, pictures, open] = process.argv.slice(2);
const context = await launch();
const seen = { pages: {}, wrong: [], errors: [], outside: [] };
const TABS = 80;

try {
  const page = await context.newPage();
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    // Two pages say by their status that there is nothing to show.
    const expected = /status of 40[04]/.test(message.text()) && /contacts(\/1|\?cursor=x)$/.test(page.url());
    if (message.type() === "error" && !expected) seen.errors.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${admin}/`)) seen.outside.push(request.url());
  });

  // The next element that the tab key reaches and that is called so.
  const reach = async (name) => {
    for (let press = 0; press < TABS; press += 1) {
      await page.keyboard.press("Tab");
      const text = await page.evaluate(() => {
        const it = document.activeElement;
        return it?.matches("a, button, input, select") ? (it.innerText || it.name || "").trim() : "";
      });
      if (typeof name === "string" ? text === name : name.test(text)) return;
    }
    throw new Error(`no ${name} within ${TABS} presses at ${page.url()}`);
  };
  const follow = async (name) => {
    await reach(name);
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  };
  const here = (name) => {
    seen.pages[name] = page.url().slice(admin.length);
  };

  await page.goto(open);
  await page.goto(`${admin}/`);
  here("campaigns");
  await follow(/^Aurora/);
  here("campaign");
  await follow("Deliveries");
  here("deliveries");
  await reach("q");
  await page.keyboard.type("@");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  here("deliveries found");
  await follow(/@/);
  here("delivery");
  await follow("this contact");
  here("contact");
  await follow("Contacts");
  here("contacts");
  await reach("q");
  await page.keyboard.type("nobody-is-called-so");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  here("contacts not found");
  for (const [name, link] of [
    ["announcements", "Announcements"], ["messages", "Messages"], ["topics", "Topics"], ["media", "Media"],
    ["inbox", "Inbox"], ["users", "Users"], ["audit", "Audit log"], ["system", "System"],
    ["account", "Demo owner"],
  ]) {
    await follow(link);
    here(name);
  }
  await page.goto(`${admin}/admin/announcements`);
  await follow(/^Aurora/);
  here("announcement");
  await page.goto(`${admin}/admin/messages`);
  await follow(/@/);
  here("message");
  await page.goto(`${admin}/admin/media`);
  await follow(/\.png/);
  here("picture");
  seen.pages.user = "/admin/users/1";
  seen.pages["new user"] = "/admin/users/new";
  seen.pages.verified = "/admin/audit/verified";
  seen.pages["second factor"] = "/admin/me/second-factor";
  seen.pages.tokens = "/admin/tokens";
  seen.pages["needs you"] = "/admin/campaigns?tab=needs-you";
  seen.pages.missing = "/admin/contacts/1";
  seen.pages.refused = "/admin/contacts?cursor=x";

  for (const width of [320, 1280]) {
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      for (const [name, path] of Object.entries(seen.pages)) {
        await page.goto(`${admin}${path}`);
        const wrong = await wrongWith(page);
        seen.wrong.push(...wrong.map((it) => `${name} at ${width} px, ${scheme}: ${it}`));
        const file = `admin-${name.replaceAll(" ", "-")}-${width}-${scheme}.png`;
        await page.screenshot({ path: join(pictures, file), fullPage: true });
      }
    }
  }
  for (const width of [360, 480, 640, 768, 1024, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    for (const [name, path] of Object.entries(seen.pages)) {
      await page.goto(`${admin}${path}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      if (wide) seen.wrong.push(`${name} at ${width} px: wider than the screen`);
    }
  }
} finally {
  await context.close();
}
console.log(JSON.stringify(seen));
