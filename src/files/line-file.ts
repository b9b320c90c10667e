import { type ByteSource, openSource } from "./bytes/source.js";

/** Lines that are read together. */
const BLOCK = 256;
const CHUNK = 4 << 20;

/** Lines of a text in UTF-8 by their numbers from 0, read when they are asked for. */
export interface LineFile {
  /** Undefined where there is none of that number, or where the file has been written anew with another length. */
  read(line: number): Promise<string | undefined>;
}

/**
 * Finds where the lines of a file begin, without keeping them, while `pass` reads it from start to end once. Throws FormatError
 * where it cannot be read.
 */
export async function indexLines(
  path: string,
  pass: (source: ByteSource) => Promise<void> = readThrough,
): Promise<LineFile> {
  const starts = [0];
  let lines = 0;
  const source = await openSource(path);
  const { byteLength } = source;
  const read: ByteSource["read"] = async (at, to) => {
    const bytes = await source.read(at, to);
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, end + 1)) {
      if (++lines % BLOCK === 0) starts.push(at + end + 1);
    }
    return bytes;
  };
  try {
    await pass({ ...source, read });
  } finally {
    await source.close();
  }
  const readBlock = async (block: number): Promise<string[]> => {
    const file = await openSource(path);
    try {
      if (file.byteLength !== byteLength) return [];
      const end = starts[block + 1] ?? byteLength;
      return Buffer.from(await file.read(starts[block], end))
        .toString()
        .split("\n");
    } finally {
      await file.close();
    }
  };
  let last: { block: number; lines: Promise<string[]> } | undefined;
  return {
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
