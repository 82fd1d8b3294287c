// Chromium for a story: with a fresh profile, which goes when the script has ended.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/**
 * A browser context; `options` as playwright's `launchPersistentContext` takes them, `more` arguments, and
 * `preferences` of its profile.
 */
export const launch = async ({ more = [], preferences, ...options } = {}) => {
  const profile = mkdtempSync(join(tmpdir(), "pharos-browser-"));
  if (preferences) {
    mkdirSync(join(profile, "Default"));
    writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
  }
  process.on("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 3 }));
  return chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      ...more,
    ],
    ...options,
  });
};
