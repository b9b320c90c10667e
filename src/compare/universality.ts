import { FormatError } from "../core/errors.js";
import { createRandom, shuffleInPlace } from "../core/random.js";
import { type FamilyPair, matchFamilies } from "./match-families.js";
import type { SaeMatch } from "./match-saes.js";
import { meanOf } from "../core/statistics.js";

/** The match seen from the other side: small and large change places. */
export function swapMatch(match: SaeMatch): SaeMatch {
  return {
    toSmall: match.toLarge,
    toSmallCosine: match.toLargeCosine,
    toLarge: match.toSmall,
    toLargeCosine: match.toSmallCosine,
  };
}

/** A latent of either SAE that is each other's nearest. */
export interface UniversalPair {
  small: number;
  large: number;
  cosine: number;
}

/**
 * The latents that both SAEs have: pairs that are each other's nearest, closer than the thresholds of `matchNull` for
 * either direction, closest first. Of SAEs of one embedding trained on two corpora these are the universal latents.
 */
export function universalLatents(
  { toSmall, toSmallCosine, toLarge, toLargeCosine }: SaeMatch,
  thresholds: { toSmall: number; toLarge: number },
): UniversalPair[] {
  const pairs: UniversalPair[] = [];
  toLarge.forEach((large, small) => {
    const cosine = toLargeCosine[small];
    const isMutual = toSmall[large] === small;
    if (isMutual && cosine > thresholds.toLarge && toSmallCosine[large] > thresholds.toSmall) {
      pairs.push({ small, large, cosine });
    }
  });
  return pairs.sort((a, b) => b.cosine - a.cosine || a.small - b.small);
}

type PlainFamily = Parameters<typeof matchFamilies>[0][number];

/** Families of two SAEs held against each other. */
export interface FamilyMatches {
  /** For each family of the large SAE its best one of the small SAE. */
  toSmall: FamilyPair[];
  toLarge: FamilyPair[];
  /** Mean overlap of `toSmall`, and of the same families with the latents' matches dealt out anew. */
  mean: number;
  meanNull: number;
}

/**
 * Families matched both ways by the latents they share (see `matchFamilies`), compared with chance: the mean overlap over `runs`
 * (default 5) shuffles of which small latent each large one is matched to. NaN without families of the large SAE.
 */
export function matchFamiliesBothWays(
  small: readonly PlainFamily[],
  large: readonly PlainFamily[],
  match: SaeMatch,
  thresholds: { toSmall: number; toLarge: number },
  { runs = 5, seed = 0 }: { runs?: number; seed?: number } = {},
): FamilyMatches {
  const toSmall = matchFamilies(small, large, match, thresholds.toSmall);
  const toLarge = matchFamilies(large, small, swapMatch(match), thresholds.toLarge);
  const random = createRandom(seed);
  let chance = 0;
  for (let run = 0; run < runs; run++) {
    const shuffled = { ...match, toSmall: match.toSmall.slice() };
    shuffleInPlace(shuffled.toSmall, random);
    chance += meanOverlap(matchFamilies(small, large, shuffled, thresholds.toSmall)) / runs;
  }
  return { toSmall, toLarge, mean: meanOverlap(toSmall), meanNull: chance };
}

/**
 * Reads the parsed content of the paper's `nns` and `splitting` files, {"small": [large, …], …}: the large latents of each
 * small one, in its place. `source` is used in errors. Throws FormatError for anything else, and where a large latent
 * has two parents.
 */
export function parseSplits(content: unknown, source = "splits"): number[][] {
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new FormatError(source, "expected an object of latents: {small: [large, …], …}");
  }
  const entries = Object.entries(content as Record<string, unknown>);
  const seen = new Set<number>();
  const splits: number[][] = Array.from({ length: entries.length }, () => []);
  for (const [key, list] of entries) {
    const latent = Number(key);
    if (!isLatent(latent) || latent >= entries.length) {
      throw new FormatError(
        source,
        `expected every latent from 0 to ${entries.length - 1}, got ${key}`,
      );
    }
    if (!Array.isArray(list) || !list.every(isLatent)) {
      throw new FormatError(source, `latent ${key}: expected a list of latents`);
    }
    const twice = list.find((large) => seen.has(large));
    if (twice !== undefined) {
      throw new FormatError(
        source,
        `latent ${twice} of the large SAE is listed under two small latents`,
      );
    }
    for (const large of list) seen.add(large);
    splits[latent] = list;
  }
  return splits;
}

function isLatent(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function meanOverlap(pairs: readonly FamilyPair[]): number {
  return meanOf(pairs.map(({ overlap }) => overlap));
}
