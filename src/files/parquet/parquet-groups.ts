import type { AsyncBuffer, ColumnMetaData, FileMetaData, RowGroup, SchemaTree } from "hyparquet";
import { parquetMetadataAsync, parquetSchema } from "hyparquet/src/metadata.js";
import { FormatError } from "../../core/errors.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import { listed, quote } from "../../core/shown.js";
import type { ByteSource } from "../bytes/source.js";
import { type ColumnValues, type Slab, isNumberList, streamSlabs } from "./column-slabs.js";
import { type WantedRows, readListRows } from "./list-rows.js";
import { leafOf } from "./page-stream.js";
import { LARGEST_RATIO, PAGE_ALLOWANCE } from "./page-values.js";

/** A footer lists columns of row groups; a larger one is no table of ours. */
const LARGEST_FOOTER = 64 * 1024 * 1024;
const MOST_ROWS_A_GROUP = 16 * 1024 * 1024;
/** Values of a file: runs make many from few bytes, but no table of ours has that many from so few. */
const MOST_VALUES = 64 * 1024 * 1024;
const BATCH = 2048;

/** Some rows: the values of each column, in the order in which the columns were asked for. */
export interface ParquetBatch {
  /** Number of the first row in the file. */
  start: number;
  rows: number;
  columns: ColumnValues[];
}

/** What the footer of a Parquet file says. */
export interface ParquetSummary {
  columns: string[];
  /** Those that hold lists of numbers. */
  numberLists: string[];
  rows: number;
  /** The first row of each row group. */
  groups: number[];
  /** Bytes of the file. */
  size: number;
  /** What its writer noted, by key. */
  notes: Map<string, string>;
}

/** A Parquet file whose footer was read. */
export interface ParquetFile {
  summary: ParquetSummary;
  /**
   * Rows of some columns from the row group of row `start` (default 0) on, in batches, decoded page by page; lists of numbers hold until
   * the next batch. Throws FormatError where a page is damaged.
   */
  batches(columns: readonly string[], start?: number): AsyncGenerator<ParquetBatch>;
  /** Some rows of a column of number lists [rows, width], of which only the pages that hold them are decoded. */
  listRows(wish: ListRows): Promise<Matrix>;
}

/** Rows by their numbers in the file, ascending, of a column whose lists have `width` numbers each. */
export interface ListRows extends WantedRows {
  column: string;
}

/** Opens a Parquet file. Runs in a worker: a damaged file can exhaust its decoder's memory. */
export async function openParquet(source: ByteSource): Promise<ParquetFile> {
  await checkFooter(source);
  const { name } = source;
  const file: AsyncBuffer = {
    byteLength: source.byteLength,
    async slice(start, end = source.byteLength) {
      const bytes = await source.read(start, Math.min(end, source.byteLength));
      return bytes.slice().buffer;
    },
  };
  // Its search for columns of GeoParquet, of which we read none, walks back for ever where an element claims -1 children.
  const metadata = await refuse(name, () => parquetMetadataAsync(file, { geoparquet: false }));
  const schema = await refuse(name, () => Promise.resolve(parquetSchema(metadata)));
  const known = new Map(schema.children.map((column) => [column.element.name, column]));
  let rows = 0;
  const groups = metadata.row_groups.map(({ num_rows }) => {
    const start = rows;
    rows += Number(num_rows);
    return start;
  });
  const notes = (metadata.key_value_metadata ?? []).map(({ key, value = "" }) => [key, value]);
  return {
    summary: {
      columns: [...known.keys()],
      numberLists: schema.children.filter(isNumberList).map((column) => column.element.name),
      ...{ rows, groups, size: source.byteLength },
      notes: new Map(notes as [string, string][]),
    },
    async *batches(columns, start = 0) {
      const wanted = columns.map(
        (column) => known.get(column) ?? refuseColumn(name, column, known),
      );
      yield* readBatches(source, metadata, schema, wanted, start);
    },
    async listRows({ column, rows, width }) {
      const wanted = known.get(column) ?? refuseColumn(name, column, known);
      const matrix = createMatrix(rows.length, width);
      await refuse(name, () =>
        readRows(source, metadata, { schema, column: wanted, rows, width }, matrix.data),
      );
      return matrix;
    },
  };
}

async function* readBatches(
  source: ByteSource,
  { row_groups: groups }: FileMetaData,
  schema: SchemaTree,
  columns: readonly SchemaTree[],
  from: number,
): AsyncGenerator<ParquetBatch> {
  let left = mostValues(source.byteLength);
  for (const { start: first, end, chunks } of placeGroups(source, groups)) {
    const ofColumn = (column: SchemaTree): ColumnMetaData[] =>
      chunks.filter(({ path_in_schema: [first] }) => first === column.element.name);
    left -= columns.flatMap(ofColumn).reduce((sum, chunk) => sum + Number(chunk.num_values), 0);
    if (!(left >= 0))
      throw new FormatError(source.name, "claims far more values than it has bytes");
    if (end <= from) continue;
    const cursors = columns.map((column) =>
      cursorOf(streamSlabs(source, schema, column, ofColumn(column))),
    );
    for (let start = first; start < end;) {
      const batch = await refuse(source.name, () => nextBatch(cursors, end - start));
      yield { start, ...batch };
      start += batch.rows;
    }
  }
}

async function readRows(
  source: ByteSource,
  { row_groups: groups }: FileMetaData,
  { schema, column, rows, width }: WantedRows & { schema: SchemaTree; column: SchemaTree },
  out: Float32Array,
): Promise<void> {
  if (!isNumberList(column)) throw new Error(`${column.element.name} holds no lists of numbers`);
  let at = 0;
  for (const { start, end, chunks } of placeGroups(source, groups)) {
    const first = at;
    while (at < rows.length && rows[at] < end) at++;
    const chunk = chunks.find(({ path_in_schema: [name] }) => name === column.element.name);
    if (at > first) {
      if (chunk === undefined) throw new Error(`a row group has no ${quote(column.element.name)}`);
      const wanted = { rows: rows.slice(first, at).map((row) => row - start), width };
      const part = out.subarray(first * width, at * width);
      await readListRows(source, chunk, leafOf(schema, chunk), wanted, part);
    }
  }
}

/** Rows `start` up to `end` of each row group, with the chunks of its columns. Throws FormatError as checkGroup does. */
function* placeGroups(
  source: ByteSource,
  groups: readonly RowGroup[],
): Generator<{ start: number; end: number; chunks: ColumnMetaData[] }> {
  let start = 0;
  for (const group of groups) {
    const chunks = (group.columns ?? []).flatMap(({ meta_data }) => meta_data ?? []);
    const end = start + checkGroup(source, group, chunks);
    yield { start, end, chunks };
    start = end;
  }
}

/** Values that a file of `bytes` may hold at most. */
export function mostValues(bytes: number): number {
  return MOST_VALUES + LARGEST_RATIO * bytes;
}

/** Gives slices of a column's rows: as many as wanted, or as its slab still has. */
interface Cursor {
  /** Rows that can be taken at once, at least one. */
  ready(): Promise<number>;
  take(rows: number): ColumnValues;
}

function cursorOf(slabs: AsyncGenerator<Slab>): Cursor {
  let slab: Slab | undefined;
  let at = 0;
  return {
    async ready() {
      while (slab === undefined || at === slab.rows) {
        const next = await slabs.next();
        if (next.done) throw new Error("a column has fewer rows than its row group");
        [slab, at] = [next.value, 0];
      }
      return slab.rows - at;
    },
    take(rows) {
      const values = slab?.slice(at, at + rows) ?? [];
      at += rows;
      return values;
    },
  };
}

async function nextBatch(
  cursors: readonly Cursor[],
  most: number,
): Promise<Omit<ParquetBatch, "start">> {
  let rows = Math.min(BATCH, most);
  for (const cursor of cursors) rows = Math.min(rows, await cursor.ready());
  return { rows, columns: cursors.map((cursor) => cursor.take(rows)) };
}

function refuseColumn(name: string, column: string, known: ReadonlyMap<string, unknown>): never {
  throw new FormatError(name, `has no column ${quote(column)}; it has ${listed(known.keys())}`);
}

async function checkFooter(source: ByteSource): Promise<void> {
  const { name, byteLength } = source;
  if (byteLength < 12) throw new FormatError(name, "too short for a Parquet file");
  const end = Buffer.from(await source.read(byteLength - 8, byteLength));
  if (end.toString("latin1", 4) !== "PAR1") {
    throw new FormatError(name, "not a Parquet file: it does not end in PAR1");
  }
  const length = end.readUInt32LE(0);
  if (length > Math.min(LARGEST_FOOTER, byteLength - 12)) {
    throw new FormatError(name, `its footer claims ${length} bytes of the file's ${byteLength}`);
  }
}

/** Rows of a group, its claims checked before anything is allocated. */
function checkGroup(
  { name, byteLength }: ByteSource,
  group: RowGroup,
  chunks: readonly ColumnMetaData[],
): number {
  const count = Number(group.num_rows);
  if (!(Number.isInteger(count) && count >= 0 && count <= MOST_ROWS_A_GROUP)) {
    throw new FormatError(name, `a row group claims ${group.num_rows} rows`);
  }
  let unpacked = 0;
  for (const column of chunks) {
    const size = Number(column.total_uncompressed_size);
    const packed = Number(column.total_compressed_size);
    if (!(size >= 0 && packed >= 0 && packed <= byteLength && Number(column.num_values) >= 0)) {
      throw new FormatError(name, `a column claims ${packed} bytes of the file's ${byteLength}`);
    }
    unpacked += size;
  }
  if (unpacked > byteLength * LARGEST_RATIO + PAGE_ALLOWANCE) {
    throw new FormatError(name, `a row group claims ${unpacked} bytes from ${byteLength}`);
  }
  return count;
}

async function refuse<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(name, `not readable as Parquet: ${reason.slice(0, 200)}`, { cause });
  }
}
