import type { ColumnMetaData, DecodedArray, SchemaTree } from "hyparquet";
import { assembleLists, assembleNested } from "hyparquet/src/assemble.js";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { isFlatColumn, isListLike } from "hyparquet/src/schema.js";
import type { ByteSource } from "../bytes/source.js";
import { type Leaf, type Page, leafOf, streamPages } from "./page-stream.js";

/** Numbers of a list column: those of row i lie from `offsets[i]` to `offsets[i + 1]`. */
export interface NumberLists {
  data: NumberArray;
  offsets: Uint32Array;
}

export type NumberArray = Float32Array | Float64Array | Int32Array | Uint32Array;

const FROM_NOTHING = "a list that continues nothing";

/** Values of one column for some rows, one after the other. */
export type ColumnValues = unknown[] | NumberLists;

/** Rows of a column that were decoded together. */
export interface Slab {
  rows: number;
  /** Rows `start` up to `end`; lists of numbers are views that hold until the next slab. */
  slice(start: number, end: number): ColumnValues;
}

/** A top-level column of a row group, slab by slab. Lists of numbers stay typed arrays; deeper columns come as one slab. */
export function streamSlabs(
  source: ByteSource,
  schema: SchemaTree,
  column: SchemaTree,
  chunks: readonly ColumnMetaData[],
): AsyncGenerator<Slab> {
  const leaves = chunks.map((chunk) => ({ chunk, leaf: leafOf(schema, chunk) }));
  if (leaves.length !== 1) return nestedSlab(source, column, leaves);
  const [{ chunk, leaf }] = leaves;
  const pages = streamPages(source, chunk, leaf);
  if (isFlatColumn(leaf.path)) return flatSlabs(pages);
  return isPlainList(leaf.path) ? listSlabs(pages, leaf) : nestedSlab(source, column, leaves);
}

async function* flatSlabs(pages: AsyncGenerator<Page>): AsyncGenerator<Slab> {
  for await (const page of pages) yield plainSlab(spread(page));
}

/** The values of a page, with null where there is none. */
function spread({ count, definitions, values }: Page, most = 1): ArrayLike<unknown> {
  if (definitions === undefined) return values;
  let next = 0;
  return Array.from({ length: count }, (_, i) =>
    definitions[i] === most ? (values[next++] as unknown) : null,
  );
}

function plainSlab(values: ArrayLike<unknown>): Slab {
  return {
    rows: values.length,
    slice: (start, end) =>
      Array.from({ length: end - start }, (_, i) => plainValue(values[start + i])),
  };
}

/** Whether a column is a list of numbers. */
export function isNumberList(column: SchemaTree): boolean {
  const path = [column, column];
  for (let at = column; at.children.length > 0; at = at.children[0]) path.push(at.children[0]);
  const { element } = path[path.length - 1];
  const isNumber =
    ["FLOAT", "DOUBLE", "INT32", "INT64"].includes(element.type ?? "") ||
    element.logical_type?.type === "FLOAT16";
  return path.length > 2 && isNumber && element.converted_type !== "DATE" && isPlainList(path);
}

/** Whether a column is a list of values without children, in one of the three spellings. */
function isPlainList([, column, repeated, element, ...more]: SchemaTree[]): boolean {
  if (column.children.length === 0) return true;
  if (!isListLike(column) || more.length > 0) return false;
  return (
    (element ?? repeated).children.length === 0 && element?.element.repetition_type !== "REPEATED"
  );
}

/**
 * Lists, page by page. The last of each page waits, as it may go on in the next one; the others are views of the page's values, which
 * hold until that comes.
 */
async function* listSlabs(pages: AsyncGenerator<Page>, leaf: Leaf): AsyncGenerator<Slab> {
  const isOptional = leaf.path[1].element.repetition_type === "OPTIONAL";
  const levels = { none: isOptional ? 0 : -1, empty: isOptional ? 1 : 0, most: leaf.mostDefined };
  let waiting: Lists | undefined;
  for await (const page of pages) {
    const { values, starts, isNull } = toLists(page, levels);
    const [first = values.length] = starts;
    if (page.count > 0 && page.repetitions?.[0] !== 0) {
      if (waiting === undefined) throw new Error(FROM_NOTHING);
      waiting.values = concat(waiting.values, values.slice(0, first));
    }
    const last = starts.length - 1;
    if (last < 0) continue;
    if (waiting !== undefined) yield listSlab(waiting, 1);
    if (last > 0) yield listSlab({ values, starts, isNull }, last);
    waiting = { values: values.slice(starts[last]), starts: [0], isNull: [isNull[last]] };
  }
  if (waiting !== undefined) yield listSlab(waiting, 1);
}

/** Lists of values: list i lies from `starts[i]` to `starts[i + 1]`, the last to the end; null where `isNull[i]`. */
interface Lists {
  values: DecodedArray;
  starts: number[];
  isNull: boolean[];
}

interface ListLevels {
  none: number;
  empty: number;
  most: number;
}

/** The lists that start in a page; what comes before the first of them belongs to the page before. */
function toLists({ count, repetitions, definitions, ...page }: Page, levels: ListLevels): Lists {
  if (repetitions === undefined) throw new Error("a list without levels");
  const starts: number[] = [];
  const isNull: boolean[] = [];
  if (definitions === undefined) {
    for (let i = repetitions.indexOf(0); i !== -1; i = repetitions.indexOf(0, i + 1)) {
      starts.push(i);
      isNull.push(false);
    }
    return { values: page.values, starts, isNull };
  }
  const values: unknown[] = [];
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (repetitions[i] === 0) {
      starts.push(values.length);
      isNull.push(definitions[i] === levels.none);
    }
    if (definitions[i] <= levels.empty && definitions[i] < levels.most) continue;
    values.push(definitions[i] === levels.most ? (page.values[next++] as unknown) : null);
  }
  return { values: typed(values, page.values), starts, isNull };
}

/** The first `rows` lists. */
function listSlab({ values, starts, isNull }: Lists, rows: number): Slab {
  const plain = plainNumbers(values);
  const endOf = (row: number): number => (row < starts.length ? starts[row] : values.length);
  return {
    rows,
    slice(start, end) {
      if (!Array.isArray(plain) && !isNull.slice(start, end).includes(true)) {
        const base = endOf(start);
        return {
          data: plain.subarray(base, endOf(end)),
          offsets: Uint32Array.from({ length: end - start + 1 }, (_, i) => endOf(start + i) - base),
        };
      }
      return Array.from({ length: end - start }, (_, i) => {
        if (isNull[start + i]) return null;
        const list = plain.slice(starts[start + i], endOf(start + i + 1));
        return Array.isArray(list) ? list.map(plainValue) : list;
      });
    },
  };
}

/** Numbers as a typed array that holds them exactly, anything else as it is. */
function plainNumbers(values: DecodedArray): NumberArray | unknown[] {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const numbers = Float64Array.from(values as unknown as bigint[], Number);
    return numbers.every((value) => Number.isSafeInteger(value))
      ? numbers
      : Array.from(values as unknown as bigint[]);
  }
  if (values instanceof Uint8Array) return Float64Array.from(values);
  if (!Array.isArray(values)) return values;
  const isNumbers = values.length > 0 && values.every((value) => typeof value === "number");
  return isNumbers ? Float64Array.from(values) : (values as unknown[]);
}

/** As typed as `like`, where every value is there. */
function typed(values: unknown[], like: DecodedArray): DecodedArray {
  if (Array.isArray(like) || values.includes(null)) return values;
  return (like.constructor as Float32ArrayConstructor).from(values as number[]);
}

function concat(a: DecodedArray, b: DecodedArray): DecodedArray {
  if (Array.isArray(a) || Array.isArray(b) || a.constructor !== b.constructor) {
    return [...(a as unknown[]), ...(b as unknown[])];
  }
  const joined = new (a.constructor as Float32ArrayConstructor)(a.length + b.length);
  joined.set(a as Float32Array);
  joined.set(b as Float32Array, a.length);
  return joined;
}

/** Structs, maps and lists inside lists: all rows of the group. */
async function* nestedSlab(
  source: ByteSource,
  column: SchemaTree,
  leaves: readonly { chunk: ColumnMetaData; leaf: Leaf }[],
): AsyncGenerator<Slab> {
  const parts = new Map<string, DecodedArray>();
  for (const { chunk, leaf } of leaves) {
    const output: unknown[] = [];
    for await (const { definitions, repetitions, values } of streamPages(source, chunk, leaf)) {
      const levels = [definitions, repetitions].map((list) => list && Array.from(list));
      const found = assembleLists(output, levels[0], levels[1] ?? [], values, leaf.path);
      if (found !== output) for (const value of found as unknown[]) output.push(value);
    }
    parts.set(chunk.path_in_schema.join("."), output);
  }
  assembleNested(parts, column, DEFAULT_PARSERS);
  const rows = parts.get(column.path.join("."));
  if (rows === undefined) throw new Error(`no values for ${column.element.name}`);
  yield plainSlab(rows);
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (value === undefined) return null;
  if (value instanceof Date) return isNaN(Number(value)) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]),
    );
  }
  return value;
}
