import { FormatError } from "../../core/errors.js";

/**
 * A large read is made in pieces, in order, by several threads: most of its time goes into the first touch of fresh pages, which
 * the kernel clears, and Node refuses single reads of 2 GiB and more.
 */
const largestPiece = 16 * 1024 * 1024;
/** As many as libuv has threads. */
const readers = 4;

/** Bytes that are read by range: a file, a test's bytes, later a URL. Readers take nothing else. */
export interface ByteSource {
  /** What errors call it: the path of a file. */
  readonly name: string;
  readonly byteLength: number;
  /** Bytes `start` up to `end` (exclusive). Throws FormatError where the range leaves the source. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Fills `target` with the bytes from `start` on, without a copy in between. Throws as `read` does. */
  readInto(target: Uint8Array, start: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file for reading by range. Throws FormatError if there is no such file, it is no regular file, or it is what stands in
 * place of one that was not downloaded.
 */
export async function openSource(path: string): Promise<ByteSource> {
  // No import, so that readers of bytes in memory can be bundled for a browser.
  const { process } = globalThis as { process?: NodeJS.Process };
  if (process === undefined) {
    throw new TypeError(`${path}: files are opened by path in Node alone, expected a ByteSource`);
  }
  const { open, stat } = process.getBuiltinModule("node:fs/promises");
  const refuse = (cause: unknown): never => {
    throw new FormatError(path, describeOpenError(cause), { cause });
  };
  // Asked before it is opened: opening a named pipe would wait for its writer.
  const stats = await stat(path).catch(refuse);
  if (!stats.isFile()) throw new FormatError(path, "expected a file, found a folder or a device");
  const handle = await open(path, "r").catch(refuse);
  const byteLength = stats.size;

  async function readInto(target: Uint8Array, start: number): Promise<void> {
    checkRange(path, byteLength, start, start + target.length);
    let next = 0;
    const readPieces = async (): Promise<void> => {
      for (let done; (done = next) < target.length;) {
        const end = Math.min(target.length, done + largestPiece);
        next = end;
        while (done < end) {
          const { bytesRead } = await handle.read(target, done, end - done, start + done);
          if (bytesRead === 0) {
            throw new FormatError(
              path,
              `ended at byte ${start + done} while it was read, expected ${byteLength} bytes`,
            );
          }
          done += bytesRead;
        }
      }
    };
    const several = Math.min(readers, Math.ceil(target.length / largestPiece));
    await Promise.all(Array.from({ length: several }, readPieces));
  }
  const start = new Uint8Array(Math.min(64, byteLength));
  try {
    await readInto(start, 0);
    const other = standIn(start);
    if (other !== undefined) throw new FormatError(path, other);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    name: path,
    byteLength,
    async read(start: number, end: number): Promise<Uint8Array> {
      checkRange(path, byteLength, start, end);
      const target = new Uint8Array(end - start);
      await readInto(target, start);
      return target;
    },
    readInto,
    close: () => handle.close(),
  };
}

/** What a file is by its start, where that is no data but what Git and servers give in its place. */
export function standIn(start: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(start);
  if (text.startsWith("version https://git-lfs"))
    return "is a Git LFS pointer, not the file itself: run git lfs pull to get it";
  if (/^\s*<(!doctype html|html)/i.test(text))
    return "is a web page, which some servers send instead of a file: download it again";
  return undefined;
}

/** Bytes in memory as a source. `read` gives views, not copies. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  const slice = (start: number, end: number): Uint8Array => {
    checkRange(name, bytes.length, start, end);
    return bytes.subarray(start, end);
  };
  return {
    name,
    byteLength: bytes.length,
    read: (start, end) => settle(() => slice(start, end)),
    readInto: (target, start) => settle(() => target.set(slice(start, start + target.length))),
    close: () => Promise.resolve(),
  };
}

/** Runs `use` on a source; one that was opened here, from a path, is closed afterwards. */
export async function withSource<T>(
  input: string | ByteSource,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  if (typeof input !== "string") return use(input);
  const source = await openSource(input);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

function checkRange(name: string, byteLength: number, start: number, end: number): void {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || end < start || end > byteLength) {
    throw new FormatError(name, `expected bytes ${start} to ${end}, but it has ${byteLength}`);
  }
}

function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function describeOpenError(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "no such file";
  if (code === "EACCES" || code === "EPERM") return "no permission to read it";
  return cause instanceof Error ? cause.message : "cannot be opened";
}
