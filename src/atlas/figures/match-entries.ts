import { type SaeMatch, matchSaes } from "../../compare/match-saes.js";
import {
  type SplittingTree,
  chooseSplittingTrees,
  splittingTrees,
} from "../../compare/splitting-trees.js";
import { matchNull } from "../../compare/match-null.js";
import type { Figure } from "../../figures/figure.js";
import { drawMatchHistogram } from "../../figures/charts/match-histogram.js";
import { type SplitRoot, drawSplittingTree } from "../../figures/charts/splitting-tree.js";
import { labelByKeywords } from "../../labels/keywords.js";
import { displayLabel } from "../../records/label.js";
import { indexWords } from "../../words/word-index.js";
import type { AtlasFigureOptions, FigureEntry, Undrawn } from "./entry.js";
import { SEVERAL_SAES } from "./requirements.js";
import { type FigureSources, type NamedSae, sizesName } from "./sources.js";

/** Figures of latents that are followed from SAE to SAE. */
export const MATCH_ENTRIES: readonly FigureEntry[] = [
  {
    name: "match-histogram",
    group: "across SAEs",
    shows: "latents that come again in another SAE, beside chance",
    requires: [SEVERAL_SAES],
    draw: drawMatches,
  },
  {
    name: "splitting-tree",
    group: "across SAEs",
    shows: "how latents split over three SAEs",
    paper: "feature splitting (saerch app)",
    requires: [SEVERAL_SAES],
    draw: drawSplits,
  },
];

async function drawMatches(sources: FigureSources, options: AtlasFigureOptions): Promise<Figure> {
  const engine = await sources.atlas.engine();
  const saes = await sources.headline();
  const series = [];
  for (const [at, large] of saes.slice(1).entries()) {
    const small = saes[at];
    const { toSmallCosine } = await matchSaes(small.sae.decoder, large.sae.decoder, engine);
    const chance = await matchNull(large.sae.decoder, small.sae.decoder, engine);
    series.push({
      name: `${sizesName(large.sae)} in ${sizesName(small.sae)}`,
      cosines: toSmallCosine,
      null: chance,
    });
  }
  return drawMatchHistogram(series, options);
}

async function drawSplits(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure | Undrawn> {
  const saes = await sources.headline();
  if (saes.length < 3) return { reason: "needs three SAEs: --grid DIR, or --saes FILE,FILE" };
  const engine = await sources.atlas.engine();
  const match = (a: number, b: number): Promise<SaeMatch> =>
    matchSaes(saes[a].sae.decoder, saes[b].sae.decoder, engine);
  const trees = chooseSplittingTrees(
    splittingTrees(await match(0, 1), await match(1, 2), await match(0, 2)),
  );
  if (trees.length === 0) return { reason: "no latent splits at both steps" };
  const labels = await labelsOf(sources, saes);
  const roots = trees.map((tree) => splitRoot(tree, labels));
  return drawSplittingTree({ saes: saes.map(({ sae }) => sizesName(sae)), roots }, options);
}

function splitRoot(
  { latent, children, direct, consistency }: SplittingTree,
  [small, middle, large]: ((latent: number) => string)[],
): SplitRoot {
  return {
    label: small(latent),
    consistency,
    children: children.map((child) => ({
      label: middle(child.latent),
      children: child.leaves.map((leaf) => ({ label: large(leaf), direct: direct.includes(leaf) })),
    })),
  };
}

/** Labels by the documents' words: an SAE of a grid has no others. */
async function labelsOf(
  { atlas }: FigureSources,
  saes: readonly NamedSae[],
): Promise<((latent: number) => string)[]> {
  const index = indexWords(await atlas.texts());
  const lists = [];
  for (const sae of saes) lists.push(labelByKeywords(index, await sae.postings()));
  return lists.map((records) => (latent: number) => displayLabel(records[latent]));
}
