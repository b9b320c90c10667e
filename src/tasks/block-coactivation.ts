import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Codes, createCodes } from "../core/codes.js";
import type { OnProgress } from "../core/progress.js";
import { makeTemporaryFolder } from "../files/writers/temporaries.js";
import type { Coactivation, PairOptions } from "../families/coactivation/coactivation.js";
import {
  type PairBatch,
  coactivationFromPairs,
  createTriangle,
  mergePairs,
  sumPairs,
} from "../families/coactivation/pair-sums.js";
import { mostPairs, readPairs, writePairs } from "./pair-files.js";

/** Documents counted at a time: 1.3 GB for k 32. */
export const GROUP_DOCUMENTS = 1_000_000;
/** Most latents whose pairs are summed in memory, which takes 6.4 GB; those of more lie in temporary files. */
const LARGEST_TRIANGLE = 32_768;

/** How the co-activation of blocks of codes is counted. */
export interface BlockCoactivationOptions extends PairOptions {
  /** Documents counted at a time, which decides the memory that is needed and not the result. Default 1,000,000. */
  groupDocuments?: number;
  /** Pairs that meet in fewer documents are left out at the end. Default 1: none. */
  minTogether?: number;
  /** Most latents whose pairs are summed in memory, in 12 bytes each. Default 32,768. */
  largestTriangle?: number;
  /** Where temporary files go for more latents. Default the system's folder. */
  folder?: string;
  /** Documents in all, if known. */
  documents?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * C and D of codes that come block by block, in memory that does not grow with the documents. The sums are exact, so that
 * blocks of other sizes give the same bytes; from `computeCoactivation` D differs by up to 1e-6. Throws RangeError as
 * `sumPairs` does, and where there is no block or one has another n or k.
 */
export async function coactivationFromBlocks(
  blocks: Iterable<Codes> | AsyncIterable<Codes>,
  { skipZeros, leading, ...options }: BlockCoactivationOptions = {},
): Promise<Coactivation> {
  const [counted] = await coactivationsFromBlocks(blocks, [{ skipZeros, leading }], options);
  return counted;
}

/** The same for several ways to count, in one pass over the blocks. Memory for sums is shared by all. */
export async function coactivationsFromBlocks(
  blocks: Iterable<Codes> | AsyncIterable<Codes>,
  countings: readonly PairOptions[],
  options: Omit<BlockCoactivationOptions, keyof PairOptions> = {},
): Promise<Coactivation[]> {
  const { groupDocuments = GROUP_DOCUMENTS, minTogether, onProgress, signal } = options;
  const { largestTriangle = LARGEST_TRIANGLE, documents: total, folder } = options;
  const open: GroupSums[] = [];
  let n = 0;
  let documents = 0;
  try {
    for await (const group of gatherGroups(blocks, groupDocuments)) {
      signal?.throwIfAborted();
      n = group.n;
      const fits = countings.length * n ** 2 <= largestTriangle ** 2;
      for (const [at, counting] of countings.entries()) {
        open[at] ??= fits ? inMemory(n) : await inFiles(n, folder);
        await open[at].add(sumPairs(group, { ...counting, signal }));
      }
      documents += group.rows;
      onProgress?.({ step: "co-activation", done: documents, total });
    }
    if (open.length === 0) throw new RangeError("co-activation: there are no codes");
    const all: Coactivation[] = [];
    for (const { leading } of countings) {
      const [sums] = open;
      const expected = await sums.mostPairs();
      const keeping = { minTogether, expected };
      const counted = await coactivationFromPairs(n, documents, sums.batches(), keeping);
      all.push(leading ? { ...counted, leading } : counted);
      // Its memory is free for the next.
      await open.shift()?.close();
    }
    return all;
  } finally {
    for (const sums of open) await sums.close();
  }
}

/** Sums of groups of documents. */
interface GroupSums {
  add(batches: Iterable<PairBatch>): Promise<void>;
  batches(): Iterable<PairBatch> | AsyncIterable<PairBatch>;
  /** Pairs in all batches, at most. */
  mostPairs(): Promise<number>;
  close(): Promise<void>;
}

function inMemory(n: number): GroupSums {
  const triangle = createTriangle(n);
  return {
    add(batches) {
      for (const batch of batches) triangle.add(batch);
      return Promise.resolve();
    },
    batches: () => triangle.batches(),
    mostPairs: () => Promise.resolve((n * (n + 1)) / 2),
    close: () => Promise.resolve(),
  };
}

async function inFiles(n: number, parent = tmpdir()): Promise<GroupSums> {
  const folder = await makeTemporaryFolder(path.join(parent, "feature-families-pairs"));
  const files: string[] = [];
  return {
    async add(batches) {
      const file = path.join(folder, `${files.length}.arrow`);
      await writePairs(file, batches);
      files.push(file);
    },
    batches: () => mergeStreams(files.map((file) => readPairs(file, { from: 0, to: n }))),
    mostPairs: () => mostPairs(files),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The sums of several streams of the same latents, batch by batch. */
export async function* mergeStreams(
  streams: readonly AsyncGenerator<PairBatch>[],
): AsyncGenerator<PairBatch> {
  try {
    for (;;) {
      const next = await Promise.all(streams.map((stream) => stream.next()));
      const batches = next.flatMap((result) => (result.done === true ? [] : [result.value]));
      if (batches.length === 0) return;
      yield batches.length === 1 ? batches[0] : mergePairs(batches);
    }
  } finally {
    for (const stream of streams) await stream.return(undefined);
  }
}

/** Blocks joined to groups of about `size` documents; a block is never cut. */
async function* gatherGroups(
  blocks: Iterable<Codes> | AsyncIterable<Codes>,
  size: number,
): AsyncGenerator<Codes> {
  let waiting: Codes[] = [];
  let rows = 0;
  for await (const block of blocks) {
    const first = waiting[0] ?? block;
    if (block.n !== first.n || block.k !== first.k) {
      throw new RangeError(
        `co-activation: expected codes with ${first.k} of ${first.n} latents, got ${block.k} of ${block.n}`,
      );
    }
    if (rows > 0 && rows + block.rows > size) {
      yield joinCodes(waiting);
      waiting = [];
      rows = 0;
    }
    waiting.push(block);
    rows += block.rows;
  }
  if (waiting.length > 0) yield joinCodes(waiting);
}

/** Blocks of codes as one. */
export function joinCodes(blocks: readonly Codes[]): Codes {
  if (blocks.length === 1) return blocks[0];
  const [{ k, n }] = blocks;
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  const indices = new Uint32Array(rows * k);
  const values = new Float32Array(rows * k);
  let at = 0;
  for (const block of blocks) {
    indices.set(block.indices, at);
    values.set(block.values, at);
    at += block.indices.length;
  }
  return createCodes(rows, k, n, indices, values);
}
