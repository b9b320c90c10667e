import { existsSync } from "node:fs";
import { ArgumentError } from "../../core/errors.js";
import { listed, quote } from "../../core/shown.js";
import { readText } from "../../files/text.js";
import { type DocumentFilter, readFilter } from "../../search/filter.js";
import type { AtlasStore } from "../store.js";

/**
 * Documents, by conditions as those of a search, which must all hold; or as text: COLUMN=VALUE, COLUMN>=NUMBER, COLUMN<=NUMBER,
 * class=NAME or year=FROM-TO, several by commas, or a file of ids, one per line. A class has the documents of those below it, too.
 */
export type DocumentSet = string | DocumentFilter;

/** Whether a text is conditions. */
export function isCondition(text: string): boolean {
  return /[=<>]/.test(text);
}

/** Rows of a set, 1 for each document in it [documents]. Throws ArgumentError where there is none. */
export async function readSet(store: AtlasStore, set: DocumentSet): Promise<Uint8Array> {
  const { class: wanted, ...filter } = typeof set === "string" ? await parseSet(set) : set;
  const documents = await store.documents();
  const tree = wanted === undefined ? undefined : await store.classTree();
  const rest = tree === undefined ? { ...filter, class: wanted } : filter;
  const holds = await readFilter(rest, documents, store.paths.corpus, "contrast");
  const below = tree && wanted !== undefined ? classesBelow(wanted, tree) : undefined;
  if (holds === undefined && below === undefined) {
    throw new ArgumentError("contrast: a set of documents needs a condition");
  }
  const rows = Uint8Array.from(documents, ({ classes }, row) =>
    (holds?.(row) ?? true) && (below === undefined || classes.some((one) => below.has(one)))
      ? 1
      : 0,
  );
  if (rows.includes(1)) return rows;
  throw new ArgumentError(`contrast: no documents are in ${quote(setName(set))}`);
}

/** A set in a few words. */
export function setName(set: DocumentSet): string {
  if (typeof set === "string") return set;
  const { class: wanted, year, where = [], ids = [] } = set;
  const count = typeof ids === "string" ? ids.split(",").length : ids.length;
  return [
    ...(wanted === undefined ? [] : [`class=${wanted}`]),
    ...(year === undefined ? [] : [`year=${year}`]),
    ...(typeof where === "string" ? [where] : where),
    ...(count === 0 ? [] : [`${count} ids`]),
  ].join(",");
}

async function parseSet(text: string): Promise<DocumentFilter> {
  if (!isCondition(text)) {
    if (!existsSync(text)) {
      throw new ArgumentError(
        `contrast: expected COLUMN=VALUE, class=NAME, year=FROM-TO or a file of ids, got ${quote(text)}`,
      );
    }
    const lines = (await readText(text)).split(/\r?\n/).map((line) => line.trim());
    return { ids: lines.filter((line) => line !== "") };
  }
  const filter: { class?: string; year?: string; where: string[] } = { where: [] };
  for (const item of text.split(",").map((one) => one.trim())) {
    const [, name, value] = /^(class|year)\s*=\s*(.*)$/.exec(item) ?? [];
    if (name === "class") filter.class = value;
    else if (name === "year") filter.year = value;
    else filter.where.push(item);
  }
  const { where, ...rest } = filter;
  return where.length > 0 ? { ...rest, where } : rest;
}

/** A class, by its id or name, and all below it. Throws ArgumentError where there is none. */
function classesBelow(
  wanted: string,
  { parents, names }: { parents: Map<string, string[]>; names: Map<string, string> },
): ReadonlySet<string> {
  const found = new Set(
    [...parents.keys()].filter((id) => id === wanted || names.get(id) === wanted),
  );
  if (found.size === 0) {
    const near = [...names.values()].filter((name) => name.includes(wanted));
    throw new ArgumentError(
      `contrast: no class ${quote(wanted)}; ${near.length > 0 ? `near it are ${listed(near)}` : `there are ${listed(names.values())}`}`,
    );
  }
  // A class stands behind its parents or before them: repeated until nothing is added.
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const [id, above] of parents) if (above.some((one) => found.has(one))) found.add(id);
  }
  return found;
}
