/** Style of the audit page. Right and wrong are shown by sign and word; the colours are Okabe and Ito's blue and vermilion. */
export const AUDIT_STYLE = `
:root { color-scheme: light; font: 15px/1.45 system-ui, sans-serif; color: #1b1f24; }
* { box-sizing: border-box; }
html, body { height: 100%; }
body { margin: 0; display: flex; flex-direction: column; background: #fff; }
header { padding: .8rem 1.2rem .6rem; border-bottom: 1px solid #d0d7de; }
h1 { font-size: 1.2rem; margin: 0; }
h2 { font-size: 1.25rem; margin: 0 0 .2rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
header p { margin: .1rem 0 .5rem; color: #57606a; }
form { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; }
input, select { font: inherit; padding: .2rem .4rem; border: 1px solid #8c959f; border-radius: 4px; background: #fff; color: inherit; }
#search { width: 17rem; }
#most { width: 5rem; }
#count { color: #57606a; margin-left: auto; }
main { flex: 1; display: grid; grid-template-columns: minmax(20rem, 26rem) 1fr; min-height: 0; }
nav { overflow-y: auto; border-right: 1px solid #d0d7de; }
#detail { overflow-y: auto; padding: 1rem 1.4rem 3rem; }
ol { list-style: none; margin: 0; padding: 0; }
li button { font: inherit; color: inherit; text-align: left; display: grid; grid-template-columns: 3.4rem 1fr; gap: .1rem .6rem; width: 100%; padding: .45rem .8rem; border: 0; border-bottom: 1px solid #eaeef2; background: none; cursor: pointer; }
li button:hover { background: #f3f6f9; }
li button[aria-current="true"] { background: #e1eefa; box-shadow: inset 4px 0 0 #0072b2; }
li button:focus-visible { outline: 2px solid #0072b2; outline-offset: -2px; }
.score { font-variant-numeric: tabular-nums; font-weight: 600; text-align: right; }
.name { overflow-wrap: anywhere; }
.small { color: #57606a; font-size: .85rem; }
li .small { grid-column: 2; }
#more { text-align: center; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .6rem 0; max-width: 60rem; }
dt { color: #57606a; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; max-width: 80rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #eaeef2; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; border-bottom-color: #d0d7de; }
td.tight { white-space: nowrap; }
td.text { min-width: 18rem; overflow-wrap: anywhere; white-space: pre-line; }
tr.wrong td { background: #fdf1ea; }
tr.failed td { background: #f6f8fa; }
.sign { font-weight: 700; white-space: nowrap; }
.right .sign { color: #0072b2; }
.wrong .sign { color: #b04a00; }
.failed .sign { color: #57606a; }
.scale { position: relative; display: inline-block; width: 10rem; height: .8rem; margin-right: .6rem; background: #eaeef2; vertical-align: -.1rem; }
.scale i { position: absolute; top: .3rem; height: .2rem; background: #0072b2; }
.scale b { position: absolute; top: 0; width: .2rem; height: .8rem; background: #1b1f24; }
.bar { display: inline-block; height: .55rem; background: #0072b2; margin-right: .4rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f6f8fa; border: 1px solid #eaeef2; padding: .6rem .8rem; margin: .3rem 0; font: inherit; max-width: 60rem; max-height: 24rem; overflow-y: auto; }
code { font-size: .8rem; color: #57606a; overflow-wrap: anywhere; }
summary { cursor: pointer; margin: .5rem 0; }
.note { background: #fff8e1; border: 1px solid #e6c65c; padding: .4rem .7rem; max-width: 60rem; }
@media (max-width: 55rem) { html, body { height: auto; } main { display: block; } nav { max-height: 45vh; border-bottom: 2px solid #d0d7de; } }
`;

/** Script of the list: filters, order, and which entry is open. Texts reach the page as text nodes alone. */
export const AUDIT_LIST_SCRIPT = `
const PAGE = 200;
const SHOWS = [
  ["all", "all", () => true],
  ["latents", "latents", (row) => !row.f],
  ["families", "families", (row) => row.f],
  ["wrong", "with wrong verdicts", (row) => row.w > 0],
  ["failed", "with failed answers", (row) => row.x > 0],
  ["unasked", "no model asked", (row) => !row.e],
  ["unlabelled", "without a label", (row) => row.l === ""],
];
const ORDERS = [
  ["worst", "lowest score first", (row) => scoreOf(row) ?? Infinity],
  ["best", "highest score first", (row) => -(scoreOf(row) ?? -Infinity)],
  ["wrong", "most wrong verdicts first", (row) => (row.n ? -row.w / row.n : 1)],
  ["latent", "by latent", (row) => row.i],
];
const byId = (id) => document.getElementById(id);
const rowId = (row) => (row.f ? "family-" : "latent-") + row.i;
const places = new Map(rows.map((row, place) => [rowId(row), place]));
const searchable = rows.map((row) => [row.i, row.l, row.k.join(" "), row.fam.join(" ")].join(" ").toLowerCase());
const FIRST = "first of each";
let shown = PAGE;

function scoreOf(row) {
  const measure = byId("measure").value;
  const found = measure === FIRST ? row.s[0] : row.s.find((score) => score[0] === measure);
  return found && found[1];
}
function fill(id, choices) {
  byId(id).replaceChildren(...choices.map(([value, text]) => {
    const option = element("option", text);
    option.value = value;
    return option;
  }));
}
function counted(lists) {
  const counts = new Map();
  for (const name of lists.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => [name, name + " (" + count + ")"]);
}
function found() {
  const words = byId("search").value.toLowerCase().split(/\\s+/).filter(Boolean);
  const keep = SHOWS.find(([name]) => name === byId("show").value)[2];
  const source = byId("source").value;
  const most = byId("most").value === "" ? undefined : Number(byId("most").value);
  const key = ORDERS.find(([name]) => name === byId("order").value)[2];
  const list = [];
  rows.forEach((row, place) => {
    if (!keep(row) || (source !== "" && row.src !== source)) return;
    if (most !== undefined && !(scoreOf(row) <= most)) return;
    if (words.every((word) => (/^\\d+$/.test(word) ? String(row.i) === word || searchable[place].includes(word) : searchable[place].includes(word)))) list.push([key(row), place]);
  });
  return list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1])).map(([, place]) => place);
}
function draw() {
  const list = found();
  byId("list").replaceChildren(...list.slice(0, shown).map(drawItem));
  byId("count").textContent = list.length + " of " + rows.length + " labels";
  byId("more").hidden = list.length <= shown;
  mark();
  return list;
}
function drawItem(place) {
  const row = rows[place];
  const item = element("li");
  const button = element("button");
  button.type = "button";
  button.dataset.id = rowId(row);
  const score = scoreOf(row);
  const verdicts = row.n ? ", " + row.w + " of " + row.n + " wrong" + (row.x ? ", " + row.x + " failed" : "") : "";
  button.append(
    element("span", score === undefined ? "" : number(score), "score"),
    element("span", row.l || "(no label)", "name"),
    element("span", (row.f ? "family of latent " : "latent ") + row.i + ", " + row.src + verdicts, "small"),
  );
  button.addEventListener("click", () => { location.hash = rowId(row); });
  item.append(button);
  return item;
}
function mark() {
  const open = location.hash.slice(1);
  for (const button of byId("list").querySelectorAll("button")) {
    if (button.dataset.id === open) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}
function openHash() {
  const place = places.get(location.hash.slice(1));
  if (place !== undefined) drawDetail(rows[place], JSON.parse(byId("entry-" + place).textContent));
  byId("detail").scrollTop = 0;
  mark();
}
function redraw() {
  shown = PAGE;
  draw();
}
fill("show", SHOWS);
fill("source", [["", "any source"], ...counted(rows.map((row) => row.src))]);
fill("measure", [[FIRST, FIRST], ...counted(rows.map((row) => row.s.map((score) => score[0])))]);
fill("order", ORDERS);
byId("controls").addEventListener("input", redraw);
byId("controls").addEventListener("submit", (event) => event.preventDefault());
byId("more").querySelector("button").addEventListener("click", () => { shown += PAGE; draw(); });
byId("list").addEventListener("keydown", (event) => {
  const item = event.target.closest("li");
  const next = event.key === "ArrowDown" ? item.nextElementSibling : event.key === "ArrowUp" ? item.previousElementSibling : null;
  if (!next) return;
  event.preventDefault();
  next.querySelector("button").focus();
  next.querySelector("button").click();
});
addEventListener("hashchange", openHash);
const first = draw()[0];
if (!places.has(location.hash.slice(1)) && first !== undefined) history.replaceState(null, "", "#" + rowId(rows[first]));
openHash();
`;
