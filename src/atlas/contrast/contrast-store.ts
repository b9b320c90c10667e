import { existsSync } from "node:fs";
import {
  type ContrastColumn,
  LEAST_DOCUMENTS,
  classColumn,
  numberColumn,
} from "../../compare/contrast/contrast-column.js";
import {
  type Contrast,
  type ContrastFinding,
  type ContrastOptions,
  contrastDocuments,
} from "../../compare/contrast/contrast.js";
import { requireCount, requireNumber } from "../../core/arguments.js";
import { ownValue } from "../../core/collections.js";
import { ArgumentError } from "../../core/errors.js";
import { interruptible } from "../../core/interrupt.js";
import type { Presentable, PresentationPart } from "../../core/presentation.js";
import { showsItself } from "../../core/self-showing.js";
import { listed, quote } from "../../core/shown.js";
import type { DocumentColumn } from "../../explorer/format.js";
import { familyName } from "../../records/family.js";
import { displayLabel } from "../../records/label.js";
import { atlasColumns } from "../explorer/inputs.js";
import type { AtlasStore } from "../store.js";
import { type DocumentSet, isCondition, readSet, setName } from "./document-set.js";

/** Findings that a notebook lists. */
const LISTED = 20;

/** How an atlas's documents are compared. */
export interface ContrastStoreOptions extends ContrastOptions {
  /** The documents to compare a set with. Default: all others. */
  against?: DocumentSet;
}

/** A latent or family that differs, by name. */
export interface NamedFinding extends ContrastFinding {
  name: string;
  /** The class or set that is set against the others; "" for numbers. */
  group: string;
  within?: ContrastFinding["within"] & { name: string };
}

/** What differs between an atlas's documents. */
export interface ContrastReport extends Omit<Contrast, "findings">, Presentable {
  /** What was compared: a column, or sets of documents. */
  question: string;
  findings: NamedFinding[];
  /** What was done and found, in sentences. */
  summary: string[];
}

/** Compares the documents of an atlas by a column, or a set of them with another or all others. */
export async function contrastStore(
  store: AtlasStore,
  of: DocumentSet,
  { against, ...options }: ContrastStoreOptions = {},
): Promise<ContrastReport> {
  checkOptions(options);
  const { question, column } = await askColumn(store, of, against);
  const signal = interruptible(options.signal);
  const [postings, families] = [await store.postings(), await store.families()];
  const found = contrastDocuments(postings, families, column, { ...options, signal });
  return nameFindings(store, question, found);
}

function checkOptions({ rate, minActive, permutations, seed }: ContrastOptions): void {
  if (rate !== undefined && !(rate > 0 && rate < 1)) {
    throw new ArgumentError(`contrast: rate: expected a number between 0 and 1, got ${rate}`);
  }
  requireCount("contrast: minActive", minActive);
  requireCount("contrast: permutations", permutations, 0);
  requireNumber("contrast: seed", seed);
}

/** The findings with the names that the atlas has now. */
async function nameFindings(
  store: AtlasStore,
  question: string,
  found: Contrast,
): Promise<ContrastReport> {
  const labels = await store.labels();
  const families = new Map((await store.families()).map((one) => [one.parent, familyName(one)]));
  const familyOf = (id: number): string => families.get(id) ?? `latent ${id}`;
  const nameOf = ({ of, id }: Pick<ContrastFinding, "of" | "id">): string =>
    of === "family" ? familyOf(id) : displayLabel(labels.get(id) ?? { id, text: "" });
  const findings = found.findings.map(({ within, ...one }): NamedFinding => ({
    ...one,
    name: nameOf(one),
    group: found.kind === "number" ? "" : found.names[one.side],
    ...(within && { within: { ...within, name: familyOf(within.family) } }),
  }));
  const report = { ...found, question, findings, summary: summarise(found) };
  return showsItself({ ...report, present: () => presentContrast(report) });
}

async function askColumn(
  store: AtlasStore,
  of: DocumentSet,
  against: DocumentSet | undefined,
): Promise<{ question: string; column: ContrastColumn }> {
  const { columnNames, columns } = await atlasColumns(store);
  const isColumn = typeof of === "string" && columnNames.includes(of);
  if (isColumn && against === undefined) {
    const read = ownValue(await columns(), of);
    if (read === undefined) {
      throw new ArgumentError(`contrast: column ${quote(of)} holds texts, not classes or numbers`);
    }
    return { question: of, column: checkColumn(of, toColumn(read)) };
  }
  if (isColumn) {
    throw new ArgumentError(
      `contrast: ${quote(of)} is a column: a set of documents is written ${of}=VALUE`,
    );
  }
  if (typeof of === "string" && !isCondition(of) && !existsSync(of)) {
    throw new ArgumentError(
      `contrast: no column ${quote(of)}; there are ${listed(columnNames)}; a set of documents is COLUMN=VALUE, class=NAME, year=FROM-TO or a file of ids`,
    );
  }
  const first = await readSet(store, of);
  const second = against === undefined ? undefined : await readSet(store, against);
  const names = [setName(of), against === undefined ? "all others" : setName(against)];
  const at = Int8Array.from(first, (one, row) => {
    if (second === undefined) return one ? 0 : 1;
    return one ? 0 : second[row] ? 1 : -1;
  });
  const both = first.filter((one, row) => one === 1 && second?.[row] === 1).length;
  if (both > 0) {
    const documents = both === 1 ? "1 document is" : `${both} documents are`;
    throw new ArgumentError(
      `contrast: ${documents} in both ${quote(names[0])} and ${quote(names[1])}`,
    );
  }
  for (const [side, name] of names.entries()) {
    const count = at.filter((one) => one === side).length;
    if (count >= LEAST_DOCUMENTS) continue;
    throw new ArgumentError(
      `contrast: expected ${LEAST_DOCUMENTS} documents or more in ${quote(name)}, got ${count}`,
    );
  }
  const question = against === undefined ? names[0] : `${names[0]} against ${names[1]}`;
  return { question, column: classColumn(names, at) };
}

/** Words that are all numbers, as a .csv has them, are numbers. */
function toColumn(column: DocumentColumn): ContrastColumn {
  if (column.kind === "number") {
    return numberColumn(Float64Array.from(column.values, (value) => value ?? NaN));
  }
  const { words, at } = column;
  const numbers = words.map(Number);
  if (words.length > 0 && numbers.every(Number.isFinite)) {
    return numberColumn(Float64Array.from(at, (word) => (word < 0 ? NaN : numbers[word])));
  }
  return classColumn(words, at);
}

function checkColumn(name: string, column: ContrastColumn): ContrastColumn {
  const { kind, groupOf, names, values } = column;
  const known = groupOf.reduce((sum, group) => sum + (group >= 0 ? 1 : 0), 0);
  if (kind === "classes" && names.length < 2) {
    throw new ArgumentError(
      `contrast: column ${quote(name)}: expected two classes of ${LEAST_DOCUMENTS} documents or more, got ${listed(names)}`,
    );
  }
  if (kind === "number" && (values.length < 2 || known < 2 * LEAST_DOCUMENTS)) {
    throw new ArgumentError(
      `contrast: column ${quote(name)}: expected two values or more in ${2 * LEAST_DOCUMENTS} documents or more, got ${values.length} in ${known}`,
    );
  }
  return column;
}

function summarise({ names, documents, ...found }: Contrast): string[] {
  const { compared, rare, findings, permuted, rate } = found;
  const { choosing, measuring, empty, small } = documents;
  const again = findings.filter(({ effect: { interval } }) => interval[0] > 0 || interval[1] < 0);
  const left = [
    ...(empty > 0 ? [`${empty} without a value`] : []),
    ...(small > 0 ? [`${small} of small classes`] : []),
  ].join(", ");
  return [
    `${findings.length === 1 ? "1 difference" : `${findings.length} differences`}, at a false discovery rate of ${rate}: ${compared} latents and families compared${names.length > 2 ? ` by ${names.length} classes` : ""}, ${rare} too rare to compare`,
    `chosen by ${choosing} documents, measured on ${measuring} others${left === "" ? "" : `; left out: ${left}`}`,
    `of these, ${again.length} hold on the others by their 95 % interval`,
    ...(permuted.count === 0
      ? []
      : [
          `with labels dealt out at random, ${permuted.count} times: ${permuted.mean.toFixed(2)} found on average`,
        ]),
  ];
}

function presentContrast(report: Omit<ContrastReport, "present">): PresentationPart[] {
  const { question, kind, findings, summary } = report;
  const rows = findings.slice(0, LISTED).map(({ of, id, name, group, effect, rates, within }) => ({
    which: `${of} ${id}`,
    name,
    ...(kind === "classes" && { more: group }),
    effect: effect.value,
    from: effect.interval[0],
    to: effect.interval[1],
    ...(rates && {
      inside: rates[0].active / rates[0].total,
      outside: rates[1].active / rates[1].total,
    }),
    ...(within && { "beyond the family": within.name, "effect in it": within.effect.value }),
  }));
  return [{ heading: `What differs by ${question}`, text: summary.join(". ") }, { rows }];
}
