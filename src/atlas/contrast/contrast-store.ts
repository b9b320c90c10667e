import { existsSync } from "node:fs";
import {
  type ContrastColumn,
  LEAST_DOCUMENTS,
  classColumn,
  numberColumn,
} from "../../compare/contrast/contrast-column.js";
import { type ContrastOptions, contrastDocuments } from "../../compare/contrast/contrast.js";
import { requireCount, requireNumber } from "../../core/arguments.js";
import { ownValue } from "../../core/collections.js";
import { ArgumentError } from "../../core/errors.js";
import { interruptible } from "../../core/interrupt.js";
import { listed, quote } from "../../core/shown.js";
import type { DocumentColumn } from "../../explorer/format.js";
import { atlasColumns } from "../explorer/inputs.js";
import type { AtlasStore } from "../store.js";
import { saveContrast } from "../steps/contrast-step.js";
import { type ContrastReport, nameFindings } from "./contrast-report.js";
import { type DocumentSet, isCondition, readSet, setName } from "./document-set.js";

/** How an atlas's documents are compared. */
export interface ContrastStoreOptions extends ContrastOptions {
  /** The documents to compare a set with. Default: all others. */
  against?: DocumentSet;
  /** Keeps the findings in the atlas, in place of earlier ones of the same question, and shows them in its catalog. Default false. */
  save?: boolean;
}

/** Compares the documents of an atlas by a column, or a set of them with another or all others. */
export async function contrastStore(
  store: AtlasStore,
  of: DocumentSet,
  { against, save = false, ...options }: ContrastStoreOptions = {},
): Promise<ContrastReport> {
  checkOptions(options);
  const { question, column } = await askColumn(store, of, against);
  const signal = interruptible(options.signal);
  const [postings, families] = [await store.postings(), await store.families()];
  const found = contrastDocuments(postings, families, column, { ...options, signal });
  if (save) {
    await saveContrast(store.dir, { question, ...found }, options);
    store.reload();
  }
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
      throw new ArgumentError(
        `contrast: column ${quote(of)} contains texts, expected classes or numbers`,
      );
    }
    return { question: of, column: checkColumn(of, toColumn(read)) };
  }
  if (isColumn) {
    throw new ArgumentError(
      `contrast: ${quote(of)} is a column: write a set of documents as ${of}=VALUE`,
    );
  }
  if (typeof of === "string" && !isCondition(of) && !existsSync(of)) {
    throw new ArgumentError(
      `contrast: no column ${quote(of)}, only ${listed(columnNames)}; write a set of documents as COLUMN=VALUE, class=NAME, year=FROM-TO or a file of ids`,
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
      `contrast: expected at least ${LEAST_DOCUMENTS} documents in ${quote(name)}, got ${count}`,
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
