// Every page of a folder, opened as a file as its reader would: whether it works, leads nowhere
// wrong, asks nobody for anything, fits a phone, and can be used by all. What a page should say is
// left to the tests beside the program.

import { existsSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { axe, launch, pagesOf, WIDTHS } from "./browser.mjs";
import * as inpage from "./inpage.mjs";

const HEIGHT = 900;
/** A4 without its margins. */
const PAPER_WIDTH = 718;
/** Of controls that look the same, so many are clicked with the mouse, the others by script. */
const CLICKED_BY_MOUSE = 2;
/** What hostile texts would do if one ran as a script. */
export const RAN = "hostileTextRan";

// Rules that need a whole site, or that `inpage.mjs` decides more strictly.
const AXE = { rules: { "page-has-heading-one": { enabled: false }, "heading-order": { enabled: false } } };

/**
 * Checks a folder. Gives what was counted, the faults (`page`, `check`, `what`, each once), and by
 * path what each page says. To pages written before `since` (ms) no link has to lead: an earlier
 * report left them.
 */
export async function checkFolder(folder, since = 0) {
  const root = resolve(folder);
  const paths = pagesOf(root);
  const counts = { pages: paths.length, links: 0, controls: 0, clicks: 0, sounds: 0, requests: 0 };
  const faults = new Map();
  const report = (page, check, what) => faults.set(`${page}\n${check}\n${what}`, { page, check, what });
  const read = new Map();
  const queue = [...paths];
  const browser = await launch();
  const work = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      read.set(path, await checkPage(browser, root, path, counts, report));
    }
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  } finally {
    await browser.close();
  }
  checkLinks(root, read, since, counts, report);
  return { counts, faults: [...faults.values()], read };
}

async function checkPage(browser, root, path, counts, report) {
  const file = join(root, path);
  const url = pathToFileURL(file).href;
  const fault = (check, what) => report(path, check, what);
  checkBytes(readFileSync(file), fault);

  const context = await browser.newContext({ viewport: { width: WIDTHS.desktop, height: HEIGHT } });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) fault("console", message.text());
  });
  page.on("pageerror", (error) => fault("script", String(error)));
  page.on("dialog", async (dialog) => {
    fault("script", `asks with a dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("popup", (popup) => fault("request", `opens a window: ${popup.url()}`));
  let listens = false;
  page.on("request", (request) => {
    const asked = request.url();
    if (/^(data|blob):/.test(asked) || asked.split("#")[0] === url) return;
    // A recording that lies on this machine is asked for when it is to be heard, and not before.
    if (listens && request.resourceType() === "media" && asked.startsWith("file:")) return;
    counts.requests += 1;
    fault("request", asked.slice(0, 200));
  });
  const all = async (found) => {
    for (const { check, what } of await found) fault(check, what);
  };

  await page.goto(url);
  const said = await page.evaluate(inpage.readPage);
  await all(page.evaluate(inpage.structureFaults));
  await all(axeFaults(page));
  await all(page.evaluate(inpage.widthFaults));
  await all(page.evaluate(inpage.contrastFaults, false));
  await page.emulateMedia({ colorScheme: "dark" });
  await all(axeFaults(page, ["color-contrast"]));
  await all(page.evaluate(inpage.contrastFaults, false));
  await all(keyboardFaults(page, counts));

  await page.setViewportSize({ width: PAPER_WIDTH, height: HEIGHT });
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  await all(page.evaluate(inpage.widthFaults));
  await all(page.evaluate(inpage.contrastFaults, true));

  // A phone from the start, so that what a page does as it opens is done for a phone, too.
  await page.setViewportSize({ width: WIDTHS.phone, height: HEIGHT });
  await page.emulateMedia({ media: "screen", colorScheme: "dark" });
  await page.goto(url);
  await all(page.evaluate(inpage.widthFaults));
  await page.evaluate(inpage.openAll);
  await all(page.evaluate(inpage.widthFaults));
  await all(axeFaults(page));
  await page.emulateMedia({ colorScheme: "light" });
  await all(axeFaults(page, ["color-contrast"]));
  await all(page.evaluate(inpage.widthFaults));

  await page.setViewportSize({ width: WIDTHS.desktop, height: HEIGHT });
  await page.goto(url);
  listens = true;
  const sounds = await page.evaluate(inpage.soundFaults);
  counts.sounds += sounds.count;
  await all(sounds.faults);
  await clickAll(page, url, counts, fault);
  if (await page.evaluate((name) => name in window, RAN)) fault("script", "a hostile text ran");
  await context.close();
  return said;
}

function checkBytes(bytes, fault) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fault("encoding", "not UTF-8");
  }
  // eslint-disable-next-line no-control-regex
  const control = text.match(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/);
  if (control) fault("encoding", `holds U+${control[0].charCodeAt(0).toString(16).padStart(4, "0")}`);
}

async function axeFaults(page, rules) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe());
  const options = rules ? { runOnly: { type: "rule", values: rules } } : AXE;
  const violations = await page.evaluate(async (options) => {
    const found = await window.axe.run(document, { ...options, resultTypes: ["violations"] });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => ({ id, where: `${node.any[0]?.message ?? ""} ${node.html}` })),
    );
  }, options);
  return violations.map(({ id, where }) => ({
    check: id === "color-contrast" ? "contrast" : id,
    what: where.trim().replace(/\s+/g, " ").slice(0, 240),
  }));
}

/** Goes through the page with the Tab key alone. */
async function keyboardFaults(page, counts) {
  const controls = await page.evaluate(inpage.watchFocus);
  counts.controls += controls;
  // A player of sound takes several presses to go through, a group of radio buttons one.
  const players = await page.locator("audio[controls], video[controls]").count();
  const radios = await page.locator("input[type=radio]").count();
  for (let presses = controls + 8 * players + radios + 4; presses > 0; presses -= 1) {
    await page.keyboard.press("Tab");
  }
  return page.evaluate(() => window.watchedFocus.finish());
}

/** Clicks all that does something on the page itself. */
async function clickAll(page, url, counts, fault) {
  const clickable = 'button, summary, [role=button], input:not([type=hidden]), select, a[href^="#"]';
  const clicked = new Map();
  for (const control of await page.locator(clickable).elementHandles()) {
    const [kind, visible] = await control.evaluate((element) => [
      `${element.localName} ${element.getAttribute("class")} ${element.type}`,
      element.checkVisibility({ visibilityProperty: true }) && !element.disabled,
    ]);
    if (!visible) continue;
    const times = clicked.get(kind) ?? 0;
    clicked.set(kind, times + 1);
    counts.clicks += 1;
    if (times >= CLICKED_BY_MOUSE) {
      await control.evaluate((element) => element.click());
      continue;
    }
    try {
      await control.focus(); // Some come into sight only then.
      await control.click({ timeout: 2000 });
    } catch (error) {
      fault("click", `${kind}: ${String(error).split("\n")[0]}`);
      continue;
    }
    const problem = await control.evaluate(inpage.playProblem);
    if (problem) fault("sound", problem);
  }
  // What a click starts may go wrong a little later.
  await page.waitForTimeout(100);
  const at = page.url().split("#")[0];
  if (at !== url) fault("click", `leads away to ${at}`);
}

function checkLinks(root, read, since, counts, report) {
  const reached = new Set();
  const queue = read.has("index.html") ? ["index.html"] : [];
  const leadsTo = new Map();
  for (const [path, { links }] of read) {
    const targets = new Set();
    leadsTo.set(path, targets);
    for (const { href, raw } of links) {
      counts.links += 1;
      const fault = (what) => report(path, "links", `${raw} ${what}`);
      let link;
      try {
        link = new URL(href);
      } catch {
        fault("is no address");
        continue;
      }
      if (link.protocol !== "file:") {
        fault("leads out of the folder");
        continue;
      }
      if (/^(\/|file:)/.test(raw)) fault("holds only on this machine");
      const fragment = decodeURIComponent(link.hash.slice(1));
      link.hash = "";
      const file = fileURLToPath(link);
      const target = relative(root, file).split(sep).join("/");
      if (!existsSync(file)) fault("leads nowhere");
      else if (fragment && !read.get(target)?.ids.includes(fragment)) fault("names no place there");
      targets.add(target);
    }
  }
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (reached.has(path) || !read.has(path)) continue;
    reached.add(path);
    queue.push(...leadsTo.get(path));
  }
  for (const path of read.keys()) {
    const isNew = () => statSync(join(root, path)).mtimeMs >= since;
    if (!reached.has(path) && isNew()) report(path, "links", "no way leads there from index.html");
  }
}
