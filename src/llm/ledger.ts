import { mkdir, open } from "node:fs/promises";
import path from "node:path";
import type { TokenLogprob, Usage } from "./types.js";
import { namingFile } from "../core/file-problem.js";

/** One line of a ledger. `malformed`: a first answer that led, or will lead, to a repair question. */
export interface LedgerEntry {
  key: string;
  status: "ok" | "failed" | "malformed";
  /** When the answer arrived, ISO 8601. */
  date: string;
  model: string;
  prompt: string;
  raw: string;
  value?: unknown;
  /** Why the answer failed or is malformed. */
  reason?: string;
  usage: Usage;
  /** US dollars; null if the price is not known. */
  cost: number | null;
  latencyMs: number;
  logprobs?: TokenLogprob[];
}

/** Answers stored on disk. */
export interface Ledger {
  readonly path: string;
  /** The last entry of a key, preferring one that is ok. Includes entries written by other processes. */
  get(key: string): Promise<LedgerEntry | undefined>;
  /** Resolves when the entry is on disk. */
  append(entry: LedgerEntry): Promise<void>;
  /** All entries in order, streamed from disk. */
  entries(): AsyncIterable<LedgerEntry>;
  /** Number of distinct keys. */
  size(): Promise<number>;
  close(): Promise<void>;
}

interface Place {
  offset: number;
  length: number;
  status: LedgerEntry["status"];
}

const CHUNK = 1 << 20;
const NEWLINE = 10;

/**
 * Opens a ledger, a file with one JSON line per answer, creating it if it is missing. Only keys and offsets are held in
 * memory. Each write is a single append, synced to disk, that starts on a new line: a line cut off by a kill damages no
 * other line, and any number of processes may write to the same ledger.
 */
export async function openLedger(file: string): Promise<Ledger> {
  await namingFile(file, mkdir(path.dirname(path.resolve(file)), { recursive: true }));
  const handle = await namingFile(file, open(file, "a+"));
  const index = new Map<string, Place>();
  let readTo = 0;

  async function* linesFrom(start: number): AsyncIterable<{ offset: number; line: Buffer }> {
    let offset = start;
    let rest = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK, offset + rest.length);
      if (bytesRead === 0) return;
      rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      let from = 0;
      for (let end; (end = rest.indexOf(NEWLINE, from)) >= 0; from = end + 1) {
        yield { offset: offset + from, line: rest.subarray(from, end) };
      }
      offset += from;
      rest = rest.subarray(from);
    }
  }

  const readTail = async (): Promise<void> => {
    const { size } = await handle.stat();
    if (size < readTo) {
      // The file was replaced.
      index.clear();
      readTo = 0;
    }
    if (size === readTo) return;
    for await (const { offset, line } of linesFrom(readTo)) {
      readTo = offset + line.length + 1;
      const entry = parseEntry(line);
      if (entry === undefined || index.get(entry.key)?.status === "ok") continue;
      index.set(entry.key, { offset, length: line.length, status: entry.status });
    }
  };
  let reading: Promise<void> = Promise.resolve();
  const refresh = (): Promise<void> => {
    reading = reading.catch(() => undefined).then(readTail);
    return reading;
  };

  const write = async (lines: string[]): Promise<void> => {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1, NEWLINE);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const bytes = Buffer.from((last[0] === NEWLINE ? "" : "\n") + lines.join(""));
    const { bytesWritten } = await namingFile(file, handle.write(bytes));
    if (bytesWritten < bytes.length)
      throw new Error(
        `${file}: short write: ${bytesWritten} of ${bytes.length} bytes (disk full?)`,
      );
    await namingFile(file, handle.datasync());
  };
  const commit = groupCommits(write);
  await refresh();
  return {
    path: file,
    async get(key) {
      await refresh();
      const place = index.get(key);
      if (place === undefined) return undefined;
      const line = Buffer.alloc(place.length);
      await handle.read(line, 0, place.length, place.offset);
      return parseEntry(line);
    },
    append: (entry) => commit(JSON.stringify(entry) + "\n"),
    async *entries() {
      for await (const { line } of linesFrom(0)) {
        const entry = parseEntry(line);
        if (entry !== undefined) yield entry;
      }
    },
    async size() {
      await refresh();
      return index.size;
    },
    async close() {
      await commit.idle();
      await reading.catch(() => undefined);
      await handle.close();
    },
  };
}

/** Combines the lines that arrive during a write into the next write. */
function groupCommits(write: (lines: string[]) => Promise<void>): {
  (line: string): Promise<void>;
  idle(): Promise<void>;
} {
  let pending: string[] = [];
  let next: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();
  const commit = (line: string): Promise<void> => {
    pending.push(line);
    if (next === undefined) {
      next = running
        .catch(() => undefined)
        .then(() => {
          const lines = pending;
          pending = [];
          next = undefined;
          return write(lines);
        });
      running = next;
    }
    return next;
  };
  return Object.assign(commit, { idle: () => running.catch(() => undefined) });
}

function parseEntry(line: Buffer): LedgerEntry | undefined {
  try {
    const entry = JSON.parse(line.toString("utf8")) as Partial<LedgerEntry> | null;
    const isWhole =
      typeof entry?.key === "string" &&
      typeof entry.raw === "string" &&
      ["ok", "failed", "malformed"].includes(entry.status ?? "");
    return isWhole ? (entry as LedgerEntry) : undefined;
  } catch {
    // A line cut off by a kill.
    return undefined;
  }
}
