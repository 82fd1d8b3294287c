// Pressing buttons that lead to another page.

export const press = (page, name) => Promise.all([
  page.waitForNavigation(), page.getByRole("button", { name, exact: true }).click(),
]);

/** By keyboard alone: Tab until the link or button has the focus. */
export const pressByKeyboard = async (page, name) => {
  for (let tabs = 0; tabs < 120; tabs += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => {
      const it = document.activeElement;
      return it?.matches("a, button") ? it.innerText.trim() : "";
    });
    if (here !== name) continue;
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    return;
  }
  throw new Error(`${name} is not reached by keyboard at ${page.url()}`);
};
