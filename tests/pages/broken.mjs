// Shows that each check can fail: a sound page has no fault, and the same page with one thing
// broken has that fault and no other.
//
//   node tests/pages/broken.mjs

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFolder, RAN } from "./checks.mjs";

/** A tenth of a second of silence, 8 kHz, 8 bits. */
function silence() {
  const wav = Buffer.alloc(844, 0x80);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(836, 4);
  wav.write("WAVEfmt ", 8);
  [16, 0x0001_0001, 8000, 8000, 0x0008_0001].forEach((field, n) => wav.writeUInt32LE(field, 16 + 4 * n));
  wav.write("data", 36);
  wav.writeUInt32LE(800, 40);
  return `data:audio/wav;base64,${wav.toString("base64")}`;
}

// The script of all pages.
const SCRIPT = readFileSync(
  new URL("../../src/report/html/templates/page.js", import.meta.url),
  "utf8",
);

const hash = (script) => createHash("sha256").update(script).digest("base64");

const SOUND = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data: file:; script-src 'sha256-${hash(SCRIPT)}'">
<title>A night</title>
<style>
:root { color-scheme: light dark; --ink: #222; --sheet: #fff; --bar: #ddd }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --sheet: #181818; --bar: #444 } }
body { background: var(--sheet); color: var(--ink) }
a { color: inherit }
svg rect { fill: var(--bar) } svg text { fill: var(--ink) }
.badge { background: #246; color: #fff; print-color-adjust: exact }
button { cursor: pointer }
</style>
</head>
<body>
<main>
<h1>A night</h1>
<p><a href="other.html#place">another page</a> <span class="badge">new</span></p>
<h2 id="chart">Scores</h2>
<figure>
<svg role="img" aria-label="Scores" width="100" height="30"><rect width="90" height="20"/><text x="5" y="15">bar</text></svg>
<table><thead><tr><th scope="col">score</th><th scope="col">calls</th></tr></thead><tbody><tr><td>90</td><td>2</td></tr></tbody></table>
</figure>
<details><summary>more</summary><p>of it</p></details>
<p><bdi>agent \u202enna</bdi> was heard.</p>
<p><button type="button" data-play="excerpt" data-at="0.02">Play</button> <audio id="excerpt" controls aria-label="the excerpt" preload="none" src="${silence()}"></audio></p>
<label>minutes <input type="number" value="40"></label>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;

const OTHER = SOUND.replaceAll("A night", "Another")
  .replace("other.html#place", "index.html#chart")
  .replace("<details>", '<details id="place">');

/** A page's script, with the policy that lets it run. */
const scripted = (script) => (page) =>
  page.replace(hash(SCRIPT), hash(script)).replace(`<script>${SCRIPT}`, `<script>${script}`);
const swap = (from, to) => (page) => page.replace(from, to);
const beforeEnd = (html) => swap("</main>", `${html}</main>`);
const policy = swap(/<meta http-equiv[^>]*>/, "");

/** Name of the check that must find it, and what is broken. */
const BROKEN = [
  ["console", scripted(`${SCRIPT}console.error("oh");`)],
  ["script", scripted(`${SCRIPT}missing();`)],
  ["script", scripted(`${SCRIPT}addEventListener("load", () => alert("oh"));`)],
  ["script", scripted(`${SCRIPT}window.${RAN} = true;`)],
  // Both that it was asked for, and that the policy said no.
  ["request console", beforeEnd('<img alt="" src="http://pages.test/pixel.png">')],
  ["request console", beforeEnd('<img alt="" src="other.png">')],
  ["request console sound", swap(/ preload="none" src="[^"]*"/, ' src="other.wav"')],
  ["console sound", swap(/src="data:audio[^"]*"/, 'src="other.wav"')],
  ["policy", policy],
  ["policy", swap("script-src", "connect-src https://pages.test; script-src")],
  ["policy console", swap("<p><bdi>", `<p onclick="window.${RAN} = true"><bdi>`)],
  ["policy links", swap("other.html#place", `javascript:window.${RAN}=true`)],
  ["policy", swap("<title>", '<link rel="preconnect" href="http://pages.test"><title>')],
  ["links", swap("other.html#place", "missing.html")],
  ["links", swap("other.html#place", "other.html#missing")],
  ["links", swap("other.html#place", "http://pages.test/")],
  ["width", swap("<p><a", '<p style="width: 700px"><a')],
  ["width", beforeEnd(`<p>${"w".repeat(200)}</p>`)],
  ["width", beforeEnd(`<p style="overflow: hidden">${"w".repeat(200)}</p>`)],
  ["width", swap('width="100" height="30"', 'width="50" height="15" viewBox="0 0 100 30"')],
  ["width", swap('<text x="5"', '<text x="85"')],
  ["width", swap("</svg>", '<text x="15" y="15">other</text></svg>')],
  ["width", swap("body {", "body { overflow-x: hidden;")],
  ["width", swap("<p>of it", '<p style="width: 700px">of it')],
  ["ids", swap("<details>", '<details id="chart">')],
  ["ids labels", swap("<label>", '<label for="nothing">')],
  ["headings", beforeEnd("<h1>Again</h1>")],
  ["headings", swap(/h2/g, "h3")],
  ["language html-has-lang", swap(' lang="en"', "")],
  ["title document-title", swap("<title>A night</title>", "")],
  ["encoding", swap("of it", "of\0it")],
  ["encoding", swap("of it", "of\x1bit")],
  ["pictures svg-img-alt", swap(' aria-label="Scores"', "")],
  ["pictures", swap(/<table>.*<\/table>/, "")],
  ["pictures image-alt", beforeEnd('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">')],
  ["tables", swap(/<thead>.*<\/thead>/, "")],
  ["labels label", swap("<label>minutes ", "<label>")],
  ["labels", swap(' aria-label="the excerpt"', "")],
  ["direction", swap(/bdi>/g, "b>")],
  ["contrast print", swap("--ink: #222", "--ink: #999")],
  ["contrast", swap("--ink: #eee", "--ink: #555")],
  ["contrast print", swap("svg text { fill: var(--ink)", "svg text { fill: var(--bar)")],
  ["print", swap("; print-color-adjust: exact", "")],
  ["keyboard", swap("<p><bdi>", '<p style="cursor: pointer"><bdi>')],
  ["keyboard", swap('type="button"', 'type="button" tabindex="-1"')],
  ["keyboard tabindex", swap('type="button"', 'type="button" tabindex="3"')],
  ["keyboard", swap("a {", ":focus { outline: none } a {")],
  ["click", beforeEnd('<div style="position: fixed; inset: 0"></div>')],
  ["sound", swap('data-play="excerpt"', 'data-play="another"')],
  ["sound", swap('data-at="0.02"', 'data-at="7"')],
  ["sound", scripted(SCRIPT.replace("play()", "pause()"))],
  ["sound", swap(/base64,UklGR/, "base64,AAAA")],
  ["button-name", swap(">Play<", "><")],
];

const home = mkdtempSync(join(tmpdir(), "pages-"));
const expected = new Map([["index.html", ""], ["other.html", ""]]);
try {
  writeFileSync(join(home, "other.html"), OTHER);
  for (const [n, [checks, breaks]] of BROKEN.entries()) {
    const broken = breaks(SOUND);
    if (broken === SOUND) throw new Error(`number ${n}, ${checks}, breaks nothing`);
    const name = `${n}-${checks.replaceAll(" ", "-")}.html`;
    expected.set(name, checks);
    writeFileSync(join(home, name), broken);
  }
  const links = [...expected.keys()].map((name) => `<a href="${name}">${name}</a>`);
  // Nothing leads to it.
  expected.set("alone.html", "links");
  writeFileSync(join(home, "alone.html"), SOUND);
  writeFileSync(join(home, "index.html"), beforeEnd(`<p>${links.join(" ")}</p>`)(SOUND));
  const { faults } = await checkFolder(home);
  let wrong = 0;
  for (const [name, checks] of expected) {
    const found = faults.filter(({ page }) => page === name);
    const names = [...new Set(found.map(({ check }) => check))].sort().join(" ");
    if (names === checks.split(" ").sort().join(" ")) continue;
    wrong += 1;
    console.error(`${name}: expected ${checks || "no fault"}, found ${names || "none"}`);
    for (const { check, what } of found) console.error(`  ${check}: ${what}`);
  }
  console.log(`${expected.size} pages, sound and broken, ${wrong} not found as such`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  rmSync(home, { recursive: true });
}
