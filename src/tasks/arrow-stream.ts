import { createReadStream, createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import {
  AsyncByteQueue,
  type Data,
  Field,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  makeData,
} from "apache-arrow";
import { bytesOf } from "../core/bytes.js";
import { FormatError } from "../core/errors.js";
import { createAtomicFile } from "../files/atomic-file.js";
import { checkedArrow } from "./arrow-messages.js";

/** The columns of one batch, by name. */
export type ArrowColumns = Readonly<Record<string, Data>>;

/** Where an Arrow stream comes from or goes to: a file, or this process's standard input or output. */
export type ArrowPlace = string | { fd: number };

/** Larger reads than Node's own, which are 64 KiB. */
const READ_BYTES = 4 * 1024 * 1024;

/** Takes what a writer emits at once, where the package's own queue would keep it until someone reads. */
class Chunks extends AsyncByteQueue {
  parts: Uint8Array[] = [];
  override write(value: ArrayBuffer | ArrayBufferView): void {
    this.parts.push(ArrayBuffer.isView(value) ? bytesOf(value) : new Uint8Array(value));
  }
}

/** One batch of an Arrow stream; all its columns are [rows]. */
export function arrowBatch(
  rows: number,
  columns: ArrowColumns,
  metadata: Readonly<Record<string, string>> = {},
): RecordBatch {
  const fields = Object.entries(columns).map(([name, data]) => new Field(name, data.type, false));
  const schema = new Schema(fields, new Map(Object.entries(metadata)));
  const children = Object.values(columns);
  return new RecordBatch(schema, makeData({ type: new Struct(fields), length: rows, children }));
}

/** Writes an Arrow IPC stream, a batch in memory at a time. A file appears under its name when it is whole. */
export async function writeArrow(
  place: ArrowPlace,
  batches: Iterable<RecordBatch> | AsyncIterable<RecordBatch>,
): Promise<void> {
  const output = typeof place === "string" ? await createAtomicFile(place) : openOutput(place.fd);
  const chunks = new Chunks();
  const writer = new RecordBatchStreamWriter();
  const flush = async (): Promise<void> => {
    for (const part of chunks.parts.splice(0)) await output.write(part);
  };
  try {
    let isFirst = true;
    for await (const batch of batches) {
      if (isFirst) writer.reset(chunks, batch.schema);
      isFirst = false;
      writer.write(batch);
      await flush();
    }
    writer.finish();
    await flush();
  } catch (error) {
    await output.abort();
    throw error;
  }
  await output.commit();
}

/** The batches of an Arrow IPC stream or file. Throws FormatError where it is none, or is cut off. */
export async function* readArrow(place: ArrowPlace): AsyncGenerator<RecordBatch> {
  const name = nameOf(place);
  const stream =
    typeof place === "string"
      ? createReadStream(place, { highWaterMark: READ_BYTES })
      : createReadStream("", { fd: place.fd, autoClose: false, highWaterMark: READ_BYTES });
  try {
    const reader = await RecordBatchReader.from(checkedArrow(stream, name));
    await reader.open();
    for await (const batch of reader) yield batch;
  } catch (cause) {
    if (cause instanceof FormatError || isSystemError(cause)) throw cause;
    throw new FormatError(name, "expected an Arrow stream", { cause });
  } finally {
    stream.destroy();
  }
}

/** A numeric column of a batch [rows], not copied. Throws FormatError where the batch has no such column of that type. */
export function arrowColumn<T extends Int32Array | BigInt64Array | Float32Array>(
  place: ArrowPlace,
  { schema, data, numRows }: RecordBatch,
  column: string,
  type: new (...args: never[]) => T,
): T {
  const child = data.children[schema.fields.findIndex(({ name }) => name === column)] as
    Data | undefined;
  const values: unknown = child?.values;
  if (child?.nullCount === 0 && values instanceof type && values.length >= numRows) {
    // Buffers are padded.
    return values.subarray(0, numRows) as T;
  }
  throw new FormatError(nameOf(place), `expected a column ${column} for a ${type.name}`);
}

/** How messages call a place. */
export function nameOf(place: ArrowPlace): string {
  return typeof place === "string" ? place : "standard input";
}

function openOutput(fd: number): {
  write(bytes: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
} {
  const stream = createWriteStream("", { fd, autoClose: false });
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    async commit() {
      stream.end();
      await finished(stream);
    },
    abort() {
      stream.destroy();
      return Promise.resolve();
    },
  };
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
