import type { Postings } from "../core/codes.js";
import { createRandom, shuffleInPlace } from "../core/random.js";
import { isAboveOrEqual } from "./class-index.js";
import type { ClassIndex } from "./class-index.js";
import { spreadOf, wilsonInterval } from "../core/statistics.js";
import type { Spread } from "../core/statistics.js";
import { matchLatents } from "./best-class.js";
import type { LatentMatch, MatchOptions } from "./best-class.js";

/** Seeds of null runs. */
export const SEEDS: readonly number[] = [1, 2, 3, 4, 5];
/** Shares of the documents in the branches that nulls keep to; of fewer documents than the least a branch is no broad class. */
const BRANCH_SHARES: readonly number[] = [0.025, 0.01, 0.005];
const SMALLEST_BRANCH = 10;

/** Levels of F1 in reports. */
export const REPORT_LEVELS: readonly number[] = [0.2, 0.3, 0.5, 0.7];

/** Judged edges, or latents or members, below which a share says nothing. */
export const FEWEST_EDGES = 20;

/** How well the latents of one SAE agree with the classes, compared with the same latents over shuffled documents. */
export interface LatentAgreement {
  /** Latents that are active anywhere. */
  live: number;
  /** Mean of the live latents' best F1. */
  meanF1: number;
  meanF1Null: Spread;
  /**
   * Share of live latents with an F1 over each level, the null's, and how many different classes those latents have
   * (absent in reports of earlier versions).
   */
  over: { level: number; count: number; share: number; classes?: number; null: Spread }[];
}

/** How parent-child edges lie in the class hierarchy. */
export interface EdgeAgreement {
  /** Edges given. */
  total: number;
  /** Edges whose two latents both match a class with an F1 over the threshold; the rest is left out below. */
  edges: number;
  /** Edges whose two latents match the same class. */
  equal: number;
  /** Edges whose parent matches an ancestor of the child's class. */
  above: number;
  /** Edges whose parent matches a descendant of the child's class. */
  below: number;
  /** (equal + above) / edges; NaN without edges. */
  share: number;
  /** 95 % Wilson interval of `share`. */
  interval: [number, number];
  /** `share` with the parents dealt out anew among the same edges. */
  shuffledNull: Spread;
  /** `share` of random pairs of different matching latents. */
  randomNull: Spread;
  /** Random parents that know the child's branch, from the widest branch down; absent in reports of earlier versions. */
  branchNulls?: BranchNull[];
}

/**
 * What an edge is worth beyond knowing the branch: the parents are replaced by latents that match a class, are denser than
 * the child and whose class lies in the child's branch, the smallest class of at least `atLeast` documents that holds the
 * child's class. Expected values over all such latents, so without a spread.
 */
export interface BranchNull {
  /** Documents of a branch at the least; of all documents, any denser latent that matches a class. */
  atLeast: number;
  /** Edges whose child lies in such a branch with a latent to draw. */
  edges: number;
  /** Expected share of agreeing edges among those. */
  share: number;
  /** Share of those edges that agree as they are. */
  observed: number;
}

/** How chance is measured. */
export interface NullOptions {
  /** One null run for each. Default 1 to 5. */
  seeds?: readonly number[];
}

/**
 * Sums up how the latents agree with the classes, and how the same codes do when documents and classes are paired
 * at random: the best of many classes never has an F1 of 0. `levels` defaults to 0.2, 0.3 and 0.5. `nullF1` holds
 * the F1 of the live latents in every null run, one run after the other.
 */
export function latentAgreement(
  postings: Postings,
  index: ClassIndex,
  {
    levels = [0.2, 0.3, 0.5],
    seeds = SEEDS,
    ...options
  }: MatchOptions & NullOptions & { levels?: readonly number[] } = {},
): { matches: LatentMatch[]; agreement: LatentAgreement; nullF1: number[] } {
  const matches = matchLatents(postings, index, options);
  const observed = summarize(matches, levels);
  const nullF1: number[] = [];
  const nulls = seeds.map((seed) => {
    const permutation = Uint32Array.from({ length: postings.documents }, (_, i) => i);
    shuffleInPlace(permutation, createRandom(seed));
    const found = matchLatents(postings, index, { ...options, permutation });
    for (const { active, f1 } of found) if (active > 0) nullF1.push(f1);
    return summarize(found, levels);
  });
  const over = levels.map((level, l) => ({
    level,
    count: observed.counts[l],
    share: observed.counts[l] / observed.live,
    classes: new Set(matches.filter(({ f1 }) => f1 > level).map(({ classIndex }) => classIndex))
      .size,
    null: spreadOf(nulls.map((run) => run.counts[l] / run.live)),
  }));
  const meanF1Null = spreadOf(nulls.map((run) => run.meanF1));
  return {
    matches,
    agreement: { live: observed.live, meanF1: observed.meanF1, meanF1Null, over },
    nullF1,
  };
}

/**
 * Of the edges [parent, child] whose two latents both match a class with an F1 over `threshold` (default 0.2), the
 * share in which the parent's class is above or equal to the child's. `matches[f]` is latent f's match. `branches` are the least
 * documents of the branches of `branchNulls`: 2.5, 1 and 0.5 % of all by default, none of flat classes.
 */
export function edgeAgreement(
  edges: readonly (readonly [number, number])[],
  matches: readonly LatentMatch[],
  index: ClassIndex,
  {
    threshold = 0.2,
    seeds = SEEDS,
    branches = branchSizes(index),
  }: NullOptions & { threshold?: number; branches?: readonly number[] } = {},
): EdgeAgreement {
  const isMatched = (match: LatentMatch): boolean => isOver(match, threshold);
  const kept = edges.filter(([up, down]) => isMatched(matches[up]) && isMatched(matches[down]));
  const parents = kept.map(([up]) => matches[up].classIndex);
  const children = kept.map(([, down]) => matches[down].classIndex);
  const shareOf = (uppers: readonly number[], lowers: readonly number[]): number =>
    uppers.filter((upper, i) => isAboveOrEqual(index, upper, lowers[i])).length / uppers.length;

  const equal = parents.filter((upper, i) => upper === children[i]).length;
  const agreeing = parents.filter((upper, i) => isAboveOrEqual(index, upper, children[i])).length;
  const below = parents.filter((upper, i) => isAboveOrEqual(index, children[i], upper)).length;
  const pool = matches.filter(isMatched).map(({ classIndex }) => classIndex);
  const shuffled = seeds.map((seed) => {
    const dealt = [...parents];
    shuffleInPlace(dealt, createRandom(seed));
    return shareOf(dealt, children);
  });
  const random = seeds.map((seed) => {
    const pairs = randomPairs(pool, Math.max(1000, kept.length), seed);
    return shareOf(pairs.first, pairs.second);
  });
  return {
    total: edges.length,
    edges: kept.length,
    equal,
    above: agreeing - equal,
    below: below - equal,
    share: agreeing / kept.length,
    interval: wilsonInterval(agreeing, kept.length),
    shuffledNull: spreadOf(shuffled),
    randomNull: spreadOf(random),
    branchNulls: [index.documents, ...branches]
      .map((atLeast) => branchNull(kept, matches.filter(isMatched), matches, index, atLeast))
      .filter(({ edges: judged }) => judged > 0),
  };
}

/** Whether a latent matches a class with an F1 over the level. */
export function isOver({ classIndex, f1 }: LatentMatch, level: number): boolean {
  return classIndex >= 0 && f1 > level;
}

function summarize(
  matches: readonly LatentMatch[],
  levels: readonly number[],
): { live: number; meanF1: number; counts: number[] } {
  const live = matches.filter(({ active }) => active > 0);
  return {
    live: live.length,
    meanF1: spreadOf(live.map(({ f1 }) => f1)).mean,
    counts: levels.map((level) => live.filter(({ f1 }) => f1 > level).length),
  };
}

/**
 * Least documents of the branches that nulls keep to, from the widest down. Of flat classes, whose branches would be the classes
 * themselves, none.
 */
export function branchSizes(index: ClassIndex): number[] {
  if (index.ancestors.every((above) => above.size === 0)) return [];
  const sizes = BRANCH_SHARES.map((share) => Math.ceil(share * index.documents));
  return sizes.filter((size) => size >= SMALLEST_BRANCH);
}

function branchNull(
  edges: readonly (readonly [number, number])[],
  matched: readonly LatentMatch[],
  matches: readonly LatentMatch[],
  index: ClassIndex,
  atLeast: number,
): BranchNull {
  let [judged, expected, observed] = [0, 0, 0];
  for (const [up, down] of edges) {
    const child = matches[down];
    const branch = branchOf(child.classIndex, index, atLeast);
    if (branch === undefined) continue;
    let [drawn, agreeing] = [0, 0];
    for (const { latent, active, classIndex } of matched) {
      if (latent === down || active <= child.active) continue;
      if (branchOf(classIndex, index, atLeast) !== branch) continue;
      drawn++;
      if (isAboveOrEqual(index, classIndex, child.classIndex)) agreeing++;
    }
    if (drawn === 0) continue;
    judged++;
    expected += agreeing / drawn;
    if (isAboveOrEqual(index, matches[up].classIndex, child.classIndex)) observed++;
  }
  return { atLeast, edges: judged, share: expected / judged, observed: observed / judged };
}

/** The smallest class of at least so many documents that holds the class; "all" where every document is asked for. */
export function branchOf(
  classIndex: number,
  index: ClassIndex,
  atLeast: number,
): number | "all" | undefined {
  if (atLeast >= index.documents) return "all";
  const above = [classIndex, ...index.ancestors[classIndex]].filter(
    (one) => index.sizes[one] >= atLeast,
  );
  if (above.length === 0) return undefined;
  return above.reduce((least, one) => (index.sizes[one] < index.sizes[least] ? one : least));
}

function randomPairs(
  pool: readonly number[],
  count: number,
  seed: number,
): { first: number[]; second: number[] } {
  const random = createRandom(seed);
  const first: number[] = [];
  const second: number[] = [];
  for (let i = 0; i < count && pool.length > 1; i++) {
    const a = Math.floor(random() * pool.length);
    const b = Math.floor(random() * (pool.length - 1));
    first.push(pool[a]);
    second.push(pool[b < a ? b : b + 1]);
  }
  return { first, second };
}
