// How a page looks: what axe finds wrong, what is wider than the screen, and pictures of it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

export const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What is wrong with the page as it is now. Frames are looked at unless told otherwise. */
export const wrongWith = async (page, rules = {}) => {
  await page.evaluate(axe);
  return page.evaluate(async (more) => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await globalThis.axe.run(document, { runOnly: tags, ...more });
    const told = (it) => `${it.id}: ${it.nodes.map((node) => node.html).join(" ")}`;
    const wide = document.documentElement.scrollWidth > window.innerWidth;
    return [...violations.map(told), ...(wide ? ["wider than the screen"] : [])];
  }, rules);
};

/**
 * A function that looks at a page by a name: in each width, light and dark. What is wrong goes into
 * `seen.wrong`, pictures into the folder, by names that begin with `story`.
 */
export const looker = (seen, pictures, story, { widths = [320, 1280], rules = {} } = {}) =>
  async (page, name) => {
    for (const width of widths) {
      for (const scheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 900 });
        const wrong = await wrongWith(page, rules);
        seen.wrong.push(...wrong.map((it) => `${name} at ${width} px, ${scheme}: ${it}`));
        const file = `${story}-${name.replaceAll(" ", "-")}-${width}-${scheme}.png`;
        await page.screenshot({ path: join(pictures, file), fullPage: true });
      }
    }
  };
