import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { parquetMetadataAsync, parquetRead, parquetSchema } from "hyparquet";
import { compressors as allCompressors } from "hyparquet-compressors";
import { FormatError } from "../../core/errors.js";
import type { ByteSource } from "../bytes/source.js";

/** A footer lists columns of row groups; a larger one is no table of ours. */
const LARGEST_FOOTER = 64 * 1024 * 1024;
/** Pages that unpack further than this are a bomb, not a text. */
const LARGEST_RATIO = 1000;
const PAGE_ALLOWANCE = 16 * 1024 * 1024;
const MOST_ROWS_A_GROUP = 16 * 1024 * 1024;
const LARGEST_GROUP = 2 ** 32;

/** The rows of one row group, and the bytes that all groups unpack to at most. */
export type ParquetRows = Record<string, unknown>[];

/** Reads a Parquet file group by group. Runs in a worker: damaged pages can keep its decoder busy for ever. */
export async function* readGroups(
  source: ByteSource,
  columns: readonly string[] | undefined,
): AsyncGenerator<ParquetRows> {
  const { file, metadata } = await openFile(source);
  checkColumns(source.name, metadata, columns);
  const names = columns === undefined ? columnNames(metadata) : [...columns];
  const compressors = limitedCompressors();
  let start = 0;
  for (const group of metadata.row_groups) {
    const count = checkGroup(source, group);
    const read = { file, metadata, compressors, columns: names };
    // As lists: objects would lose a column that is called __proto__.
    const rows = await refuse(source.name, async () => {
      let found: unknown[][] = [];
      const onComplete = (all: unknown[][]): void => void (found = all);
      await parquetRead({ ...read, rowStart: start, rowEnd: start + count, onComplete });
      return found;
    });
    if (rows.length !== count) {
      throw new FormatError(source.name, `a row group has ${rows.length} rows, expected ${count}`);
    }
    yield rows.map((row) =>
      Object.fromEntries(names.map((name, at) => [name, plainValue(row[at])])),
    );
    start += count;
  }
}

async function openFile(
  source: ByteSource,
): Promise<{ file: AsyncBuffer; metadata: FileMetaData }> {
  const file: AsyncBuffer = {
    byteLength: source.byteLength,
    async slice(start, end = source.byteLength) {
      const bytes = await source.read(start, Math.min(end, source.byteLength));
      return bytes.slice().buffer;
    },
  };
  await checkFooter(source);
  return { file, metadata: await refuse(source.name, () => parquetMetadataAsync(file)) };
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

function columnNames(metadata: FileMetaData): string[] {
  return parquetSchema(metadata).children.map(({ element }) => element.name);
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

function limitedCompressors(): Compressors {
  return Object.fromEntries(
    Object.entries(allCompressors as Required<Compressors>).map(([codec, unpack]) => [
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

function plainRow(row: Record<string, unknown>): Record<string, unknown> {
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
