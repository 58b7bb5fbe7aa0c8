// Chromium for the scripts of this folder: one that talks to nobody, and where its parts lie.

import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";

// `scripts/needs.sh test` installs the packages there, out of the way of the sources.
const require = createRequire(new URL("../../target/pages/", import.meta.url));
export const axe = () => require("axe-core").source;

const NAMES = ["chromium", "google-chrome", "chromium-browser"];

function browserPath() {
  for (const name of NAMES) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next name.
    }
  }
  throw new Error("there is no chromium on this machine: scripts/needs.sh test installs it");
}

/** A browser with a profile of its own, new and empty; it ends with this program. */
export function launch() {
  return require("playwright-core").chromium.launch({
    executablePath: browserPath(),
    headless: true,
    args: [
      "--no-sandbox", // The tests may run as root.
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND", // What a page asks for is counted, and never sent.
    ],
  });
}

export const WIDTHS = { desktop: 1280, phone: 380 };
export const SCHEMES = ["light", "dark"];

/** The pages of a folder, as paths within it, in order. */
export function pagesOf(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".html") && statSync(join(folder, path)).isFile())
    .map((path) => relative(folder, join(folder, path)).split(sep).join("/"))
    .sort();
}

/** `night` of `night/2026-03-17.html`, `index` of `index.html`. */
export const kindOf = (path) => path.replace(/\.html$/, "").split("/")[0];
