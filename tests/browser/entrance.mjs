// Signing in with an email address and a password.

export const signIn = async (page, admin, email, password) => {
  await page.goto(`${admin}/admin/sign-in`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: "Sign in" }).click()]);
};
