import { existsSync } from "node:fs";
import path from "node:path";
import { type MatchNull, type NullOptions, matchNull } from "../compare/match-null.js";
import { type SaeMatch, matchSaes } from "../compare/match-saes.js";
import type { SplittingTree } from "../compare/splitting-trees.js";
import { splitLatents, splittingTrees, summariseTrees } from "../compare/splitting-trees.js";
import type { FamilyMatches, UniversalPair } from "../compare/universality.js";
import { matchFamiliesBothWays, universalLatents } from "../compare/universality.js";
import { evenly } from "../core/collections.js";
import type { Matrix } from "../core/matrix.js";
import type { Presentable, PresentationPart } from "../core/presentation.js";
import type { Engine, NearestOptions } from "../engine/engine.js";
import { type Family, familyName } from "../records/family.js";
import { displayLabel } from "../records/label.js";
import { loadSae } from "../sae/checkpoint.js";
import type { AtlasOptions } from "./options.js";
import { type AtlasStore, openStore } from "./store.js";
import { meanOf } from "../core/statistics.js";
import { showsItself } from "../core/self-showing.js";

/** Pairs and families that a presentation lists, and the sizes of splits that it counts. */
const LISTED = 8;
const SPLIT_SIZES: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 1],
  [2, 3],
  [4, 7],
  [8, 15],
  [16, Infinity],
];

/** One of the SAEs that are compared. */
export interface ComparedSae {
  decoder: Matrix;
  /** "latent 12" where the latents have no labels. */
  label(latent: number): string;
  familyName(parent: number): string;
  /** Undefined for a file of an SAE alone. */
  families?: readonly Family[];
}

/** How SAEs are compared. */
export interface CompareOptions extends NearestOptions, Pick<NullOptions, "draws" | "seed"> {
  /** An SAE between the two, through which latents are followed. */
  middle?: ComparedSae;
}

/** One direction of a comparison in figures. */
export interface MatchDirection {
  latents: number;
  meanCosine: number;
  /** Cosine above which a match is recurrent: that of 99 % of random directions with the same spectrum. */
  threshold: number;
  recurrent: number;
}

/** Two SAEs matched by their decoder directions. */
export interface SaeComparison extends Presentable {
  match: SaeMatch;
  toSmallNull: MatchNull;
  toLargeNull: MatchNull;
  /** Large latents that are nearest to each small one, as in the paper's file. */
  splits: number[][];
  /** Pairs that are each other's nearest, above both thresholds. */
  universal: UniversalPair[];
  toSmall: MatchDirection;
  toLarge: MatchDirection;
  /** Trees through `middle`; undefined without it. */
  trees?: SplittingTree[];
  /** Undefined where a side has no families. */
  families?: FamilyMatches;
}

/**
 * Matches two SAEs of one embedding both ways, each beside its null; follows latents through a third where it is given; and
 * matches the families where both have some.
 */
export async function compareSaes(
  small: ComparedSae,
  large: ComparedSae,
  engine: Engine,
  { middle, draws, seed, ...options }: CompareOptions = {},
): Promise<SaeComparison> {
  const match = await matchSaes(small.decoder, large.decoder, engine, options);
  const drawing = { draws, seed, ...options };
  const toSmallNull = await matchNull(large.decoder, small.decoder, engine, drawing);
  const toLargeNull = await matchNull(small.decoder, large.decoder, engine, drawing);
  const thresholds = { toSmall: toSmallNull.threshold, toLarge: toLargeNull.threshold };
  const comparison: Omit<SaeComparison, "present"> = {
    match,
    toSmallNull,
    toLargeNull,
    splits: splitLatents(match),
    universal: universalLatents(match, thresholds),
    toSmall: direction(match.toSmallCosine, thresholds.toSmall),
    toLarge: direction(match.toLargeCosine, thresholds.toLarge),
  };
  if (middle) {
    const first = await matchSaes(small.decoder, middle.decoder, engine, options);
    const second = await matchSaes(middle.decoder, large.decoder, engine, options);
    comparison.trees = splittingTrees(first, second, match);
  }
  if (small.families && large.families) {
    const { families } = small;
    comparison.families = matchFamiliesBothWays(families, large.families, match, thresholds, {
      seed,
    });
  }
  return showsItself({ ...comparison, present: () => presentComparison(comparison, small, large) });
}

function presentComparison(
  { toSmall, toLarge, universal, splits, trees, families }: Omit<SaeComparison, "present">,
  small: ComparedSae,
  large: ComparedSae,
): PresentationPart[] {
  const matched = ({ latents, meanCosine, threshold, recurrent }: MatchDirection): object => ({
    ...{ latents, "mean cosine": meanCosine, "99 % of random": threshold },
    ...{ recurrent, novel: latents - recurrent },
  });
  const pairs = evenly(universal, LISTED).map(({ cosine, small: from, large: to }) => ({
    ...{ cosine, small: small.label(from), large: large.label(to) },
  }));
  const sizes = SPLIT_SIZES.map(([least, most]) => ({
    "splits into":
      least === most ? String(least) : `${least} ${most < Infinity ? `to ${most}` : "or more"}`,
    latents: splits.filter(({ length }) => length >= least && length <= most).length,
  }));
  const parts: PresentationPart[] = [
    {
      heading: "Nearest latents of the other SAE",
      rows: [
        { SAE: "small", ...matched(toLarge) },
        { SAE: "large", ...matched(toSmall) },
      ],
    },
    { heading: `${universal.length} latents that both SAEs have`, rows: pairs },
    { heading: "How latents of the small SAE split", rows: sizes },
  ];
  if (trees !== undefined) {
    const { meanConsistency, branching } = summariseTrees(trees);
    const text = `mean self-consistency ${meanConsistency.toFixed(2)}; ${branching} latents branch at both steps`;
    parts.push({ heading: "Through the SAE between them", text });
  }
  if (families !== undefined) {
    const closest = [...families.toSmall].sort((a, b) => b.overlap - a.overlap).slice(0, LISTED);
    parts.push({
      heading: "Families",
      text: `mean overlap ${families.mean.toFixed(3)}, at random ${families.meanNull.toFixed(3)}`,
      rows: closest.map(({ from, to, overlap }) => ({
        overlap,
        large: large.familyName(from),
        small: to === undefined ? "" : small.familyName(to),
      })),
    });
  }
  return parts;
}

/** One side of a comparison: an atlas that is open, its folder, or an SAE's file. */
export function comparedSide(
  side: { readonly store: AtlasStore } | string,
  options: Pick<AtlasOptions, "onWarning">,
): Promise<ComparedSae> {
  return typeof side === "string" ? openComparedSae(side, options) : comparedStore(side.store);
}

/** Opens an SAE of any format, or an atlas's folder with its labels and families. */
export async function openComparedSae(
  file: string,
  { onWarning }: Pick<AtlasOptions, "onWarning"> = {},
): Promise<ComparedSae> {
  // A folder without one is an SAE's, as SAELens and dictionary_learning write them.
  if (!existsSync(path.join(file, "manifest.json"))) {
    const label = (latent: number): string => displayLabel({ id: latent, text: "" });
    // k plays no part in directions.
    const { decoder } = await loadSae(file, { defaultK: 1 });
    return { decoder, label, familyName: label };
  }
  const store = await openStore(file, { onWarning });
  try {
    return await comparedStore(store);
  } finally {
    await store.close();
  }
}

/** An atlas's SAE with its labels and families. */
export async function comparedStore(store: AtlasStore): Promise<ComparedSae> {
  const [sae, labels, families] = [await store.sae(), await store.labels(), await store.families()];
  const names = new Map(families.map((family) => [family.parent, familyName(family)]));
  const label = (latent: number): string =>
    displayLabel(labels.get(latent) ?? { id: latent, text: "" });
  return {
    decoder: sae.decoder,
    label,
    familyName: (parent) => names.get(parent) ?? label(parent),
    families,
  };
}

function direction(cosines: Float32Array, threshold: number): MatchDirection {
  return {
    latents: cosines.length,
    meanCosine: meanOf(cosines),
    threshold,
    recurrent: cosines.filter((cosine) => cosine > threshold).length,
  };
}
