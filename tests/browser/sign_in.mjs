// Tells in Chromium how an installation gets its first owner, who sets up a second factor, signs in with
// it and invites somebody. Each new page is held against axe, and looked at narrow and dark. Says as JSON
// what it saw.
// Usage: node sign_in.mjs ADMIN_URL FOLDER_FOR_PICTURES SET_UP_ADDRESS
import { launch } from "./launch.mjs";
import { looker } from "./looks.mjs";
import { press } from "./presses.mjs";
import { code } from "./totp.mjs";

const [admin, pictures, setUp] = process.argv.slice(2);
const seen = { wrong: [], errors: [], outside: [] };

const browser = async () => {
  const context = await launch();
  const page = await context.newPage();
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    // Refusals are part of the story.
    const expected = /status of 4(01|03|04|22)/.test(message.text());
    if (message.type() === "error" && !expected) seen.errors.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${admin}/`)) seen.outside.push(request.url());
  });
  return { context, page };
};

const look = looker(seen, pictures, "sign-in");
const password = "a horse that is correct";

const first = await browser();
try {
  const { page, context } = first;
  await page.goto(`${admin}/admin/campaigns`);
  seen.expired = page.url().slice(admin.length);
  await look(page, "nobody yet");
  await page.goto(setUp);
  await look(page, "set up");
  await page.getByLabel("Your name").fill("Zoe Novak");
  await page.getByLabel("Your email address").fill("zoe@team.example");
  await page.getByLabel(/^Password/).fill("too short but");
  await page.getByLabel("The same again").fill("not the same");
  await press(page, "Become the owner");
  await look(page, "set up wrong");
  await page.getByLabel(/^Password/).fill(password);
  await page.getByLabel("The same again").fill(password);
  await press(page, "Become the owner");
  await page.getByRole("link", { name: "Zoe Novak" }).click();
  await page.waitForURL(`${admin}/admin/me`);
  await look(page, "account");
  seen.again = (await page.request.get(setUp)).status();
  await page.getByRole("link", { name: "Set up a second factor" }).click();
  await page.waitForURL(/second-factor/);
  await look(page, "second factor");
  const secret = await page.locator("input[name=secret]").inputValue();
  await page.getByLabel("Code from the app").fill(code(secret));
  await page.getByLabel("Your password").fill(password);
  await press(page, "Turn it on");
  await look(page, "recovery codes");
  await page.getByRole("link", { name: "I have kept them" }).click();
  await page.waitForURL(`${admin}/admin/me`);
  await press(page, "Sign out");
  await look(page, "signed out");

  const signIn = async (typed) => {
    await page.getByLabel("Email address").fill("zoe@team.example");
    await page.getByLabel("Password").fill(typed);
    await press(page, "Sign in");
  };
  await signIn("not my password at all");
  await look(page, "sign in wrong");
  await signIn(password);
  await look(page, "code");
  // The code of this moment was used when the factor was set up; clocks may differ by a step.
  await page.getByLabel(/^Code/).fill(code(secret, 1));
  await press(page, "Sign in");
  await page.getByRole("link", { name: "Users" }).click();
  await page.waitForURL(`${admin}/admin/users`);
  await page.getByRole("link", { name: "Invite somebody" }).click();
  await page.waitForURL(/users\/new/);
  await look(page, "invite");
  await page.getByLabel("Name").fill("Ines Ortega");
  await page.getByLabel("Email address").fill("ines@team.example");
  await page.getByLabel("Role").selectOption("author");
  await page.getByLabel("these only").check();
  await page.locator("input[name=topic]").first().check();
  await press(page, "Make a link only");
  await look(page, "link");
  const link = await page.getByLabel("Link").inputValue();

  const second = await browser();
  await second.page.goto(link);
  await look(second.page, "invitation");
  await second.page.getByLabel(/^Password/).fill("ines likes long sentences");
  await second.page.getByLabel("The same again").fill("ines likes long sentences");
  await press(second.page, "Keep this password");
  seen.entries = await second.page.locator("nav[aria-label=Main] a").allTextContents();
  await look(second.page, "as an author");
  seen.forbidden = (await second.page.goto(`${admin}/admin/contacts`)).status();
  await look(second.page, "forbidden");

  await page.goto(`${admin}/admin/users`);
  await look(page, "users");
  await page.getByRole("link", { name: "Ines Ortega" }).click();
  await page.waitForURL(/users\/2/);
  await look(page, "user");
  await press(page, "End all of them");
  await look(page, "user changed");
  await page.goto(`${admin}/admin/tokens`);
  await page.getByLabel("What it is for").fill("Nightly report");
  await page.getByLabel("read reports").check();
  await look(page, "tokens");
  await press(page, "Make the token");
  await look(page, "token");
  await page.goto(`${admin}/admin/audit`);
  await look(page, "audit log");
  await second.context.close();
  await context.close();
} finally {
  await first.context.close().catch(() => {});
}
console.log(JSON.stringify(seen));
