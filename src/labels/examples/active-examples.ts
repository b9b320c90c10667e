import type { Postings } from "../../core/codes.js";
import { type Random, shuffleInPlace } from "../../core/random.js";
import type { Example, ExampleSource, FullExampleOptions } from "./example.js";
import { latentRandom } from "./latent-random.js";
import { addToList } from "../../core/collections.js";

const DECILES = 10;

/**
 * Up to `count` documents in which the latent is active above 0 and that `show` accepts, with the total number of
 * active documents. Strongest first for "top" and "ranked"; otherwise one of each decile (or group) in turn, in seeded
 * order, for "strongest" after the strongest of the explain set.
 */
export function drawActive(
  source: ExampleSource,
  latent: number,
  count: number,
  { active: order, explain, seed }: FullExampleOptions,
  show: (row: number) => string | undefined,
): { examples: Example[]; available: number } {
  const slots = strongestSlots(source.postings, latent);
  const random = latentRandom(seed, latent, "active");
  const { rows, values } = source.postings;
  const spread = (some: Uint32Array): Iterable<number> =>
    takeTurns(splitSlots(source, latent, some, random), random);
  const first = order === "strongest" ? explain.active : 0;
  const isSpread = order === "deciles" || order === "strongest";
  const sequence = isSpread
    ? [...slots.subarray(0, first), ...spread(slots.subarray(first))]
    : slots;
  const examples: Example[] = [];
  for (const at of sequence) {
    if (examples.length === count) break;
    const row = rows[at];
    const text = show(row);
    if (text === undefined) continue;
    const { id } = source.documents[row];
    examples.push({ row, id, text, kind: "active", activation: values[at] });
  }
  return { examples, available: slots.length };
}

/** Positions in the postings where the latent is above 0, strongest first, ties by lower document. */
export function strongestSlots({ offsets, values }: Postings, latent: number): Uint32Array {
  const slots: number[] = [];
  for (let at = offsets[latent]; at < offsets[latent + 1]; at++) if (values[at] > 0) slots.push(at);
  return Uint32Array.from(slots).sort((a, b) => values[b] - values[a] || a - b);
}

// Deciles are formed by rank, so that the strongest document is in the top one and rounding loses no edge.
function splitSlots(
  { group, postings }: ExampleSource,
  latent: number,
  slots: Uint32Array,
  random: Random,
): number[][] {
  const bins = new Map<number, number[]>();
  slots.forEach((slot, rank) => {
    const bin = group
      ? group(latent, postings.rows[slot])
      : Math.floor((rank * DECILES) / slots.length);
    addToList(bins, bin, slot);
  });
  const sorted = [...bins].sort(([a], [b]) => a - b).map(([, list]) => list);
  for (const list of sorted) shuffleInPlace(list, random);
  return sorted;
}

// One of every bin per round, with the bins in a new order each time.
function* takeTurns(bins: readonly number[][], random: Random): Generator<number> {
  const left = bins.map((list) => list.slice());
  while (left.some((list) => list.length > 0)) {
    const round = left.filter((list) => list.length > 0);
    shuffleInPlace(round, random);
    for (const list of round) {
      const slot = list.pop();
      if (slot !== undefined) yield slot;
    }
  }
}
