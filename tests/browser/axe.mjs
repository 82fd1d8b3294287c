// Opens pages in Chromium and says as JSON what axe finds wrong, and what is too wide, too small to touch
// or shown twice.
// Usage: node axe.mjs FOLDER, with FOLDER/list.json: [{ name, within, looks }]; each NAME.html. Only what
// is within the selector is looked at, in each of the looks: [width, "light" or "dark"].
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { launch } from "./launch.mjs";

const [folder] = process.argv.slice(2);
const pages = JSON.parse(readFileSync(join(folder, "list.json"), "utf8"));
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const context = await launch();
const found = [];
try {
  const page = await context.newPage();
  await page.route("**/*", (route) =>
    (route.request().url().startsWith("file:") ? route.continue() : route.abort()));
  for (const { name, within, looks } of pages) {
    for (const [width, scheme] of looks) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`file://${folder}/${name}.html`);
      await page.addScriptTag({ path: axe });
      const violations = await page.evaluate(async (within) => {
        const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        // Mail has no landmarks.
        const rules = { region: { enabled: false }, "landmark-one-main": { enabled: false } };
        const result = await axe.run(within, { runOnly: tags, rules });
        return result.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(" ")}`);
      }, within);
      violations.push(...await page.evaluate((within) => {
        const part = document.querySelector(within);
        const shown = (selector) => [...part.querySelectorAll(selector)]
          .filter((it) => it.checkVisibility());
        const wide = within === "html" && document.documentElement.scrollWidth > window.innerWidth;
        const small = shown(".pharos-button").filter((it) => it.offsetHeight < 44);
        const logos = shown(".pharos-logo");
        return [
          ...(wide ? ["wider than the screen"] : []),
          ...small.map((it) => `too small to touch: ${it.textContent}`),
          ...(logos.length > 1 ? ["two logos"] : []),
        ];
      }, within));
      found.push(...violations.map((it) => `${name} at ${width} px, ${scheme}: ${it}`));
    }
  }
} finally {
  await context.close();
}
console.log(JSON.stringify(found));
