import type { Random } from "../../../src/core/index.js";

// What JSON.stringify cannot write: it marks a string whose text is written as it is.
const RAW = "\u0000";

const WRONG: readonly unknown[] = [
  null,
  0.5,
  -1,
  1e9,
  NaN,
  "seven",
  "",
  [],
  {},
  true,
  [[1]],
  "__proto__",
  "\u001b]0;x\u0007\u202e\u2028",
  ...["1e999", "-0", "9".repeat(40), `${"[".repeat(50_000)}${"]".repeat(50_000)}`, "[,]"].map(
    (json) => `${RAW}${json}`,
  ),
];

/** A copy of parsed JSON with one thing wrong: a value, a key, a length, or an entry that comes twice or is missing. */
export function damageValue(root: unknown, random: Random): unknown {
  const copy = structuredClone(root);
  const parents: (unknown[] | Record<string, unknown>)[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== "object" || value === null || parents.length > 2000) return;
    parents.push(value as Record<string, unknown>);
    Object.values(value).forEach(collect);
  };
  collect(copy);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  if (parents.length === 0) return pick(WRONG);
  const parent = pick(parents);
  const keys = Object.keys(parent);
  const key = keys.length === 0 ? "new" : pick(keys);
  switch (Math.floor(random() * 5)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key) || 0, 1);
      else delete parent[key];
      return copy;
    case 1:
      if (Array.isArray(parent)) parent.push(parent[Number(key)] ?? pick(WRONG));
      else parent[`${key}2`] = parent[key];
      return copy;
    case 2:
      // Another entry's value, of the right kind or not.
      (parent as Record<string, unknown>)[key] = structuredClone(
        Object.values(pick(parents))[0] ?? null,
      );
      return copy;
    default:
      (parent as Record<string, unknown>)[key] = pick(WRONG);
      return copy;
  }
}

/** A text of JSON, or of a JSON value per line, damaged in its structure: a value, or lines cut, swapped or doubled. */
export function damageText(name: string, text: string, random: Random): string {
  // JSON has no NaN, but files of other tools do.
  const format = (value: unknown): string =>
    JSON.stringify(value, (_, part: unknown) => (Number.isNaN(part) ? `${RAW}NaN` : part)).replace(
      /"\\u0000([^"]*)"/g,
      "$1",
    );
  if (!name.endsWith(".jsonl") && !text.includes("\n{")) {
    const damaged = format(damageValue(JSON.parse(text), random));
    // A key that comes twice.
    return random() < 0.1 ? damaged.replace(/^\{("(?:[^"\\]|\\.)*":)/, "{$1null,$1") : damaged;
  }
  const lines = text.trimEnd().split("\n");
  const at = Math.floor(random() * lines.length);
  const other = Math.floor(random() * lines.length);
  switch (Math.floor(random() * 6)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, lines[at]);
      break;
    case 2:
      [lines[at], lines[other]] = [lines[other], lines[at]];
      break;
    case 3:
      lines[at] = lines[at].slice(0, Math.floor(random() * lines[at].length));
      break;
    default:
      lines[at] = format(damageValue(JSON.parse(lines[at]), random));
  }
  return `${lines.join("\n")}\n`;
}
