import type { Engine, NearestOptions } from "../engine/engine.js";
import type { Matrix } from "../core/matrix.js";
import { type MatchNull, type NullOptions, matchNull } from "./match-null.js";
import { type SaeMatch, matchSaes } from "./match-saes.js";
import { type SplittingTree, splitLatents, splittingTrees } from "./splitting-trees.js";
import {
  type FamilyMatches,
  type UniversalPair,
  matchFamiliesBothWays,
  universalLatents,
} from "./universality.js";

/** An SAE to compare: its decoder [n, d], and its families where it has some. */
export interface ComparedSae {
  decoder: Matrix;
  families?: Parameters<typeof matchFamiliesBothWays>[0];
}

/** How two SAEs are compared. */
export interface CompareOptions extends NearestOptions, Pick<NullOptions, "draws" | "seed"> {
  /** An SAE of a size between the two, for splitting trees. */
  middle?: ComparedSae;
}

/** One direction of a match: how many latents lie closer to the other SAE than random directions do. */
export interface MatchDirection {
  latents: number;
  meanCosine: number;
  threshold: number;
  recurrent: number;
}

/** Splitting trees in numbers; a tree without a latent on either way agrees on nothing and does not count. */
export interface TreeSummary {
  trees: number;
  /** Mean over those trees. */
  meanConsistency: number;
  /** Trees that branch at both steps. */
  branching: number;
}

/** What two SAEs have in common. */
export interface SaeComparison {
  match: SaeMatch;
  /** For each latent of the small SAE, the latents of the large one whose nearest it is. */
  splits: number[][];
  toSmall: MatchDirection;
  toLarge: MatchDirection;
  /** Pairs that are each other's nearest, above both thresholds. */
  universal: UniversalPair[];
  /** With a middle SAE. */
  trees?: SplittingTree[];
  /** Where both SAEs have families. */
  families?: FamilyMatches;
}

/**
 * Matches the latents of two SAEs of one embedding both ways by decoder direction, each direction beside random directions
 * of the same spectrum, and their families where both have some. Throws RangeError for unequal widths.
 */
export async function compareSaes(
  small: ComparedSae,
  large: ComparedSae,
  engine: Engine,
  { middle, draws, seed, ...options }: CompareOptions = {},
): Promise<SaeComparison> {
  const match = await matchSaes(small.decoder, large.decoder, engine, options);
  const draw = { draws, seed, ...options };
  const toSmallNull = await matchNull(large.decoder, small.decoder, engine, draw);
  const toLargeNull = await matchNull(small.decoder, large.decoder, engine, draw);
  const thresholds = { toSmall: toSmallNull.threshold, toLarge: toLargeNull.threshold };
  const trees =
    middle &&
    splittingTrees(
      await matchSaes(small.decoder, middle.decoder, engine, options),
      await matchSaes(middle.decoder, large.decoder, engine, options),
      match,
    );
  const families =
    small.families &&
    large.families &&
    matchFamiliesBothWays(small.families, large.families, match, thresholds, { seed });
  return {
    match,
    splits: splitLatents(match),
    toSmall: summariseDirection(match.toSmallCosine, toSmallNull),
    toLarge: summariseDirection(match.toLargeCosine, toLargeNull),
    universal: universalLatents(match, thresholds),
    ...(trees && { trees }),
    ...(families && { families }),
  };
}

/** The numbers of splitting trees. */
export function summariseTrees(trees: readonly SplittingTree[]): TreeSummary {
  const full = trees.filter(({ children, direct }) => children.length + direct.length > 0);
  const sum = full.reduce((total, { consistency }) => total + consistency, 0);
  const isBranching = ({ children }: SplittingTree): boolean =>
    children.length > 1 && children.some(({ leaves }) => leaves.length > 1);
  return {
    trees: full.length,
    meanConsistency: sum / full.length,
    branching: full.filter(isBranching).length,
  };
}

function summariseDirection(cosines: Float32Array, { threshold }: MatchNull): MatchDirection {
  return {
    latents: cosines.length,
    meanCosine: cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length,
    threshold,
    recurrent: cosines.filter((cosine) => cosine > threshold).length,
  };
}
