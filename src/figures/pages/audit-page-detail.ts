/** Script that shows one entry of the audit page. Texts reach the page as text nodes alone. */
export const AUDIT_DETAIL_SCRIPT = `
const rows = JSON.parse(document.getElementById("rows").textContent);
const names = JSON.parse(document.getElementById("names").textContent);
const blocks = new Map();
const number = (value) => (value === null || value === undefined ? "" : value.toFixed(2).replace(/^-(?=0.00$)/, ""));
const KINDS = { active: "active", random: "inactive, random", near: "inactive, near", neighbour: "inactive, neighbour" };

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function documentAt(place) {
  const block = Math.floor(place / BLOCK);
  if (!blocks.has(block)) blocks.set(block, JSON.parse(document.getElementById("documents-" + block).textContent));
  const [id, text] = blocks.get(block)[place % BLOCK];
  return { id, text: text ?? "(this corpus has no document of that id)" };
}
function nameOf(latent) { return names[latent] || "latent " + latent; }
function facts(pairs) {
  const list = element("dl");
  for (const [name, content] of pairs) {
    if (content === undefined || content === null || content === "" || content.length === 0) continue;
    const value = element("dd");
    value.append(...[].concat(content));
    list.append(element("dt", name), value);
  }
  return list;
}
function table(heads, lines) {
  const made = element("table");
  const head = element("tr");
  head.append(...heads.map((text) => element("th", text)));
  const top = element("thead");
  top.append(head);
  const body = element("tbody");
  body.append(...lines);
  made.append(top, body);
  return made;
}
function line(cells, className) {
  const made = element("tr", undefined, className);
  for (const [content, kind] of cells) {
    const cell = element("td", undefined, kind);
    cell.append(...[].concat(content));
    made.append(cell);
  }
  return made;
}
function scale([name, value, low, high, n]) {
  const made = element("div");
  const from = name === "pearson" ? -1 : 0;
  const at = (x) => (100 * (Math.min(1, Math.max(from, x)) - from)) / (1 - from);
  const track = element("span", undefined, "scale");
  if (low !== null) {
    const span = element("i");
    span.style.left = at(low) + "%";
    span.style.width = at(high) - at(low) + "%";
    track.append(span);
  }
  const dot = element("b");
  dot.style.left = "calc(" + at(value) + "% - .1rem)";
  track.append(dot);
  made.append(track, number(value) + (low === null ? "" : " [" + number(low) + ", " + number(high) + "]") + (n ? ", n " + n : ", n unknown"));
  return made;
}
function strength(activation, highest) {
  const bar = element("span", undefined, "bar");
  bar.style.width = (4 * activation) / (highest || 1) + "rem";
  return [bar, number(activation)];
}
function truth(example, highest) {
  if (!example) return ["not recorded"];
  const [, , kind, activation, member] = example;
  if (kind !== "active") return [KINDS[kind]];
  return [...strength(activation, highest), ...(member === null ? [] : [element("div", "in " + nameOf(member), "small")])];
}
function textCell(place) {
  const { id, text } = documentAt(place);
  return [[text + " ", element("code", id)], "text"];
}
const SIGNS = { right: "\\u2713 right", wrong: "\\u2717 wrong", failed: "? failed" };
function outcome(verdict) {
  if (verdict[4] === null) return "failed";
  return verdict[4] === verdict[3] ? "right" : "wrong";
}
function said(verdict) {
  const [, , , , answer, confidence, probability] = verdict;
  if (answer === null) return "no answer that could be read";
  const more = confidence !== null ? ", confidence " + number(confidence) : probability !== null ? ", p(yes) " + number(probability) : "";
  return (answer ? "yes, it fits" : "no") + more;
}
function verdictTable(verdicts, data) {
  const highest = Math.max(...data.shown.map((example) => example[3]));
  const examples = new Map(data.shown.map((example) => [example[0], example]));
  const activation = (verdict) => examples.get(verdict[0])?.[3] ?? 0;
  const sorted = [...verdicts].sort((a, b) => b[3] - a[3] || activation(b) - activation(a));
  return table(["verdict", "truth", "judge", "document, as it was cut"], sorted.map((verdict) => {
    const result = outcome(verdict);
    const judge = element("div", said(verdict));
    const key = element("code", data.keys[verdict[7]].slice(0, 12));
    key.title = data.keys[verdict[7]];
    const isActive = [element("div", verdict[3] ? "active" : ""), ...truth(examples.get(verdict[0]), highest)];
    return line([[element("span", SIGNS[result], "sign"), ""], [isActive, "tight"], [[judge, key], ""], textCell(verdict[0])], result);
  }));
}
function tally(verdicts) {
  return [[1, "active"], [0, "inactive"]].map(([expected, name]) => {
    const of = verdicts.filter((verdict) => verdict[3] === expected);
    const count = (result) => of.filter((verdict) => outcome(verdict) === result).length;
    const failed = count("failed");
    return name + ": " + count("right") + " of " + of.length + " right, " + count("wrong") + " wrong" + (failed ? ", " + failed + " failed" : "");
  }).join("; ");
}
function exampleTable(examples, head) {
  const highest = Math.max(...examples.map((example) => example[3]));
  const sorted = [...examples].sort((a, b) => b[3] - a[3]);
  return table([head, "document"], sorted.map((example) => line([[truth(example, highest), "tight"], textCell(example[0])])));
}
function fold(title, content, isOpen) {
  const made = element("details");
  made.open = isOpen;
  made.append(element("summary", title), ...[].concat(content));
  return made;
}
function judgedParts(data) {
  const parts = [];
  const final = data.v.filter((verdict) => verdict[1] === "score" && verdict[2] === data.judged);
  if (final.length) {
    const holder = element("div");
    const only = element("input");
    only.type = "checkbox";
    only.id = "only";
    const label = element("label");
    label.append(only, " wrong and failed alone");
    const show = () => holder.replaceChildren(verdictTable(only.checked ? final.filter((verdict) => outcome(verdict) !== "right") : final, data));
    only.addEventListener("input", show);
    show();
    parts.push(element("h3", "Score: does \\u201c" + data.judged + "\\u201d separate active documents from others?"), element("p", tally(final)), label, holder);
  }
  const chosen = [...new Set(data.v.filter((verdict) => verdict[1] === "validate").map((verdict) => verdict[2]))];
  if (chosen.length) parts.push(element("h3", "Choice among the candidates"));
  for (const name of chosen) {
    const verdicts = data.v.filter((verdict) => verdict[1] === "validate" && verdict[2] === name);
    parts.push(fold((name === data.judged ? "\\u2713 " : "") + name + ": " + tally(verdicts), verdictTable(verdicts, data), false));
  }
  return parts;
}
function explainedParts(data) {
  const parts = [];
  if (data.ex && data.ex.length) parts.push(element("h3", "What the explainer answered"));
  for (const { key, ok, reason, labels, reasoning } of data.ex ?? []) {
    if (!ok) parts.push(element("p", "? failed: " + (reason ?? "no answer")));
    if (labels.length) parts.push(element("p", "Proposed: " + labels.join("; ")));
    if (reasoning) parts.push(element("pre", reasoning));
    if (key) parts.push(element("code", "ledger " + key));
  }
  if (data.reasoning && !(data.ex ?? []).some(({ reasoning }) => reasoning)) parts.push(element("h3", "Reasoning"), element("pre", data.reasoning));
  const shown = data.shown.filter((example) => example[1] === "explain");
  if (shown.length) parts.push(fold(shown.length + " documents that the explainer saw", exampleTable(shown, "truth"), true));
  return parts;
}
function drawDetail(row, data) {
  const parts = [
    element("h2", row.l || "(no label)"),
    element("div", (row.f ? "family of latent " : "latent ") + row.i + (row.l ? ", label from: " + row.src : "") + (data.reason ? " (" + data.reason + ")" : ""), "small"),
  ];
  if (data.judged !== undefined && data.judged !== row.l) parts.push(element("p", "A model's label was \\u201c" + (data.judged || "none") + "\\u201d: what follows is about that one.", "note"));
  const candidates = (data.candidates ?? []).map(({ label, score }) => element("div", label + (score === undefined ? "" : " " + number(score)) + (label === data.judged ? " \\u2713 chosen" : "")));
  parts.push(facts([
    ["scores", row.s.map((score) => { const made = scale(score); made.append(element("span", " " + score[0], "small")); return made; })],
    ["candidates", candidates],
    [row.f ? "latents" : "families", row.f ? data.m.map(nameOf).join("; ") : row.fam.join("; ")],
    ["keywords", row.k.join(", ")],
    ["active in", data.a + " documents"],
    ["explainer", data.model],
    ["judge", data.judge],
    ["prompts", data.prompt],
    ["made", data.date],
    ["cost", data.cost === undefined ? "" : "$" + data.cost.toFixed(5)],
    ["failed answers", data.failed === undefined ? "" : String(data.failed)],
    ["documents", data.limit],
    ["notes", (data.notes ?? []).join("; ")],
  ]));
  if (row.e) parts.push(...judgedParts(data), ...explainedParts(data));
  else {
    parts.push(...explainedParts(data), element("h3", "No model was asked here. Documents in which it is active, strong and weak"));
    parts.push(data.shown.length ? exampleTable(data.shown, "activation") : element("p", "It is active in no document."));
  }
  document.getElementById("detail").replaceChildren(...parts);
}
`;
