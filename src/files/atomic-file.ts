import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { namingFile } from "../core/file-problem.js";
import { makeFolder } from "./make-folder.js";
import { temporaryFor } from "./writers/temporaries.js";

/** A file that appears under its name only when it is complete. */
export interface AtomicFile {
  /** Adds bytes at the end. */
  write(bytes: Uint8Array): Promise<void>;
  /** Writes over bytes that are there already, such as a header known only at the end. */
  writeAt(bytes: Uint8Array, position: number): Promise<void>;
  /** Closes the file and gives it its name, in place of a file of that name. */
  commit(): Promise<void>;
  /** Closes and removes what was written. Does nothing after `commit`. */
  abort(): Promise<void>;
}

let onTemporary: ((file: string) => void) | undefined;

/** Receives the name of each temporary file before it is made, for whoever may end the process in the middle of its work. */
export function watchTemporaries(receive: (file: string) => void): void {
  onTemporary = receive;
}

/**
 * Opens a file under a temporary name beside `path` for writing; `commit` renames it to `path`. The folder is made where it is
 * missing; a file of that name keeps its permissions. `commit` or `abort` ends it; where writing or `commit` fails, the
 * temporary file is removed, and what is called after a failed write throws its error again. Errors of the system, such as
 * a full disk, name the file.
 */
export async function createAtomicFile(path: string): Promise<AtomicFile> {
  await makeFolder(dirname(path));
  const found = await stat(path).catch(() => undefined);
  // A device, such as /dev/stdout, would be replaced by a file.
  if (found?.isFile() === false) {
    const kind = found.isDirectory() ? "is a folder" : "is a device or a pipe";
    throw new Error(`${path}: ${kind}, expected the name of a file`);
  }
  const temporary = await temporaryFor(path);
  onTemporary?.(temporary);
  const handle = await namingFile(path, open(temporary, "wx", found?.mode));
  let end = 0;
  let isOpen = true;
  let failure: { error: unknown } | undefined;

  async function writeOrAbort(bytes: Uint8Array, position: number): Promise<void> {
    if (failure) throw failure.error;
    try {
      await writeAt(handle, path, bytes, position);
    } catch (error) {
      failure = { error };
      await abort();
      throw error;
    }
  }
  async function abort(): Promise<void> {
    if (!isOpen) return;
    isOpen = false;
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
  }
  return {
    async write(bytes) {
      const position = end;
      end += bytes.length;
      await writeOrAbort(bytes, position);
    },
    writeAt: writeOrAbort,
    async commit() {
      if (failure) throw failure.error;
      if (!isOpen) throw new TypeError(`${path}: commit after commit or abort`);
      isOpen = false;
      try {
        await namingFile(path, handle.close());
        await namingFile(path, rename(temporary, path));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    abort,
  };
}

/** Writes all bytes at a place of the file `path`, which `handle` has open. Throws Error, naming it, where they do not fit. */
export async function writeAt(
  handle: FileHandle,
  path: string,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const rest = bytes.length - done;
    const written = handle.write(bytes, done, rest, position + done);
    done += (await namingFile(path, written)).bytesWritten;
  }
}

/** What a file is written from; text, also in parts, is written as UTF-8. */
export type FileContent =
  Uint8Array | string | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** Writes a whole file so that no reader ever sees half of it. */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  await writeFilesAtomic([[path, content]]);
}

/** Writes files that belong together, and gives their paths: none takes its name before all are complete. */
export async function writeFilesAtomic(
  files:
    | Iterable<readonly [path: string, content: FileContent]>
    | AsyncIterable<readonly [path: string, content: FileContent]>,
): Promise<string[]> {
  const written: string[] = [];
  const open: AtomicFile[] = [];
  try {
    for await (const [path, content] of files) {
      const file = await createAtomicFile(path);
      open.push(file);
      written.push(path);
      const isWhole = typeof content === "string" || content instanceof Uint8Array;
      for await (const part of isWhole ? [content] : content) {
        await file.write(typeof part === "string" ? Buffer.from(part) : part);
      }
    }
    for (const file of open) await file.commit();
  } catch (error) {
    for (const file of open) await file.abort();
    throw error;
  }
  return written;
}

/** SHA-256 of a value as JSON, in hexadecimal. */
export function sha256Json(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

/** SHA-256 of a file's bytes, in hexadecimal. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash("sha256");
  const stream = createReadStream(path, { highWaterMark: 1024 * 1024 });
  for await (const chunk of stream) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
