import { createRandom, shuffleInPlace } from "../../core/random.js";
import { blockRatios, layOut, layOutUnordered, permuteLayout } from "./block-ratios.js";
import type { BlockRatio, BlockRatios, Layout } from "./block-ratios.js";
import { findPair } from "../coactivation/coactivation-pairs.js";
import type { Coactivation } from "../coactivation/coactivation.js";
import { spreadOf } from "../../core/statistics.js";
import type { Spread } from "../../core/statistics.js";
import { type Family, familyLatents } from "../../records/family.js";

/** Latents of like density that the "density" null deals out among each other. */
const BIN = 16;

/** The block ratio of one matrix in the three ways that the authors' scripts have. */
export interface BlockStatistics extends BlockRatio {
  /** `ratio` over that of the same block sizes laid over all latents in their natural order. */
  relative: number;
}

/** The statistics of families of random latents: same sizes, same overlaps. */
export interface NullStatistics {
  meanRatio: Spread;
  cooccurrence: Record<keyof BlockRatio, Spread>;
  activation: Record<keyof BlockRatio, Spread>;
}

/** Families in numbers. Means over no families are NaN. */
export interface FamilyStatistics {
  count: number;
  /** Mean members of a family, its parent not counted. */
  meanSize: number;
  /** Largest family. */
  maxSize: number;
  /** Mean of `ratios`, infinite ones left out. */
  meanRatio: number;
  /**
   * R of each family: the mean of C / min f between parent and members over its mean between members, each with itself
   * (1) included [count].
   */
  ratios: Float64Array;
  /** Of C / min(f_i, f_j). */
  cooccurrence: BlockStatistics;
  /** Of D. */
  activation: BlockStatistics;
  /** Latents considered. */
  nodes: number;
  /** Share of them that are parent or member of a family that `isGood`. */
  membership: number;
  /** Families of latents drawn from all nodes. */
  shuffled?: NullStatistics;
  /** Families of latents drawn from those of about the same density, so that each keeps about its degree. */
  density?: NullStatistics;
}

/** What is counted, and which nulls it is compared with. */
export interface StatisticsOptions {
  /**
   * Counts blocks as the reference does: without the first family, with diagonals, and with latents of no family as
   * blocks of one. Default false: families alone, and all of them, without diagonals.
   */
  compat?: boolean;
  /** Families that count for `membership`, such as those with good scores of their own. Default all. */
  isGood?: (family: Family, index: number) => boolean;
  /** Seeds of the nulls, one run each. Default 1 to 5; none for no nulls. */
  seeds?: readonly number[];
}

/** Sums up families among `nodes`, the latents that they were drawn from, with two nulls. */
export function familyStatistics(
  families: readonly Family[],
  nodes: ArrayLike<number>,
  coactivation: Coactivation,
  options: StatisticsOptions = {},
): FamilyStatistics {
  const { compat = false, isGood = () => true, seeds = [1, 2, 3, 4, 5] } = options;
  const { n } = coactivation;
  const layout = layOut(n, nodes, families.map(familyLatents), {
    countAll: compat,
    skipFirst: compat,
  });
  const kinds = ["shuffled", "density"] as const;
  const permutations = kinds.map((kind) =>
    seeds.map((seed) => permuteNodes(nodes, coactivation, kind, seed)),
  );
  const layouts: Layout[] = [layout, layOutUnordered(layout)];
  for (const permutation of permutations.flat()) layouts.push(permuteLayout(layout, permutation));
  const [own, unordered, ...chance] = blockRatios(coactivation, layouts, { diagonal: compat });

  const ratios = familyRatios(families, coactivation);
  const sizes = families.map(({ members }) => members.length);
  const good = new Set(families.filter(isGood).flatMap(familyLatents));
  const statistics: FamilyStatistics = {
    count: families.length,
    meanSize: spreadOf(sizes).mean,
    maxSize: sizes.reduce((most, size) => Math.max(most, size), 0),
    meanRatio: finiteMean(ratios),
    ratios,
    cooccurrence: relate(own.cooccurrence, unordered.cooccurrence),
    activation: relate(own.activation, unordered.activation),
    nodes: nodes.length,
    membership: Array.from(nodes).filter((latent) => good.has(latent)).length / nodes.length,
  };
  if (seeds.length === 0) return statistics;
  kinds.forEach((kind, at) => {
    const runs = chance.slice(at * seeds.length, (at + 1) * seeds.length);
    const meanRatios = permutations[at].map((permutation) =>
      finiteMean(familyRatios(families, coactivation, invert(permutation))),
    );
    statistics[kind] = sumUp(runs, meanRatios);
  });
  return statistics;
}

/**
 * R of each family (see FamilyStatistics) [families]; with `stands` [n] latent `stands[i]` takes the place of latent i.
 */
export function familyRatios(
  families: readonly Family[],
  coactivation: Coactivation,
  stands?: Uint32Array,
): Float64Array {
  const { counts, together } = coactivation;
  const share = (i: number, j: number): number => {
    const at = findPair(coactivation, i, j);
    return at < 0 ? 0 : together[at] / Math.min(counts[i], counts[j]);
  };
  return Float64Array.from(families, ({ parent, members }) => {
    const size = members.length;
    const latents = members.map(({ latent }) => stands?.[latent] ?? latent);
    const top = stands?.[parent] ?? parent;
    let up = 0;
    let across = 0;
    for (let a = 0; a < size; a++) {
      up += share(top, latents[a]);
      if (counts[latents[a]] > 0) across += 1;
      for (let b = 0; b < a; b++) across += 2 * share(latents[a], latents[b]);
    }
    return up / size / (across / (size * size));
  });
}

/** A shuffle of the nodes among each other, or among those next to them in density; other latents stay [n]. */
function permuteNodes(
  nodes: ArrayLike<number>,
  { n, counts }: Coactivation,
  kind: "shuffled" | "density",
  seed: number,
): Uint32Array {
  const random = createRandom(seed);
  const out = Uint32Array.from({ length: n }, (_, i) => i);
  const order = Uint32Array.from(nodes).sort((a, b) => counts[a] - counts[b] || a - b);
  const step = kind === "shuffled" ? Math.max(1, order.length) : BIN;
  for (let start = 0; start < order.length; start += step) {
    const places = order.subarray(start, start + step);
    const shuffled = places.slice();
    shuffleInPlace(shuffled, random);
    places.forEach((place, p) => (out[place] = shuffled[p]));
  }
  return out;
}

function invert(permutation: Uint32Array): Uint32Array {
  const out = new Uint32Array(permutation.length);
  permutation.forEach((from, to) => (out[from] = to));
  return out;
}

function relate(own: BlockRatio, unordered: BlockRatio): BlockStatistics {
  return { ...own, relative: own.ratio / unordered.ratio };
}

function sumUp(runs: readonly BlockRatios[], meanRatios: readonly number[]): NullStatistics {
  const spreads = (matrix: keyof BlockRatios): Record<keyof BlockRatio, Spread> => ({
    ratio: spreadOf(runs.map((run) => run[matrix].ratio)),
    fraction: spreadOf(runs.map((run) => run[matrix].fraction)),
  });
  return {
    meanRatio: spreadOf(meanRatios),
    cooccurrence: spreads("cooccurrence"),
    activation: spreads("activation"),
  };
}

function finiteMean(values: Float64Array): number {
  return spreadOf(Array.from(values).filter((value) => Number.isFinite(value))).mean;
}
