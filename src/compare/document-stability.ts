import { setImmediate } from "node:timers/promises";
import type { Codes } from "../core/codes.js";
import type { OnProgress } from "../core/progress.js";
import { type Random, createRandom, sampleIndices } from "../core/random.js";
import {
  type Coactivation,
  type PairOptions,
  computeCoactivation,
} from "../families/coactivation/coactivation.js";
import type { FamilyResult } from "../families/extract/extract-families.js";
import { bestFamily, indexFamilies } from "../families/extract/family-overlap.js";
import type { Forest } from "../families/forest/forest.js";
import { spreadOf } from "../core/statistics.js";
import { type ResampleScheme, drawResample } from "./resample.js";
import { type Family, familyLatents } from "../records/family.js";
import { interruptible } from "../core/interrupt.js";

/** Least overlap with a family of a resample at which a family counts as recurring. */
const FOUND_AGAIN = 0.5;

/** Draws families from co-activation: the same way for the corpus and for every resample of it. */
export type FindFamilies = (
  coactivation: Coactivation,
) => Pick<FamilyResult, "families" | "forest">;

/** How stability over documents is measured. */
export interface StabilityOptions extends ResampleScheme, PairOptions {
  /** Resamples of the documents. Default 100. */
  resamples?: number;
  /** Default 0. */
  seed?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** How reproducible one family is over resamples of the documents. */
export interface FamilyStability {
  /** Mean over the resamples of the family's overlap (Jaccard, parents included) with the most similar family. */
  mean: number;
  /** The middle 95 % of those overlaps over the resamples. */
  interval: [number, number];
  /** Share of resamples with an overlap of 0.5 or more. */
  foundAgain: number;
  /** For each member the share of resamples in which the most similar family has it and the parent. */
  members: Float64Array;
  /** Mean overlap of as many random latents with the family most similar to them. */
  random: number;
}

/** How reproducible families and edges are over resamples of the documents. */
export interface Stability {
  /** In the order of the families. */
  families: FamilyStability[];
  /** For each edge of the forest the share of resamples whose forest has it, in either direction [edges]. */
  edges: Float64Array;
  /** The same for those that have it with the same parent [edges]. */
  directed: Float64Array;
}

/**
 * Stability over documents: draws resamples of the codes' documents, finds forest and families in
 * each, and measures how often the edges, families and memberships of `result` recur. The same seed gives the same
 * numbers. Throws RangeError for options out of range.
 */
export async function documentStability(
  codes: Codes,
  result: Pick<FamilyResult, "families" | "forest">,
  find: FindFamilies,
  options: StabilityOptions = {},
): Promise<Stability> {
  const { resamples = 100, seed = 0, skipZeros, leading, onProgress } = options;
  const signal = interruptible(options.signal);
  if (!(Number.isInteger(resamples) && resamples >= 1)) {
    throw new RangeError(`stability: resamples must be 1 or more, got ${resamples}`);
  }
  const random = createRandom(seed);
  const edges = tallyEdges(result.forest);
  const families = tallyFamilies(result, random);
  for (let done = 0; done < resamples; done++) {
    onProgress?.({ step: "stability", done, total: resamples });
    // Everything else is synchronous: without this a signal would not be noticed.
    await setImmediate();
    signal?.throwIfAborted();
    const weights = drawResample(codes.rows, random, options);
    const found = find(computeCoactivation(codes, { skipZeros, leading, weights, signal }));
    edges.add(found.forest);
    families.add(found.families);
  }
  onProgress?.({ step: "stability", done: resamples, total: resamples });
  return { ...edges.finish(resamples), families: families.finish(resamples) };
}

interface EdgeTally {
  add(found: Forest): void;
  finish(resamples: number): Pick<Stability, "edges" | "directed">;
}

function tallyEdges({ from, to }: Forest): EdgeTally {
  const place = new Map<string, number>();
  const keyOf = (a: number, b: number): string => (a < b ? `${a} ${b}` : `${b} ${a}`);
  from.forEach((parent, e) => place.set(keyOf(parent, to[e]), e));
  const edges = new Float64Array(from.length);
  const directed = new Float64Array(from.length);
  return {
    add(found) {
      found.from.forEach((parent, f) => {
        const e = place.get(keyOf(parent, found.to[f]));
        if (e === undefined) return;
        edges[e]++;
        if (from[e] === parent) directed[e]++;
      });
    },
    finish: (resamples) => ({
      edges: edges.map((count) => count / resamples),
      directed: directed.map((count) => count / resamples),
    }),
  };
}

interface FamilyTally {
  add(found: readonly Family[]): void;
  finish(resamples: number): FamilyStability[];
}

function tallyFamilies(
  { families, forest }: Pick<FamilyResult, "families" | "forest">,
  random: Random,
): FamilyTally {
  const groups = families.map(familyLatents);
  const overlaps = groups.map((): number[] => []);
  const members = families.map((family) => new Float64Array(family.members.length));
  const chance = new Float64Array(families.length);
  return {
    add(found) {
      const index = indexFamilies(found.map(familyLatents));
      groups.forEach((group, f) => {
        const best = bestFamily(index, group);
        overlaps[f].push(best.overlap);
        chance[f] += bestFamily(index, randomLatents(forest.nodes, group.length, random)).overlap;
        const latents = index.latents[best.at];
        if (!latents?.has(group[0])) return;
        for (let m = 1; m < group.length; m++) if (latents.has(group[m])) members[f][m - 1]++;
      });
    },
    finish: (resamples) =>
      groups.map((_, f) => ({
        mean: spreadOf(overlaps[f]).mean,
        interval: middle95(overlaps[f]),
        foundAgain: overlaps[f].filter((overlap) => overlap >= FOUND_AGAIN).length / resamples,
        members: members[f].map((count) => count / resamples),
        random: chance[f] / resamples,
      })),
  };
}

/** Distinct random latents among `nodes`, all of them where they are too few. */
export function randomLatents(nodes: Uint32Array, count: number, random: Random): number[] {
  const places = sampleIndices(nodes.length, Math.min(count, nodes.length), random);
  return Array.from(places, (place) => nodes[place]);
}

/** The 2.5th and the 97.5th percentile, each one of the values. */
function middle95(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return [sorted[Math.floor(0.025 * last)], sorted[Math.ceil(0.975 * last)]];
}
