// Pressing buttons that lead to another page.

export const press = (page, name) => Promise.all([
  page.waitForNavigation(), page.getByRole("button", { name, exact: true }).click(),
]);

/** By keyboard alone: Tab until the button has the focus. */
export const pressByKeyboard = async (page, name) => {
  await page.evaluate(() => document.activeElement?.blur());
  for (let tabs = 0; tabs < 60; tabs += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => document.activeElement?.textContent?.trim());
    if (here === name) {
      await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
      return;
    }
  }
  throw new Error(`${name} is not reached by keyboard`);
};
