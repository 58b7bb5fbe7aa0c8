// What is asked of a page, from within: each function is sent to the browser on its own, so none
// may use anything from outside itself. All give plain values; a fault is { check, what }.

/** Ids, links and texts: what other pages' links and the whole folder are judged by. */
export function readPage() {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const words = document.body.cloneNode(true);
  for (const element of words.querySelectorAll("script, style, template")) element.remove();
  return {
    ids: all("[id]").map((element) => element.id),
    links: all("a[href], area[href]").map((element) => ({
      href: element.href,
      raw: element.getAttribute("href"),
    })),
    text: words.textContent,
    title: document.title,
  };
}

/** What does not depend on width, colours or what is open. */
export function structureFaults() {
  const faults = [];
  const fault = (check, what) => faults.push({ check, what });
  const all = (selector) => [...document.querySelectorAll(selector)];
  const show = (element) => {
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    const id = element.id ? `#${element.id}` : "";
    const name = element.getAttribute("class");
    return `<${element.localName}${id}${name ? ` class="${name}"` : ""}> ${text}`;
  };

  const seen = new Set();
  for (const { id } of all("[id]")) {
    if (seen.has(id)) fault("ids", `the id ${id} is there twice`);
    seen.add(id);
  }
  for (const attribute of ["for", "aria-labelledby", "aria-describedby", "aria-details", "aria-controls", "headers", "list"]) {
    for (const element of all(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(/\s+/)) {
        if (!seen.has(id)) fault("ids", `${attribute}="${id}" names no element: ${show(element)}`);
      }
    }
  }
  const uses = all("use").map((element) => element.getAttribute("href") ?? "#");
  for (const use of uses) {
    if (!seen.has(use.slice(1))) fault("ids", `<use href="${use}"> names no element`);
  }

  const titles = all("h1");
  if (titles.length !== 1) fault("headings", `${titles.length} h1 instead of one`);
  let level = 0;
  for (const heading of all("h1, h2, h3, h4, h5, h6")) {
    const next = Number(heading.localName[1]);
    if (next > level + 1) fault("headings", `h${next} follows h${level}: ${show(heading)}`);
    if (!heading.textContent.trim()) fault("headings", `an empty h${next}`);
    level = next;
  }
  if (!document.documentElement.lang) fault("language", "html has no lang");
  if (!document.title.trim()) fault("title", "no title");
  if (document.characterSet !== "UTF-8") fault("encoding", document.characterSet);

  const policy = document.querySelector('meta[http-equiv="Content-Security-Policy" i]')?.content ?? "";
  if (!/(^|;)\s*default-src\s+'none'/.test(policy)) {
    fault("policy", `default-src is not 'none': ${policy || "there is none"}`);
  }
  if (/https?:|ws:|\*|script-src[^;]*'unsafe-/.test(policy)) {
    fault("policy", `lets in more than the page holds: ${policy}`);
  }
  for (const element of all("link, base, iframe, frame, object, embed, form[action], meta[http-equiv=refresh i]")) {
    if (!/^data:/.test(element.getAttribute("href") ?? "")) {
      fault("policy", `leads out of the page: ${element.outerHTML.slice(0, 80)}`);
    }
  }
  for (const element of all("*")) {
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) fault("policy", `${name} on ${show(element)}`);
      if (/^(src|href|action|formaction|data|poster|srcset)$/i.test(name) && /^\s*(javascript|vbscript):/i.test(value)) {
        fault("policy", `${name}="${value}" on ${show(element)}`);
      }
    }
  }

  for (const svg of all("svg")) {
    if (svg.parentElement.closest("svg") || svg.closest('[aria-hidden="true"]')) continue;
    const labelled = (svg.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
    const named =
      svg.getAttribute("aria-label")?.trim() ||
      labelled.some((id) => document.getElementById(id)?.textContent.trim()) ||
      svg.querySelector(":scope > title")?.textContent.trim();
    if (svg.getAttribute("role") !== "img" || !named) {
      fault("pictures", `a drawing without role="img" and a name: ${show(svg.parentElement)}`);
    }
    const around = svg.closest("figure, section, article, details, main");
    if (!around?.querySelector("table") && !svg.hasAttribute("aria-details")) {
      fault("pictures", `a chart without its table beside it: ${show(svg.parentElement)}`);
    }
  }
  for (const image of all("img, input[type=image]")) {
    if (!image.hasAttribute("alt")) fault("pictures", `no alt: ${image.outerHTML.slice(0, 80)}`);
  }

  for (const table of all("table")) {
    const heads = [...table.querySelectorAll("th")];
    if (heads.length === 0) fault("tables", `no header cell: ${show(table)}`);
    for (const head of heads) {
      if (!head.scope && !head.id) fault("tables", `a header cell without scope: ${show(head)}`);
    }
    for (const cell of table.querySelectorAll("td")) {
      if (cell.closest("table") !== table || cell.colSpan > 1) continue;
      const row = cell.parentElement.querySelector("th");
      const column = table.querySelector("thead th");
      if (!row && !column) fault("tables", `a cell without a header: ${show(cell)}`);
    }
  }

  for (const control of all("input:not([type=hidden]), select, textarea, audio[controls], video[controls], progress, meter")) {
    const labels = [...(control.labels ?? [])].some((label) => label.textContent.trim());
    const named = control.getAttribute("aria-label")?.trim() || control.hasAttribute("aria-labelledby");
    if (!labels && !named) fault("labels", `no label: ${control.outerHTML.slice(0, 80)}`);
  }

  for (const button of all("[data-play]")) {
    if (!seen.has(button.dataset.play)) fault("sound", `nothing to play: ${show(button)}`);
  }

  // A text that turns the direction of writing must not turn what stands beside it.
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!/[\u202a-\u202e\u2066-\u2069]/.test(node.data)) continue;
    let apart = node.parentElement;
    if (apart.closest("script, style")) continue;
    while (apart !== document.body && !/isolate|plaintext/.test(getComputedStyle(apart).unicodeBidi)) {
      apart = apart.parentElement;
    }
    if (apart.textContent.trim() !== node.data.trim()) {
      fault("direction", `a text that turns the direction is not set apart: ${show(apart)}`);
    }
  }
  return faults;
}

/** Opens what can be opened, as a reader might. */
export function openAll() {
  for (const details of document.querySelectorAll("details")) details.open = true;
}

/** What does not fit the width. */
export function widthFaults() {
  const faults = [];
  const root = document.documentElement;
  const room = root.clientWidth;
  const scrolls = (element) => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
  const show = (element) => {
    const name = element.getAttribute("class");
    const id = element.id ? `#${element.id}` : "";
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.localName}${id}${name ? ` class="${name}"` : ""}> ${text}`;
  };
  for (const element of [root, document.body]) {
    if (/hidden|clip/.test(getComputedStyle(element).overflowX)) {
      faults.push({ check: "width", what: `${element.localName} hides what is too wide` });
    }
  }
  if (root.scrollWidth > room) {
    let widest;
    for (const element of document.body.querySelectorAll("*")) {
      let around = element.parentElement;
      while (around && around !== document.body && !scrolls(around)) around = around.parentElement;
      if (around && around !== document.body) continue;
      const right = element.getBoundingClientRect().right + scrollX;
      if (right > room + 0.5 && (!widest || right >= widest.right)) widest = { element, right };
    }
    const what = widest ? `${show(widest.element)} ends at ${Math.round(widest.right)}` : "nothing in it";
    faults.push({ check: "width", what: `the page is ${root.scrollWidth} wide: ${what}` });
  }
  // Drawings shrink with the page, and their text with them; it neither wraps nor makes room.
  for (const svg of document.querySelectorAll("svg")) {
    if (!svg.checkVisibility()) continue;
    const frame = svg.getBoundingClientRect();
    const drawn = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim());
    const problem = (text, box, at) => {
      const px = parseFloat(getComputedStyle(text).fontSize) * (svg.getScreenCTM()?.a ?? 1);
      if (px < 9) return `is ${px.toFixed(1)} pixels high`;
      if (box.left < frame.left - 1 || box.right > frame.right + 1) return "is cut off";
      const meets = (other) =>
        Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1 &&
        Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > box.height / 3;
      if (drawn.slice(0, at).some((text) => meets(text.getBoundingClientRect()))) return "lies on another";
      return undefined;
    };
    for (const [at, text] of drawn.entries()) {
      const what = problem(text, text.getBoundingClientRect(), at);
      if (!what) continue;
      faults.push({ check: "width", what: `text of a drawing ${what}: ${show(text)}` });
      break;
    }
  }
  for (const element of document.body.querySelectorAll("*")) {
    if (!/hidden|clip/.test(getComputedStyle(element).overflowX)) continue;
    // What is there for screen readers alone is a pixel wide.
    if (element.clientWidth <= 1 || element.closest("svg") || !element.textContent.trim()) continue;
    if (element.scrollWidth > element.clientWidth + 1) {
      faults.push({ check: "width", what: `text is cut off: ${show(element)}` });
    }
  }
  return faults;
}

/**
 * Text in drawings, which axe does not see, against what is drawn under it; and on paper, where
 * backgrounds are left out, all text against white.
 */
export function contrastFaults(paper) {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return { r, g, b, a: a / 255 };
  };
  const over = (top, below) => {
    const mix = (part) => top[part] * top.a + below[part] * (1 - top.a);
    return { r: mix("r"), g: mix("g"), b: mix("b"), a: 1 };
  };
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => {
    const [least, most] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (most + 0.05) / (least + 0.05);
  };
  const white = { r: 255, g: 255, b: 255, a: 1 };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (paper && style.printColorAdjust !== "exact") continue;
      const layer = colour(style.backgroundColor);
      layers.push(layer);
      if (layer.a === 1) break;
    }
    const dark = !paper && matchMedia("(prefers-color-scheme: dark)").matches;
    const sheet = dark && /dark/.test(getComputedStyle(document.documentElement).colorScheme);
    return layers.reduceRight((below, layer) => over(layer, below), sheet ? colour("#121212") : white);
  };
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const faults = [];
  const judge = (element, ink, below, px, weight) => {
    const large = px >= 24 || (px >= 18.66 && Number(weight) >= 700);
    const found = ratio(over(ink, below), below);
    if (found + 0.005 >= (large ? 3 : 4.5)) return;
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    const where = `<${element.localName} class="${element.getAttribute("class") ?? ""}"> ${text}`;
    faults.push({ check: paper ? "print" : "contrast", what: `${found.toFixed(1)} to 1: ${where}` });
  };

  for (const text of document.querySelectorAll("svg text")) {
    if (!text.textContent.trim() || !visible(text)) continue;
    const svg = text.ownerSVGElement;
    const box = text.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    let below = ground(svg);
    for (const shape of svg.querySelectorAll("rect, circle, ellipse, path, polygon, text")) {
      if (shape === text) break;
      if (shape.localName === "text") continue;
      const style = getComputedStyle(shape);
      const at = shape.getBoundingClientRect();
      const covers = at.left <= x && x <= at.right && at.top <= y && y <= at.bottom;
      if (!covers || style.fill === "none" || style.fill.startsWith("url")) continue;
      const fill = colour(style.fill);
      fill.a *= Number(style.fillOpacity) * Number(style.opacity);
      below = over(fill, below);
    }
    const style = getComputedStyle(text);
    const scale = (svg.getScreenCTM()?.a ?? 1) || 1;
    judge(text, colour(style.fill), below, parseFloat(style.fontSize) * scale, style.fontWeight);
  }
  if (paper) {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const judged = new Set();
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      if (!texts.currentNode.data.trim() || judged.has(element)) continue;
      judged.add(element);
      if (element.closest("svg, script, style") || !visible(element)) continue;
      const style = getComputedStyle(element);
      judge(element, colour(style.color), ground(element), parseFloat(style.fontSize), style.fontWeight);
    }
  }
  return faults;
}

/** Notes which control a key press leads to, and whether it can be seen there. */
export function watchFocus() {
  const CONTROLS =
    "a[href], area[href], button, input:not([type=hidden]), select, textarea, summary, audio[controls], video[controls], [tabindex], [role=button]";
  const show = (element) => {
    const text = (element.getAttribute("aria-label") ?? element.textContent).trim().replace(/\s+/g, " ");
    const name = element.getAttribute("class");
    return `<${element.localName}${name ? ` class="${name}"` : ""}> ${text.slice(0, 40)}`;
  };
  const usable = (element) =>
    !element.disabled &&
    element.getAttribute("tabindex") !== "-1" &&
    element.checkVisibility({ visibilityProperty: true });
  // One of several radio buttons stands for its group.
  const grouped = (element) =>
    element.type === "radio" && !element.checked && element.name !== "";
  const waiting = new Set(
    [...document.querySelectorAll(CONTROLS)].filter((e) => usable(e) && !grouped(e)),
  );
  const faults = [];
  for (const element of document.querySelectorAll("[tabindex]")) {
    if (element.tabIndex > 0) {
      faults.push({ check: "keyboard", what: `its turn is out of order: ${show(element)}` });
    }
  }
  for (const element of document.body.querySelectorAll("*")) {
    if (getComputedStyle(element).cursor !== "pointer" || element.closest("label")) continue;
    const control = element.closest(CONTROLS);
    if (!control || control.tabIndex < 0) {
      faults.push({ check: "keyboard", what: `looks as if it could be clicked: ${show(element)}` });
    }
  }
  const watch = { count: waiting.size, faults };
  document.addEventListener("focusin", ({ target }) => {
    if (!waiting.delete(target)) return;
    const style = getComputedStyle(target);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    if (!outlined && style.boxShadow === "none") {
      faults.push({ check: "keyboard", what: `nobody sees that it has the focus: ${show(target)}` });
    }
    // What slides in at the focus, such as a link past the navigation, must be in sight.
    const box = target.getBoundingClientRect();
    if (box.right <= 0 || box.bottom <= 0) {
      faults.push({ check: "keyboard", what: `has the focus out of sight: ${show(target)}` });
    }
  });
  watch.finish = () => {
    for (const element of waiting) {
      faults.push({ check: "keyboard", what: `no key leads to it: ${show(element)}` });
    }
    return faults;
  };
  window.watchedFocus = watch;
  return watch.count;
}

/** Whether each recording in the page can be played. */
export async function soundFaults() {
  const faults = [];
  const sounds = [...document.querySelectorAll("audio, video")];
  for (const sound of sounds) {
    const sources = [sound, ...sound.querySelectorAll("source")];
    // One without a source is given one when something is clicked.
    if (!sources.some((element) => element.getAttribute("src"))) continue;
    const problem = await new Promise((resolve) => {
      const late = setTimeout(() => resolve("it does not load"), 3000);
      const done = (problem) => (clearTimeout(late), resolve(problem));
      if (sound.readyState >= 1) done();
      sound.addEventListener("loadedmetadata", () => done(), { once: true });
      sound.addEventListener("error", () => done(sound.error?.message || "it cannot be read"), { once: true });
      sound.preload = "metadata";
      if (sound.readyState < 1) sound.load();
    });
    const length = Number.isFinite(sound.duration) && sound.duration > 0;
    if (problem || !length) {
      const name = sound.getAttribute("aria-label") ?? sound.id;
      faults.push({ check: "sound", what: `${problem ?? "it has no length"}: ${name}` });
    }
  }
  return { count: sounds.length, faults };
}

/** Why nothing is heard after a click on a button that is to play a sound. */
export async function playProblem(button) {
  const id = button.dataset.play;
  if (id === undefined) return undefined;
  const sound = document.getElementById(id);
  if (!sound) return `there is no sound ${id} to play`;
  const at = Number(button.dataset.at ?? 0);
  for (let waited = 0; waited < 3000; waited += 50) {
    if ((sound.ended || !sound.paused) && sound.currentTime >= at) {
      sound.pause();
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return `${id} does not play from ${at} s: ${sound.error?.message ?? `it is at ${sound.currentTime}`}`;
}
