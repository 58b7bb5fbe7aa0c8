// Screenshots of a folder of pages, to be looked at: as on a desk and on a phone, light and dark.
//
//   node tests/pages/shots.mjs PAGES OUT [GLOB]
//
// Without GLOB it takes the largest page of each kind; with one, the pages that it fits, as in
// 'agent/*' or '*/maria*'. A long page is cut into pieces, numbered from 1, three of a phone
// beside each other; what is beyond MOST_PIECES is left out.

import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { kindOf, launch, pagesOf, SCHEMES, WIDTHS } from "./browser.mjs";

const PIECE_HEIGHT = { desktop: 1500, phone: 1300 };
const BESIDE = { desktop: 1, phone: 3 };
const GAP = 12;
const MOST_PIECES = 12;

const [pages, out, glob] = process.argv.slice(2);
if (!out) {
  console.error("usage: node tests/pages/shots.mjs PAGES OUT [GLOB]");
  process.exit(2);
}

function chosen() {
  const paths = pagesOf(pages);
  if (glob) {
    const escaped = glob.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
    return paths.filter((path) => new RegExp(`^${escaped}(\\.html)?$`).test(path));
  }
  const size = (path) => statSync(join(pages, path)).size;
  const largest = new Map();
  for (const path of paths) {
    const other = largest.get(kindOf(path));
    if (!other || size(path) > size(other)) largest.set(kindOf(path), path);
  }
  return [...largest.values()];
}

async function shoot(browser, path, device, scheme) {
  const width = WIDTHS[device];
  const height = PIECE_HEIGHT[device];
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  await page.goto(pathToFileURL(resolve(pages, path)).href);
  const long = await page.evaluate(() => document.documentElement.scrollHeight);
  const pieces = [];
  for (let y = 0; y < long && pieces.length < MOST_PIECES; y += height) {
    const clip = { x: 0, y, width, height: Math.min(height, long - y) };
    pieces.push(await page.screenshot({ fullPage: true, clip }));
  }
  const name = path.replace(/\.html$/, "").replaceAll("/", "_");
  const beside = BESIDE[device];
  for (let first = 0; first < pieces.length; first += beside) {
    const sheet = pieces.slice(first, first + beside);
    const file = join(out, `${name}.${device}.${scheme}.${first / beside + 1}.png`);
    await page.goto("about:blank"); // The page's own policy would forbid the pictures.
    await page.setViewportSize({ width: sheet.length * (width + GAP) - GAP, height });
    const images = sheet.map((png) => `<img src="data:image/png;base64,${png.toString("base64")}">`);
    await page.setContent(`<body style="margin:0;display:flex;align-items:flex-start;gap:${GAP}px;background:#c0c">${images.join("")}`);
    await page.waitForFunction(() => [...document.images].every((image) => image.naturalWidth > 0));
    await page.screenshot({ path: file });
    console.log(file);
  }
  await page.close();
}

mkdirSync(out, { recursive: true });
const paths = chosen();
if (paths.length === 0) {
  console.error(`no page in ${pages}${glob ? ` fits ${glob}` : ""}`);
  process.exit(1);
}
const browser = await launch();
for (const path of paths) {
  for (const device of Object.keys(WIDTHS)) {
    for (const scheme of SCHEMES) await shoot(browser, path, device, scheme);
  }
}
await browser.close();
