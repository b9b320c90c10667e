import type { ComparedSae, MatchDirection, SaeComparison } from "../../atlas/compare.js";
import type { SplittingTree, TreeSummary } from "../../compare/splitting-trees.js";
import type { FamilyMatches } from "../../compare/universality.js";
import { formatRows, percent } from "./rows.js";

const SHOWN = 3;

/** Both directions as a table, then splits and universal latents. */
export function describeMatch({ toSmall, toLarge, splits, universal }: SaeComparison): string[] {
  const split = splits.filter((list) => list.length > 1).length;
  const lone = splits.filter((list) => list.length === 0).length;
  const shares = [toLarge, toSmall].map(({ latents }) => percent(universal.length / latents));
  return [
    ...formatRows([
      ["", "latents", "mean cosine", "threshold", "recurrent", "novel"],
      ["large to small", ...cells(toSmall)],
      ["small to large", ...cells(toLarge)],
    ]),
    `${split} of ${toLarge.latents} small latents split into several, ${lone} have no counterpart`,
    `${universal.length} pairs of latents are mutual nearest neighbours and recurrent both ways: ${shares[0]} of the small SAE, ${shares[1]} of the large one`,
  ];
}

/** Trees in numbers, then the `examples` drawn with indents. */
export function describeTrees(
  { trees, meanConsistency, branching }: TreeSummary,
  examples: readonly SplittingTree[],
  [small, middle, large]: readonly ComparedSae[],
): string[] {
  const shown = examples.flatMap((tree) => [
    `  ${small.label(tree.latent)}  (self-consistency ${tree.consistency.toFixed(2)})`,
    ...tree.children.flatMap(({ latent, leaves }) => [
      `    ${middle.label(latent)}`,
      ...leaves.map((leaf) => `      ${large.label(leaf)}`),
    ]),
  ]);
  return [
    `${trees} trees through three sizes, mean self-consistency ${meanConsistency.toFixed(3)}, ${branching} branch at both steps`,
    ...(shown.length > 0 ? ["for example", ...shown] : []),
  ];
}

/** Families in numbers, then the closest pairs by name. */
export function describeFamilyMatches(
  { toSmall, toLarge, mean, meanNull }: FamilyMatches,
  small: ComparedSae,
  large: ComparedSae,
): string[] {
  const found = (pairs: FamilyMatches["toSmall"]): string =>
    `${pairs.filter(({ to }) => to !== undefined).length} of ${pairs.length}`;
  const best = [...toSmall].sort((a, b) => b.overlap - a.overlap).slice(0, SHOWN);
  return [
    `${found(toSmall)} large families share latents with a small one, and ${found(toLarge)} small families with a large one`,
    `mean overlap of the best pairs ${mean.toFixed(3)} (${meanNull.toFixed(3)} with latents matched at random)`,
    ...best.flatMap(({ from, to, overlap }) =>
      to === undefined
        ? []
        : [`  ${overlap.toFixed(2)}  ${large.familyName(from)}  =  ${small.familyName(to)}`],
    ),
  ];
}

function cells({ latents, meanCosine, threshold, recurrent }: MatchDirection): string[] {
  const part = (count: number): string => `${count} (${percent(count / latents)})`;
  return [
    String(latents),
    meanCosine.toFixed(3),
    threshold.toFixed(3),
    part(recurrent),
    part(latents - recurrent),
  ];
}
