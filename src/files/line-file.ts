import { type ByteSource, openSource } from "./bytes/source.js";
import { fileStamp } from "./file-stamp.js";

/** Lines that are read together. */
const BLOCK = 256;
const CHUNK = 4 << 20;
/** { */
const BRACE = 0x7b;

/** Lines of a text in UTF-8 by their numbers from 0, read when they are asked for. */
export interface LineFile {
  /** Whether records are all that it has besides blank lines, in UTF-8. */
  readonly isRecords: boolean;
  /** Undefined where there is none of that number, or where the file has been written anew. */
  read(line: number): Promise<string | undefined>;
}

/**
 * Finds where the lines of a file begin, without keeping them, while `pass` reads it from start to end once. With `records` only those
 * lines count that begin with {, as records in JSON do. Throws FormatError where it cannot be read.
 */
export async function indexLines(
  path: string,
  pass: (source: ByteSource) => Promise<void> = readThrough,
  { records = false }: { records?: boolean } = {},
): Promise<LineFile> {
  const starts = [0];
  let lines = 0;
  // The first byte of a line that is no blank, 0 before it comes.
  let first = 0;
  let isRecords = records;
  const text = new TextDecoder("utf-8", { fatal: true });
  const stamp = await fileStamp(path);
  const source = await openSource(path);
  const { byteLength } = source;
  const read: ByteSource["read"] = async (at, to) => {
    const bytes = await source.read(at, to);
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    isRecords &&= !chunk.includes(0) && isDecoded(text, chunk);
    let from = at === 0 && chunk.indexOf("\uFEFF") === 0 ? 3 : 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      first ||= firstByte(chunk, from, end);
      from = end + 1;
      if ((!records || first === BRACE) && ++lines % BLOCK === 0) starts.push(at + from);
      isRecords &&= first === 0 || first === BRACE;
      first = 0;
    }
    first ||= firstByte(chunk, from, chunk.length);
    return bytes;
  };
  try {
    await pass({ ...source, read });
  } finally {
    await source.close();
  }
  isRecords &&= first === 0 || first === BRACE;
  let last: { block: number; lines: Promise<string[]> } | undefined;
  const readBlock = async (block: number): Promise<string[]> => {
    if ((await fileStamp(path)) !== stamp) {
      // The file may come back.
      last = undefined;
      return [];
    }
    const file = await openSource(path);
    try {
      const end = starts[block + 1] ?? byteLength;
      const text = Buffer.from(await file.read(starts[block], end)).toString();
      const all = text.split("\n");
      return records ? all.filter((line) => /^\uFEFF?[\0- ]*\{/.test(line)) : all;
    } finally {
      await file.close();
    }
  };
  return {
    isRecords,
    async read(line) {
      const block = Math.floor(line / BLOCK);
      if (block >= starts.length) return undefined;
      // Whole files are read line after line.
      if (last?.block !== block) last = { block, lines: readBlock(block) };
      const text = (await last.lines)[line % BLOCK];
      return text === "" ? undefined : text;
    },
  };
}

async function readThrough(source: ByteSource): Promise<void> {
  for (let at = 0; at < source.byteLength; at += CHUNK) {
    await source.read(at, Math.min(source.byteLength, at + CHUNK));
  }
}

/** The first byte from `from` up to `end` that is no blank; 0 where there is none. */
function firstByte(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] <= 32) at++;
  return at < end ? bytes[at] : 0;
}

function isDecoded(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
