import type { Engine, NearestOptions } from "../../engine/engine.js";
import { type MatchNull, type NullOptions, matchNull } from "../../compare/match-null.js";
import { type SaeMatch, matchSaes } from "../../compare/match-saes.js";
import { type SplittingTree, chooseSplittingTrees } from "../../compare/splitting-trees.js";
import {
  type FamilyMatches,
  type UniversalPair,
  universalLatents,
} from "../../compare/universality.js";
import type { Matrix } from "../../core/matrix.js";
import type { MatchSide } from "./match-side.js";
import { formatRows } from "../text.js";

/** Two SAEs matched both ways, each direction beside its null. */
export interface NullMatch {
  match: SaeMatch;
  toSmallNull: MatchNull;
  toLargeNull: MatchNull;
}

/** One direction in figures. */
interface Direction {
  latents: number;
  meanCosine: number;
  threshold: number;
  recurrent: number;
}

/** What the command tells of two SAEs, as JSON. */
export interface MatchReport {
  toSmall: Direction;
  toLarge: Direction;
  /** Small latents with two latents of the large SAE or more, and with none. */
  split: number;
  lone: number;
  /** Pairs that are each other's nearest, above both thresholds. */
  universal: number;
}

/** Trees through three sizes in figures. */
export interface TreeReport {
  trees: number;
  /** Mean over the trees that are not empty both ways. */
  meanConsistency: number;
  /** Trees that branch at both steps. */
  branching: number;
}

const SHOWN = 3;

/** Matches two decoders both ways and draws both nulls. */
export async function matchWithNulls(
  small: Matrix,
  large: Matrix,
  engine: Engine,
  { draws, seed, ...options }: NearestOptions & Pick<NullOptions, "draws" | "seed">,
): Promise<NullMatch> {
  const match = await matchSaes(small, large, engine, options);
  const toSmallNull = await matchNull(large, small, engine, { draws, seed, ...options });
  const toLargeNull = await matchNull(small, large, engine, { draws, seed, ...options });
  return { match, toSmallNull, toLargeNull };
}

/** The figures of two SAEs. */
export function reportMatch(
  { match, toSmallNull, toLargeNull }: NullMatch,
  splits: readonly number[][],
  universal: readonly UniversalPair[],
): MatchReport {
  return {
    toSmall: direction(match.toSmallCosine, toSmallNull.threshold),
    toLarge: direction(match.toLargeCosine, toLargeNull.threshold),
    split: splits.filter((list) => list.length > 1).length,
    lone: splits.filter((list) => list.length === 0).length,
    universal: universal.length,
  };
}

/** The universal latents of a match with its nulls. */
export function universalOf({ match, toSmallNull, toLargeNull }: NullMatch): UniversalPair[] {
  return universalLatents(match, {
    toSmall: toSmallNull.threshold,
    toLarge: toLargeNull.threshold,
  });
}

/** Both directions as a table, then splits and universal latents. */
export function matchLines(report: MatchReport): string[] {
  return [
    ...formatRows([
      ["", "latents", "mean cosine", "threshold", "recurrent", "novel"],
      ["large to small", ...cells(report.toSmall)],
      ["small to large", ...cells(report.toLarge)],
    ]),
    `${report.split} of ${report.toLarge.latents} small latents split in two or more, ${report.lone} have none`,
    `${report.universal} latents are each other's nearest and recurrent both ways: ${percent(report.universal / report.toLarge.latents)} of the small SAE's, ${percent(report.universal / report.toSmall.latents)} of the large one's`,
  ];
}

/** The figures of trees; one without a latent on either way agrees on nothing and does not count. */
export function reportTrees(trees: readonly SplittingTree[]): TreeReport {
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

/** Trees in figures, then some of them drawn with indents. */
export function treeLines(
  trees: readonly SplittingTree[],
  [small, middle, large]: readonly MatchSide[],
): string[] {
  const { trees: count, meanConsistency, branching } = reportTrees(trees);
  const shown = chooseSplittingTrees(trees, { count: SHOWN }).flatMap((tree) => [
    `  ${small.label(tree.latent)}  (self-consistency ${tree.consistency.toFixed(2)})`,
    ...tree.children.flatMap(({ latent, leaves }) => [
      `    ${middle.label(latent)}`,
      ...leaves.map((leaf) => `      ${large.label(leaf)}`),
    ]),
  ]);
  return [
    `${count} trees through three sizes, mean self-consistency ${meanConsistency.toFixed(3)}, ${branching} branch at both steps`,
    ...(shown.length > 0 ? ["for example", ...shown] : []),
  ];
}

/** Families in figures, then the closest pairs by name. */
export function familyLines(
  { toSmall, toLarge, mean, meanNull }: FamilyMatches,
  small: MatchSide,
  large: MatchSide,
): string[] {
  const found = (pairs: FamilyMatches["toSmall"]): string =>
    `${pairs.filter(({ to }) => to !== undefined).length} of ${pairs.length}`;
  const best = [...toSmall].sort((a, b) => b.overlap - a.overlap).slice(0, SHOWN);
  return [
    `${found(toSmall)} large families share latents with a small one, ${found(toLarge)} the other way`,
    `mean overlap of the best pairs ${mean.toFixed(3)} (with latents matched at random ${meanNull.toFixed(3)})`,
    ...best.flatMap(({ from, to, overlap }) =>
      to === undefined
        ? []
        : [`  ${overlap.toFixed(2)}  ${large.familyName(from)}  =  ${small.familyName(to)}`],
    ),
  ];
}

function direction(cosines: Float32Array, threshold: number): Direction {
  return {
    latents: cosines.length,
    meanCosine: cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length,
    threshold,
    recurrent: cosines.filter((cosine) => cosine > threshold).length,
  };
}

function cells({ latents, meanCosine, threshold, recurrent }: Direction): string[] {
  const part = (count: number): string => `${count} (${percent(count / latents)})`;
  return [
    String(latents),
    meanCosine.toFixed(3),
    threshold.toFixed(3),
    part(recurrent),
    part(latents - recurrent),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
