// Tells in Chromium, with an authenticator of its own, how an owner adds a passkey in the set-up, signs in
// with it alone and in place of a code, and removes it. Each page is held against axe, narrow and wide, light
// and dark. Says as JSON what it saw.
// Usage: node passkeys.mjs ADMIN_URL FOLDER_FOR_PICTURES SET_UP_ADDRESS, with a host that is `localhost`
import { launch } from "./launch.mjs";
import { looker } from "./looks.mjs";
import { press, pressByKeyboard } from "./presses.mjs";
import { code } from "./totp.mjs";

const [admin, pictures, setUp] = process.argv.slice(2);
const seen = { wrong: [], errors: [], outside: [] };

const browser = async (more = {}) => {
  const context = await launch(more);
  const page = await context.newPage();
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    // Refusals are part of the story.
    const expected = /status of 4(01|09|22)/.test(message.text());
    if (message.type() === "error" && !expected) seen.errors.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${admin}/`)) seen.outside.push(request.url());
  });
  return { context, page };
};

const look = looker(seen, pictures, "passkeys");
const said = (page) => page.locator(".said").first().textContent();
const told = (page) => page.locator("[data-told]:visible").textContent();
const here = (page) => page.url().slice(admin.length);
const password = "a horse that is correct";

const first = await browser();
try {
  const { page } = first;
  const cdp = await first.context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    },
  });
  const recognises = (isUserVerified) =>
    cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });

  // The set-up leads to it, and it back.
  await page.goto(setUp);
  await page.getByLabel("Your name").fill("Zoe Novak");
  await page.getByLabel("Your email address").fill("zoe@team.example");
  await page.getByLabel(/^Password/).fill(password);
  await page.getByLabel("The same again").fill(password);
  await press(page, "Become the owner");
  await look(page, "set up");
  await Promise.all([
    page.waitForURL(/me\/passkeys/), page.getByRole("link", { name: "add a passkey" }).click(),
  ]);
  await look(page, "none yet");
  seen.suggested = await page.getByLabel("What you call it").inputValue();
  await page.getByLabel("What you call it").fill("Laptop");
  await pressByKeyboard(page, "Add a passkey");
  seen.added = await said(page);
  await look(page, "one");
  const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
  seen.credentials = credentials.map((it) => [it.rpId, it.isResidentCredential, it.userName]);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.locator("[data-told]:visible").waitFor();
  seen.twice = await told(page);
  seen.back = await page.getByRole("link", { name: "Go on with the set-up" }).getAttribute("href");
  await page.goto(`${admin}/admin/me`);
  await look(page, "account");

  // Alone.
  await press(page, "Sign out");
  await page.goto(`${admin}/admin/sign-in?next=/admin/media`);
  await look(page, "sign in");
  await recognises(false);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.locator("[data-told]:visible").waitFor();
  seen.cancelled = await told(page);
  await look(page, "cancelled");
  await recognises(true);
  await pressByKeyboard(page, "Sign in with a passkey");
  seen.alone = here(page);

  // In place of a code.
  await page.goto(`${admin}/admin/me/second-factor`);
  const secret = await page.locator("input[name=secret]").inputValue();
  await page.getByLabel("Code from the app").fill(code(secret));
  await page.getByLabel("Your password").fill(password);
  await press(page, "Turn it on");
  await page.goto(`${admin}/admin/me`);
  await press(page, "Sign out");
  await page.getByLabel("Email address").fill("zoe@team.example");
  await page.getByLabel("Password").fill(password);
  await press(page, "Sign in");
  seen.code = here(page);
  await look(page, "code");
  await pressByKeyboard(page, "Use a passkey instead");
  seen.factor = here(page);
  await page.goto(`${admin}/admin/users`);
  await look(page, "users");

  // Removed here, though the device still has it.
  await page.goto(`${admin}/admin/me/passkeys`);
  seen.used = await page.locator("tbody td").nth(3).textContent();
  await Promise.all([
    page.waitForNavigation(), page.getByRole("button", { name: /^Remove the passkey Laptop/ }).click(),
  ]);
  seen.removed = await said(page);
  await press(page, "Sign out");
  await press(page, "Sign in with a passkey");
  seen.gone = await page.locator("#problem").textContent();
  await look(page, "gone");
  await first.context.close();

  // Without script the password does, and nothing promises more.
  const plain = await browser({ javaScriptEnabled: false });
  await plain.page.goto(`${admin}/admin/sign-in`);
  seen.plain = await plain.page.getByRole("button").allTextContents();
  await plain.page.getByLabel("Email address").fill("zoe@team.example");
  await plain.page.getByLabel("Password").fill(password);
  await press(plain.page, "Sign in");
  seen.plainCode = await plain.page.getByRole("button").allTextContents();
  await plain.context.close();

  // Nor where there can be none.
  const number = await browser();
  await number.page.goto(`${admin.replace("localhost", "127.0.0.1")}/admin/sign-in`);
  seen.number = await number.page.getByRole("button").allTextContents();
  seen.outside = seen.outside.filter((url) => !url.startsWith(admin.replace("localhost", "127.0.0.1")));
  await number.context.close();
} finally {
  await first.context.close().catch(() => {});
}
console.log(JSON.stringify(seen));
