// Checks a folder of pages in a browser, and says what was checked and what is wrong.
//
//   node tests/pages/check.mjs PAGES [--whole] [--shown FILE] [--since FILE]
//
// With --whole there must be pages of every kind, and things to click and to hear; with --shown,
// nine in ten lines of FILE must be read on some page: not every call and note is told of. Pages
// older than the FILE of --since were left by an earlier report, so no link has to lead to them.

import { readFileSync, statSync } from "node:fs";
import { checkFolder } from "./checks.mjs";
import { kindOf } from "./browser.mjs";

const KINDS = ["index", "night", "agent", "question", "call", "blind", "programme"];
const LEAST = { links: 100, controls: 100, clicks: 20, sounds: 1 };
/** Of one check so many faults are printed in full. */
const SHOWN = 10;

const [folder, ...options] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node tests/pages/check.mjs PAGES [--whole] [--shown FILE] [--since FILE]");
  process.exit(2);
}
const started = Date.now();
const after = (option) => options[options.indexOf(option) + 1];
const since = options.includes("--since") ? statSync(after("--since")).mtimeMs : 0;
const { counts, faults, read } = await checkFolder(folder, since);
if (counts.pages === 0) faults.push({ page: folder, check: "pages", what: "there is no page" });

if (options.includes("--whole")) {
  const kinds = new Set([...read.keys()].map(kindOf));
  for (const kind of KINDS) {
    if (!kinds.has(kind)) faults.push({ page: folder, check: "pages", what: `none of kind ${kind}` });
  }
  for (const [what, least] of Object.entries(LEAST)) {
    if (counts[what] >= least) continue;
    faults.push({ page: folder, check: "pages", what: `${counts[what]} ${what}, expected ${least}` });
  }
}

if (options.includes("--shown")) {
  const plain = (text) => text.replace(/\s+/g, " ").trim();
  const texts = [...read.values()].map(({ text }) => plain(text));
  const lines = readFileSync(after("--shown"), "utf8").split("\n").map(plain).filter(Boolean);
  const missing = lines.filter((line) => !texts.some((text) => text.includes(line)));
  if (missing.length * 10 > lines.length || lines.length === 0) {
    for (const line of missing) faults.push({ page: folder, check: "shown", what: `no page shows ${line}` });
  }
  console.log(`${lines.length - missing.length} of ${lines.length} planted texts are shown`);
}

const printed = new Map();
for (const { page, check, what } of faults) {
  const times = (printed.get(check) ?? 0) + 1;
  printed.set(check, times);
  if (times <= SHOWN) console.error(`${page}: ${check}: ${what}`);
}
for (const [check, times] of printed) {
  if (times > SHOWN) console.error(`${check}: and ${times - SHOWN} more`);
}
const seconds = ((Date.now() - started) / 1000).toFixed(0);
const counted = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
console.log(`${folder}: ${counted.join(", ")}; ${faults.length} faults; ${seconds} s`);
process.exit(faults.length === 0 ? 0 : 1);
