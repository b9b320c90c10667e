import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { FormatError } from "../errors.js";
import { type Matrix, createMatrix } from "../matrix.js";
import { type ByteSource, openSource } from "./source.js";

/** A footer lists columns of row groups; a larger one is no table of ours. */
const LARGEST_FOOTER = 64 * 1024 * 1024;
/** Pages that unpack further than this are a bomb, not a text. */
const LARGEST_RATIO = 1000;
const PAGE_ALLOWANCE = 16 * 1024 * 1024;
const MOST_ROWS_A_GROUP = 16 * 1024 * 1024;
const LARGEST_GROUP = 2 ** 32;

/** What of a Parquet file is read. */
export interface ParquetOptions {
  /** Top-level columns. Default all. */
  columns?: readonly string[];
  signal?: AbortSignal;
}

/** One row: nested columns come as lists and objects, 64-bit integers as numbers where that is exact, dates as ISO text. */
export type ParquetRow = Record<string, unknown>;

/**
 * Yields the rows of a Parquet file, or of all .parquet files of a folder in the order of their names, one row group in
 * memory at a time. Reads Snappy, gzip, zstd, brotli and LZ4. Throws FormatError, naming the file, where it is damaged,
 * has not the columns, or unpacks to far more than it holds.
 */
export async function* streamParquetRows(
  input: string | ByteSource,
  options: ParquetOptions = {},
): AsyncGenerator<ParquetRow> {
  if (typeof input !== "string" || !(await isFolder(input))) {
    yield* rowsOfFile(input, options);
    return;
  }
  const names = (await readdir(input)).filter((name) => name.endsWith(".parquet")).sort();
  if (names.length === 0) throw new FormatError(input, "holds no .parquet file");
  for (const name of names) yield* rowsOfFile(path.join(input, name), options);
}

/**
 * A column of number lists of equal length, such as embeddings, as a Matrix. Throws FormatError as streamParquetRows
 * does, and for rows of another length.
 */
export async function readParquetMatrix(
  input: string | ByteSource,
  column: string,
  options: Pick<ParquetOptions, "signal"> = {},
): Promise<Matrix> {
  const name = typeof input === "string" ? input : input.name;
  const rows: Float32Array[] = [];
  for await (const row of streamParquetRows(input, { ...options, columns: [column] })) {
    const list = row[column];
    const values =
      Array.isArray(list) || ArrayBuffer.isView(list) ? Array.from(list as number[]) : [];
    const bad = values.length === 0 || values.some((value) => typeof value !== "number");
    if (bad || values.length !== (rows[0]?.length ?? values.length)) {
      throw new FormatError(
        name,
        `row ${rows.length}: expected ${rows[0]?.length ?? "some"} numbers in ${column}, got ${bad ? "something else" : values.length}`,
      );
    }
    rows.push(Float32Array.from(values));
  }
  const d = rows[0]?.length ?? 0;
  const matrix = createMatrix(rows.length, d);
  rows.forEach((row, i) => matrix.data.set(row, i * d));
  return matrix;
}

async function* rowsOfFile(
  input: string | ByteSource,
  { columns, signal }: ParquetOptions,
): AsyncGenerator<ParquetRow> {
  // The whole reader is needed by few programs, so it is loaded here.
  const { parquetReadObjects } = await import("hyparquet");
  const compressors = await limitedCompressors();
  const opened = await openFile(input);
  const { file, source, metadata } = opened;
  try {
    checkColumns(source.name, metadata, columns);
    let start = 0;
    for (const group of metadata.row_groups) {
      signal?.throwIfAborted();
      const count = checkGroup(source, group);
      const read = { file, metadata, compressors, columns: columns && [...columns] };
      const rows = await refuse(source.name, () =>
        parquetReadObjects({ ...read, rowStart: start, rowEnd: start + count }),
      );
      if (rows.length !== count) {
        throw new FormatError(
          source.name,
          `a row group has ${rows.length} rows, expected ${count}`,
        );
      }
      for (const row of rows) yield plainRow(row);
      start += count;
    }
  } finally {
    if (typeof input === "string") await source.close();
  }
}

async function openFile(
  input: string | ByteSource,
): Promise<{ file: AsyncBuffer; source: ByteSource; metadata: FileMetaData }> {
  const { parquetMetadataAsync } = await import("hyparquet");
  const source = typeof input === "string" ? await openSource(input) : input;
  try {
    const file: AsyncBuffer = {
      byteLength: source.byteLength,
      async slice(start, end = source.byteLength) {
        const bytes = await source.read(start, Math.min(end, source.byteLength));
        return bytes.slice().buffer;
      },
    };
    await checkFooter(source);
    const metadata = await refuse(source.name, () => parquetMetadataAsync(file));
    return { file, source, metadata };
  } catch (error) {
    if (typeof input === "string") await source.close();
    throw error;
  }
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

function checkColumns(
  name: string,
  { schema }: FileMetaData,
  columns: readonly string[] | undefined,
): void {
  const known = new Set(schema.map((element) => element.name));
  const missing = columns?.find((column) => !known.has(column));
  if (missing === undefined) return;
  const has = [...known].slice(1, 16).join(", ");
  throw new FormatError(name, `has no column ${JSON.stringify(missing)}; it has ${has}`);
}

/** Rows of a group, its claims checked before anything is allocated. */
function checkGroup(source: ByteSource, group: FileMetaData["row_groups"][number]): number {
  const { name, byteLength } = source;
  const count = Number(group.num_rows);
  if (!(Number.isInteger(count) && count >= 0 && count <= MOST_ROWS_A_GROUP)) {
    throw new FormatError(name, `a row group claims ${group.num_rows} rows`);
  }
  let unpacked = 0;
  for (const { meta_data: column } of group.columns ?? []) {
    const size = Number(column?.total_uncompressed_size ?? 0);
    const packed = Number(column?.total_compressed_size ?? 0);
    if (!(size >= 0 && packed >= 0 && packed <= byteLength)) {
      throw new FormatError(name, `a column claims ${packed} bytes of the file's ${byteLength}`);
    }
    unpacked += size;
  }
  if (unpacked > Math.min(LARGEST_GROUP, byteLength * LARGEST_RATIO + PAGE_ALLOWANCE)) {
    throw new FormatError(name, `a row group claims ${unpacked} bytes from ${byteLength}`);
  }
  return count;
}

async function limitedCompressors(): Promise<Compressors> {
  const { compressors } = await import("hyparquet-compressors");
  return Object.fromEntries(
    Object.entries(compressors as Required<Compressors>).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, length: number) => {
        if (length > input.length * LARGEST_RATIO + PAGE_ALLOWANCE) {
          throw new Error(`a page claims ${length} bytes from ${input.length}`);
        }
        return unpack(input, length);
      },
    ]),
  );
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

function plainRow(row: Record<string, unknown>): ParquetRow {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    return plainRow(value as Record<string, unknown>);
  }
  return value;
}

async function isFolder(input: string): Promise<boolean> {
  return (await stat(input).catch(() => undefined))?.isDirectory() ?? false;
}
