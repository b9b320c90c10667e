/** Style of the catalog page. */
export const PAGE_STYLE = `
:root { color-scheme: light; font: 15px/1.45 system-ui, sans-serif; color: #1b1f24; }
body { margin: 0; background: #fff; }
header { padding: 1rem 1.5rem; border-bottom: 1px solid #d0d7de; position: sticky; top: 0; background: #fff; z-index: 1; }
h1 { font-size: 1.25rem; margin: 0 0 .2rem; }
header p { margin: 0 0 .6rem; color: #57606a; }
input { font: inherit; padding: .3rem .5rem; width: min(28rem, 60vw); border: 1px solid #8c959f; border-radius: 4px; }
#count { margin-left: 1rem; color: #57606a; }
main { padding: 0 1.5rem 2rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #eaeef2; vertical-align: top; }
th button { font: inherit; font-weight: 600; border: 0; background: none; padding: 0; cursor: pointer; color: inherit; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.row { cursor: pointer; }
tr.row:hover, tr.row:focus { background: #eef4fb; outline: none; }
tr.detail td { background: #f6f8fa; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .3rem 0; max-width: 70rem; }
dt { color: #57606a; }
dd { margin: 0; }
.bar { display: inline-block; height: .55rem; background: #0072b2; vertical-align: baseline; margin-right: .4rem; }
.none { color: #8c959f; }
a { color: #0b5394; }
#more { text-align: center; }
`;

/** Script of the catalog page; texts reach the page as text nodes alone. */
export const PAGE_SCRIPT = `
"use strict";
const rows = JSON.parse(document.getElementById("data").textContent);
const byLatent = new Map(rows.map((row) => [row.i, row]));
const PAGE = 200;
const number = (value, digits) => (value === null || value === undefined ? "" : value.toFixed(digits));
const columns = [
  { name: "latent", key: (row) => row.i, cell: (row) => String(row.i), number: true },
  { name: "label", key: (row) => row.l.toLowerCase(), cell: (row) => row.l || "(no label)" },
  { name: "score", key: (row) => row.s ?? -Infinity, cell: score, number: true, down: true },
  { name: "density", key: (row) => row.d, cell: (row) => number(row.d, 5), number: true, down: true },
  { name: "family", key: (row) => (row.f[0] ? row.f[0][1].toLowerCase() : "\\uffff"), cell: (row) => row.f.map((f) => f[1]).slice(0, 2).join("; ") },
  { name: "strongest document", key: (row) => (row.t[0] ? row.t[0][1].toLowerCase() : ""), cell: (row) => (row.t[0] ? row.t[0][1] : "") },
];
const state = { sort: 2, down: true, shown: PAGE, words: [] };
const searchable = new Map(rows.map((row) => [row.i, [row.i, row.l, row.k.join(" "), row.f.map((f) => f[1]).join(" "), row.t.map((t) => t[1]).join(" ")].join(" ").toLowerCase()]));

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function score(row) {
  if (row.s === null) return "";
  return number(row.s, 2) + (row.lo === null ? "" : " [" + number(row.lo, 2) + ", " + number(row.hi, 2) + "]");
}
function found() {
  const list = rows.filter((row) => state.words.every((word) => searchable.get(row.i).includes(word)));
  const { key } = columns[state.sort];
  const sign = state.down ? -1 : 1;
  return list.sort((a, b) => { const x = key(a), y = key(b); return x < y ? -sign : x > y ? sign : a.i - b.i; });
}
function draw() {
  const list = found();
  const body = document.getElementById("body");
  body.replaceChildren(...list.slice(0, state.shown).map(drawRow));
  document.getElementById("count").textContent = list.length + " of " + rows.length + " latents";
  document.getElementById("more").hidden = list.length <= state.shown;
}
function drawRow(row) {
  const line = element("tr", undefined, "row");
  line.id = "latent-" + row.i;
  line.tabIndex = 0;
  for (const column of columns) line.append(element("td", column.cell(row), column.number ? "number" : ""));
  const toggle = () => {
    const next = line.nextElementSibling;
    if (next && next.classList.contains("detail")) next.remove();
    else line.after(drawDetail(row));
  };
  line.addEventListener("click", toggle);
  line.addEventListener("keydown", (event) => { if (event.key === "Enter") toggle(); });
  return line;
}
function drawDetail(row) {
  const line = element("tr", undefined, "detail");
  const cell = element("td");
  cell.colSpan = columns.length;
  const list = element("dl");
  const add = (name, content) => { list.append(element("dt", name)); const value = element("dd"); value.append(...[].concat(content)); list.append(value); };
  add("label", (row.l || "none") + (row.src ? " (from " + row.src + ")" : "") + (row.o ? ": " + row.o : ""));
  if (row.s !== null) add(row.sn, score(row) + " on " + row.n);
  add("keywords", row.k.join(", ") || "none");
  add("active in", row.a + " documents, at most " + number(row.m, 3));
  if (row.c) add("known class", row.c + " (F1 " + number(row.cf, 2) + ")");
  add("families", row.f.length ? row.f.map((f) => f[1] + " (" + f[2] + ")").join("; ") : "none");
  add("nearest", related(row.near));
  add("fires with", related(row.co));
  const most = row.t.length ? row.t[0][2] : 1;
  add("documents", row.t.map((t) => {
    const item = element("div");
    const bar = element("span", undefined, "bar");
    bar.style.width = (6 * t[2]) / most + "rem";
    bar.title = String(t[2]);
    item.append(bar, document.createTextNode(t[1] + " "), element("span", t[0], "none"));
    return item;
  }));
  cell.append(list);
  line.append(cell);
  return line;
}
function related(pairs) {
  if (!pairs.length) return ["none"];
  return pairs.flatMap(([index, cosine], place) => {
    const link = element("a", (byLatent.get(index)?.l || "latent " + index) + " " + number(cosine, 2));
    link.href = "#latent-" + index;
    return place ? ["; ", link] : [link];
  });
}
function openHash() {
  const index = Number((/^#latent-(\\d+)$/.exec(location.hash) || [])[1]);
  if (!byLatent.has(index)) return;
  if (!document.getElementById("latent-" + index)) {
    state.words = [];
    document.getElementById("search").value = "";
    state.shown = rows.length;
    draw();
  }
  const line = document.getElementById("latent-" + index);
  if (!line.nextElementSibling || !line.nextElementSibling.classList.contains("detail")) line.after(drawDetail(byLatent.get(index)));
  line.scrollIntoView({ block: "center" });
}
columns.forEach((column, place) => {
  const head = element("th", undefined, column.number ? "number" : "");
  const button = element("button", column.name);
  button.type = "button";
  button.addEventListener("click", () => {
    state.down = state.sort === place ? !state.down : Boolean(column.down);
    state.sort = place;
    draw();
  });
  head.append(button);
  document.getElementById("head").append(head);
});
document.getElementById("search").addEventListener("input", (event) => {
  state.words = event.target.value.toLowerCase().split(/\\s+/).filter(Boolean);
  state.shown = PAGE;
  draw();
});
document.querySelector("#more button").addEventListener("click", () => { state.shown += PAGE; draw(); });
addEventListener("hashchange", openHash);
draw();
openHash();
`;
