import type { Postings } from "../../core/codes.js";
import { type Matrix, dot, matrixRow } from "../../core/matrix.js";
import { type Random, sampleIndices, shuffleInPlace } from "../../core/random.js";
import { strongestSlots } from "./active-examples.js";
import type { Example, ExampleSource, FullExampleOptions, InactiveKind } from "./example.js";
import { latentRandom } from "./latent-random.js";

/** Number of strongest active documents whose mean embedding "near" uses. */
const MEAN_OF = 200;
/** Number of strongest documents of each neighbour from which "neighbour" draws. */
const NEIGHBOUR_DOCUMENTS = 100;

/**
 * Up to `count` documents in which the latent is not active (or only with value 0) and that `show` accepts, of the
 * requested kinds in turn. If a kind runs out, random documents replace it, marked as "random".
 */
export function drawInactive(
  source: ExampleSource,
  latent: number,
  count: number,
  options: FullExampleOptions,
  show: (row: number) => string | undefined,
  active: readonly Example[],
): Example[] {
  const isActive = activeTest(source.postings, latent);
  const taken = new Set(active.map(({ row }) => row));
  const streams = new Map<InactiveKind, Iterator<number>>();
  const next = (kind: InactiveKind): Example | undefined => {
    const stream = streams.get(kind) ?? openStream(source, latent, kind, options, isActive);
    streams.set(kind, stream);
    for (let found = stream.next(); found.done !== true; found = stream.next()) {
      const row = found.value;
      if (taken.has(row) || isActive(row)) continue;
      taken.add(row);
      const text = show(row);
      if (text !== undefined) {
        return { row, id: source.documents[row].id, text, kind, activation: 0 };
      }
    }
    return undefined;
  };
  const out: Example[] = [];
  while (out.length < count) {
    const kind = options.inactive[out.length % options.inactive.length];
    const found = next(kind) ?? next("random");
    if (found === undefined) break;
    out.push(found);
  }
  // The kinds alternate; without shuffling, distributing them in a fixed pattern could give a set only one kind.
  shuffleInPlace(out, latentRandom(options.seed, latent, "kinds"));
  return out;
}

/** Tests whether the latent is active above 0 in a row, by bisection, without an array over all documents. */
export function activeTest(
  { offsets, rows, values }: Postings,
  latent: number,
): (row: number) => boolean {
  const [start, end] = [offsets[latent], offsets[latent + 1]];
  return (row) => {
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (rows[middle] < row) low = middle + 1;
      else high = middle;
    }
    return low < end && rows[low] === row && values[low] > 0;
  };
}

function openStream(
  source: ExampleSource,
  latent: number,
  kind: InactiveKind,
  options: FullExampleOptions,
  isActive: (row: number) => boolean,
): Iterator<number> {
  const random = latentRandom(options.seed, latent, kind);
  const { documents } = source.postings;
  if (kind === "random") return randomRows(documents, random);
  if (kind === "near") return nearRows(source, latent, options.pool, random, isActive);
  return neighbourRows(source, latent, random);
}

// First draws with replacement, which is cheap if most rows qualify, then visits every row once, which terminates.
function* randomRows(documents: number, random: Random): Generator<number> {
  for (let i = 0; i < Math.min(documents, 500); i++) yield Math.floor(random() * documents);
  yield* sampleIndices(documents, documents, random);
}

function* nearRows(
  { postings, embeddings }: ExampleSource,
  latent: number,
  pool: number,
  random: Random,
  isActive: (row: number) => boolean,
): Generator<number> {
  if (embeddings === undefined) return;
  const mean = meanDirection(embeddings, postings, latent);
  const candidates = new Set<number>();
  // Attempts are limited because a dense latent leaves few rows.
  for (let tries = 0; tries < 4 * pool && candidates.size < pool; tries++) {
    const row = Math.floor(random() * postings.documents);
    if (!isActive(row)) candidates.add(row);
  }
  const scored = [...candidates].map((row) => {
    const vector = matrixRow(embeddings, row);
    const norm = Math.sqrt(dot(vector, vector));
    return { row, score: norm === 0 ? -Infinity : dot(vector, mean) / norm };
  });
  scored.sort((a, b) => b.score - a.score || a.row - b.row);
  for (const { row } of scored) yield row;
}

function meanDirection(embeddings: Matrix, postings: Postings, latent: number): Float64Array {
  const mean = new Float64Array(embeddings.cols);
  for (const at of strongestSlots(postings, latent).subarray(0, MEAN_OF)) {
    const vector = matrixRow(embeddings, postings.rows[at]);
    for (let j = 0; j < vector.length; j++) mean[j] += vector[j];
  }
  return mean;
}

// One document per neighbour in turn, so that they do not all come from the nearest one.
function* neighbourRows(
  { neighbours }: ExampleSource,
  latent: number,
  random: Random,
): Generator<number> {
  if (neighbours === undefined) return;
  const { postings, of } = neighbours;
  const lists = of(latent).map((neighbour) => {
    const slots = strongestSlots(postings, neighbour).slice(0, NEIGHBOUR_DOCUMENTS);
    shuffleInPlace(slots, random);
    return Array.from(slots, (at) => postings.rows[at]);
  });
  while (lists.some((list) => list.length > 0)) {
    for (const list of lists) {
      const row = list.pop();
      if (row !== undefined) yield row;
    }
  }
}
