import { constants } from "node:buffer";
import { Message, MessageHeader } from "apache-arrow";
import { FormatError } from "../core/errors.js";

/** Far above the schema of any table. */
const MOST_METADATA = 16 * 1024 * 1024;
/** What an Arrow file begins and ends with. */
const MAGIC = "ARROW1";
/** A message's place in a file: the offset, and two lengths that nobody reads. */
const BLOCK_BYTES = 24;
const CONTINUES = Buffer.alloc(4, 0xff);

/** What the fields of a table lead to, by their numbers. */
type Layout = Readonly<Record<number, () => Parts>>;
/** A list of values of so many bytes, a table, or a list of tables. */
type Parts = number | { table: Layout } | { tables: Layout };

/*
 * What of Arrow's metadata has a length or leads on: https://github.com/apache/arrow/tree/main/format, Schema.fbs, Message.fbs and
 * File.fbs.
 */
const TEXT = (): number => 1;
const KEY_VALUE: Layout = { 0: TEXT, 1: TEXT };
const KEY_VALUES = (): Parts => ({ tables: KEY_VALUE });
const FIELDS = (): Parts => ({ tables: FIELD });
const FIELD: Layout = { 0: TEXT, 5: FIELDS, 6: KEY_VALUES };
const SCHEMA: Layout = { 1: FIELDS, 2: KEY_VALUES };
const RECORD_BATCH: Layout = { 1: () => 16, 2: () => 16, 4: () => 8 };
const HEADERS: Readonly<Record<number, Layout>> = {
  [MessageHeader.Schema]: SCHEMA,
  [MessageHeader.RecordBatch]: RECORD_BATCH,
  [MessageHeader.DictionaryBatch]: { 1: () => ({ table: RECORD_BATCH }) },
};
const BLOCKS = { 2: MessageHeader.DictionaryBatch, 3: MessageHeader.RecordBatch };
const FOOTER: Layout = {
  1: () => ({ table: SCHEMA }),
  2: () => BLOCK_BYTES,
  3: () => BLOCK_BYTES,
  4: KEY_VALUES,
};

/** Takes so many bytes; none at an end that may be there. */
type Take = (count: number, isEnd?: boolean) => Promise<Buffer>;

/**
 * The bytes of an Arrow IPC stream or file, with lengths that they bear out, for apache-arrow, which believes them. Throws FormatError,
 * naming `name`, or RangeError where an offset leads out of the metadata.
 */
export async function* checkedArrow(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const take = taker(chunks, name);
  let start = await take(4, true);
  if (start.toString("latin1") === MAGIC.slice(0, 4)) {
    const file = Buffer.concat([start, await take(Infinity)]);
    await checkFile(file, name);
    yield file;
    return;
  }
  for (; start.length > 0; start = await take(4, true)) {
    const message = await readMessage(start, take, name);
    if (message === undefined) return;
    // One after the other: the decoder then takes a body as it is.
    yield* message.parts;
  }
}

function taker(chunks: AsyncIterable<Uint8Array>, name: string): Take {
  const source = chunks[Symbol.asyncIterator]();
  let held: Uint8Array[] = [];
  let size = 0;
  return async (count, isEnd = false) => {
    while (size < count) {
      const next = await source.next();
      if (next.done === true) {
        if (count === Infinity || (isEnd && size === 0)) break;
        throw new FormatError(name, `ends after ${size} of ${count} bytes of an Arrow message`);
      }
      held.push(next.value);
      size += next.value.length;
    }
    const all = held.length === 1 ? held[0] : Buffer.concat(held, size);
    const taken = Math.min(count, size);
    held = [all.subarray(taken)];
    size -= taken;
    return Buffer.from(all.buffer, all.byteOffset, taken);
  };
}

/** Undefined at the mark of the end. `start` is the first four bytes. */
async function readMessage(
  start: Buffer,
  take: Take,
  name: string,
): Promise<{ kind: number; parts: Uint8Array[] } | undefined> {
  // Before Arrow 0.15 nothing preceded the length.
  const length = CONTINUES.equals(start) ? await take(4) : start;
  const size = length.readInt32LE();
  if (size === 0) return undefined;
  if (size < 0 || size > MOST_METADATA) {
    throw new FormatError(name, `metadata of ${size} bytes, expected up to ${MOST_METADATA}`);
  }
  const metadata = await take(size);
  const { kind, bodyLength } = checkMetadata(metadata, name);
  return { kind, parts: [CONTINUES, length, metadata, await take(bodyLength)] };
}

/** Checks the footer of an Arrow file and the messages that it names. */
async function checkFile(file: Buffer, name: string): Promise<void> {
  const end = file.length - MAGIC.length - 4;
  if (end < 0 || file.toString("latin1", end + 4) !== MAGIC) {
    throw new FormatError(name, `expected an Arrow file with ${MAGIC} at its end`);
  }
  const size = file.readInt32LE(end);
  if (size <= 0 || size > end) {
    throw new FormatError(name, `footer of ${size} bytes in a file of ${file.length}`);
  }
  const footer = file.subarray(end - size, end);
  const root = footer.readInt32LE(0);
  checkLengths(footer, root, FOOTER, name);
  for (const [field, kind] of Object.entries(BLOCKS)) {
    const at = fieldOf(footer, root, Number(field));
    if (at === undefined) continue;
    const list = follow(footer, at);
    for (let i = 0; i < footer.readInt32LE(list); i++) {
      const offset = Number(footer.readBigInt64LE(list + 4 + BLOCK_BYTES * i));
      let next = offset;
      const take: Take = (count) => {
        if (!(next >= 0 && next + count <= end)) {
          throw new FormatError(name, `a message at byte ${offset} of a file of ${file.length}`);
        }
        return Promise.resolve(file.subarray(next, (next += count)));
      };
      const message = await readMessage(await take(4), take, name);
      if (message?.kind !== kind) {
        throw new FormatError(name, `no message of kind ${kind} at byte ${offset}`);
      }
    }
  }
}

/** Checks a message's metadata, and gives its kind and the length of its body. */
function checkMetadata(metadata: Buffer, name: string): { kind: number; bodyLength: number } {
  const root = metadata.readInt32LE(0);
  const type = fieldOf(metadata, root, 1);
  const kind = type === undefined ? MessageHeader.NONE : metadata.readUInt8(type);
  const layout = HEADERS[kind] as Layout | undefined;
  if (layout === undefined) {
    throw new FormatError(name, `expected a schema or a batch, found a message of kind ${kind}`);
  }
  checkLengths(metadata, root, { 2: () => ({ table: layout }), 4: KEY_VALUES }, name);
  const message = Message.decode(metadata);
  const { bodyLength } = message;
  if (bodyLength < 0 || bodyLength > constants.MAX_LENGTH) {
    const expected = `expected up to ${constants.MAX_LENGTH}`;
    throw new FormatError(name, `a message's body of ${bodyLength} bytes, ${expected}`);
  }
  if (message.isRecordBatch() || message.isDictionaryBatch()) {
    const { length, nodes, buffers } = message.header();
    // A row takes a bit at least.
    const counts = [length, ...nodes.flatMap((node) => [node.length, node.nullCount])];
    const rows = counts.find((count) => count < 0 || count > 8 * bodyLength);
    const part = buffers.find(
      ({ offset, length }) => offset < 0 || length < 0 || offset + length > bodyLength,
    );
    if (rows !== undefined || part !== undefined) {
      const found = part ? `bytes ${part.offset} to ${part.offset + part.length}` : `${rows} rows`;
      throw new FormatError(name, `a batch with ${found} in a body of ${bodyLength} bytes`);
    }
  }
  return { kind, bodyLength };
}

function follow(bytes: Buffer, at: number): number {
  return at + bytes.readInt32LE(at);
}

/** Where a field of a table is, if it is there: https://flatbuffers.dev/internals. */
function fieldOf(bytes: Buffer, table: number, field: number): number | undefined {
  const fields = table - bytes.readInt32LE(table);
  const at = 4 + 2 * field;
  const offset = at < bytes.readInt16LE(fields) ? bytes.readInt16LE(fields + at) : 0;
  return offset === 0 ? undefined : table + offset;
}

/**
 * Checks that the lists and texts of metadata take, together, no more bytes than there are. As no two share any, this ends for tables
 * that lead back to themselves too.
 */
function checkLengths(bytes: Buffer, root: number, fields: Layout, name: string): void {
  let left = bytes.length;
  const check = (table: number, layout: Layout): void => {
    for (const [field, partsOf] of Object.entries(layout)) {
      const at = fieldOf(bytes, table, Number(field));
      if (at === undefined) continue;
      const parts = partsOf();
      const to = follow(bytes, at);
      if (typeof parts === "object" && "table" in parts) {
        check(to, parts.table);
        continue;
      }
      const count = bytes.readInt32LE(to);
      const size = count * (typeof parts === "number" ? parts : 4);
      left -= size;
      if (count < 0 || left < 0 || to + 4 + size > bytes.length) {
        throw new FormatError(name, `a list of ${count} in metadata of ${bytes.length} bytes`);
      }
      if (typeof parts === "number") continue;
      for (let i = 0; i < count; i++) check(follow(bytes, to + 4 + 4 * i), parts.tables);
    }
  };
  check(root, fields);
}
