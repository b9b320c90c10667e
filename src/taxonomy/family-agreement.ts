import { createBootstrap } from "../core/bootstrap.js";
import type { Postings } from "../core/codes.js";
import { addToList } from "../core/collections.js";
import { type Random, createRandom } from "../core/random.js";
import { type Spread, spreadOf } from "../core/statistics.js";
import { type NullOptions, SEEDS, branchOf, branchSizes, isOver } from "./agreement.js";
import { type LatentMatch, type MatchOptions, matchLatents, unitePostings } from "./best-class.js";
import { type ClassIndex, isAboveOrEqual } from "./class-index.js";

/** How well one family agrees with the classes. */
export interface FamilyMatch {
  /** Best class of the documents in which any latent of the family is active; `latent` is the family's number. */
  union: LatentMatch;
  /** Best class of the parent alone. */
  parent: LatentMatch;
  /** Members that match a class with an F1 over the threshold. */
  matched: number;
  /** Share of those whose class is the union's class or lies below it; NaN if there are none. */
  coherence: number;
}

/** Summary of all families, compared with families of the same sizes from random live latents. */
export interface FamilyAgreement {
  families: FamilyMatch[];
  meanF1: number;
  meanF1Null: Spread;
  /** Mean F1 of the parents alone. */
  meanParentF1: number;
  /** Families with a matched member. */
  coherent: number;
  meanCoherence: number;
  /** 95 % interval of it by bootstrap over the families; absent in reports of earlier versions. */
  interval?: [number, number];
  meanCoherenceNull: Spread;
  /**
   * The same where each latent that matches a class is replaced by one of its own branch, the smallest class of at least
   * `atLeast` documents around its class; from the widest branch down. Absent in reports of earlier versions.
   */
  branchNulls?: ({ atLeast: number } & Spread)[];
}

/**
 * Agreement of families with the classes. A family's documents are those in which at least `minMembers` (default
 * 1) of its latents are active, with the sum of their values; `members` leaves the parent out. Members count for
 * coherence when their F1 is over `level` (default 0.2). The nulls give each family other live latents, drawn
 * without repeats inside a family: any, or those of the same branches (see edgeAgreement for `branches`).
 */
export function familyAgreement(
  families: readonly { parent: number; members: readonly number[] }[],
  postings: Postings,
  index: ClassIndex,
  {
    level = 0.2,
    minMembers = 1,
    seeds = SEEDS,
    branches = branchSizes(index),
    ...options
  }: MatchOptions &
    NullOptions & { level?: number; minMembers?: number; branches?: readonly number[] } = {},
): FamilyAgreement {
  const matches = matchLatents(postings, index, options);
  const measure = (groups: readonly number[][]): FamilyMatch[] => {
    const unions = matchLatents(unitePostings(postings, groups, { minMembers }), index, options);
    return unions.map((union, g) => {
      const [parent, ...members] = groups[g].map((latent) => matches[latent]);
      const matched = members.filter((member) => isOver(member, level));
      const inside = matched.filter(
        ({ classIndex }) =>
          union.classIndex >= 0 && isAboveOrEqual(index, union.classIndex, classIndex),
      );
      return { union, parent, matched: matched.length, coherence: inside.length / matched.length };
    });
  };
  const groups = families.map(({ parent, members }) => [parent, ...new Set(members)]);
  const observed = measure(groups);
  const live = matches.filter(({ active }) => active > 0).map(({ latent }) => latent);
  const nulls = seeds.map((seed) => measure(redraw(groups, live, seed)));
  const meanF1 = (found: FamilyMatch[]): number => meanOf(found.map(({ union }) => union.f1));
  const meanCoherence = (found: FamilyMatch[]): number =>
    meanOf(found.map(({ coherence }) => coherence));
  const { mean, interval } = createBootstrap(observed.length)(
    observed.map(({ coherence }) => coherence),
  );
  return {
    families: observed,
    meanF1: meanF1(observed),
    meanF1Null: spreadOf(nulls.map(meanF1)),
    meanParentF1: meanOf(observed.map(({ parent }) => parent.f1)),
    coherent: observed.filter(({ matched }) => matched > 0).length,
    meanCoherence: mean,
    interval,
    meanCoherenceNull: spreadOf(nulls.map(meanCoherence)),
    branchNulls: branches.map((atLeast) => {
      const pools = branchPools(matches, index, { level, atLeast });
      const runs = seeds.map((seed) => measure(redraw(groups, live, seed, pools)));
      return { atLeast, ...spreadOf(runs.map(meanCoherence)) };
    }),
  };
}

/** By latent that matches a class: all those whose classes lie in the same branch. */
function branchPools(
  matches: readonly LatentMatch[],
  index: ClassIndex,
  { level, atLeast }: { level: number; atLeast: number },
): Map<number, readonly number[]> {
  const branches = new Map<ReturnType<typeof branchOf>, number[]>();
  for (const match of matches) {
    if (!isOver(match, level)) continue;
    const branch = branchOf(match.classIndex, index, atLeast);
    if (branch !== undefined) addToList(branches, branch, match.latent);
  }
  return new Map(
    [...branches.values()].flatMap((pool) => pool.map((latent) => [latent, pool] as const)),
  );
}

/** Groups of the same sizes of other latents: of a latent's own pool where it has one, else of all that are live. */
function redraw(
  groups: readonly number[][],
  live: readonly number[],
  seed: number,
  pools?: ReadonlyMap<number, readonly number[]>,
): number[][] {
  const random = createRandom(seed);
  return groups.map((group) => {
    if (pools === undefined) return draw([...live], group.length, random);
    const drawn = new Set<number>();
    for (const latent of group) {
      const pool = (pools.get(latent) ?? live).filter((one) => !drawn.has(one));
      for (const one of draw(pool, 1, random)) drawn.add(one);
    }
    return [...drawn];
  });
}

function draw(pool: number[], count: number, random: Random): number[] {
  const size = Math.min(count, pool.length);
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(random() * (pool.length - i));
    [pool[i], pool[j]] = [pool[j], pool[i]];
  }
  return pool.slice(0, size);
}

function meanOf(values: readonly number[]): number {
  return spreadOf(values).mean;
}
