import { matchNull } from "../../compare/match-null.js";
import { type SaeMatch, matchSaes } from "../../compare/match-saes.js";
import {
  type SplittingTree,
  chooseSplittingTrees,
  splittingTrees,
} from "../../compare/splitting-trees.js";
import { table } from "../../figures/charts/table.js";
import { type SplitRoot, drawMatchHistogram, drawSplittingTree } from "../../figures/saes.js";
import { labelByKeywords } from "../../labels/keywords.js";
import { displayLabel } from "../../records/label.js";
import { type SaeMetrics, computeMetrics } from "../../sae/measure/metrics.js";
import { indexWords } from "../../words/word-index.js";
import { type FigureEntry, type UngroupedFigure, inGroup } from "./entry.js";
import { PAPER_METRICS_ROWS, metricsCells } from "./paper.js";
import { paperReferences } from "./paper-partners.js";
import { SEVERAL_SAES, severalOf } from "./requirements.js";
import {
  densityPanels,
  drawPanels,
  headlinePanels,
  selfPanels,
  variedPanels,
} from "./sae-panels.js";
import { type FigureSources, type NamedSae, sizesName } from "./sources.js";

/** Figures of several SAEs. */
export const SAE_FIGURES: readonly FigureEntry[] = inGroup("across SAEs", [
  {
    name: "match-histogram",
    shows: "latents that recur in another SAE, compared with chance",
    requires: [SEVERAL_SAES],
    draw: async (sources, options) => {
      const engine = await sources.atlas.engine();
      const saes = await sources.headline();
      const series = [];
      for (const [at, large] of saes.slice(1).entries()) {
        const small = saes[at];
        const { toSmallCosine } = await matchSaes(small.sae.decoder, large.sae.decoder, engine);
        series.push({
          name: `${sizesName(large.sae)} in ${sizesName(small.sae)}`,
          cosines: toSmallCosine,
          null: await matchNull(large.sae.decoder, small.sae.decoder, engine),
        });
      }
      return drawMatchHistogram(series, options);
    },
  },
  {
    name: "splitting-tree",
    shows: "how latents split over three SAEs",
    paper: "feature splitting (saerch app)",
    requires: [SEVERAL_SAES],
    draw: async (sources, options) => {
      const saes = await sources.headline();
      if (saes.length < 3) return { reason: "needs three SAEs: --grid-folder, or --saes" };
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
    },
  },
  {
    name: "metrics-table",
    shows: "error, density and activation of the SAEs as a table",
    paper: "the models' card",
    overlay: "beside",
    requires: [],
    draw: async (sources, { paper, ...options }) => {
      const columns = ["SAE", "corpus", "error", "mean log density", "mean activation"];
      const own = (await ownMetrics(sources)).map((cells) => ({ cells }));
      const rows = paper ? [...own, ...PAPER_METRICS_ROWS] : own;
      return table({ defaultTitle: "Metrics of the SAEs", ...options, columns, rows });
    },
  },
  {
    name: "density-panels",
    shows: "density of the latents of several SAEs, one above the other",
    paper: "log_feature_density, log_feature_density_combined",
    overlay: "beside",
    requires: [SEVERAL_SAES],
    draw: async (sources, { paper, ...options }) => {
      const references = paper && paperReferences(await sources.headline(), "headline");
      return drawPanels(await densityPanels(sources, references || {}), options);
    },
  },
  {
    name: "max-cosine-headline",
    shows: "how alike the latents of SAEs are whose k and n grow together",
    paper: "multiple_cosine_sim_histograms",
    overlay: "beside",
    requires: [SEVERAL_SAES],
    draw: async (sources, { paper, ...options }) => {
      const references = paper && paperReferences(await sources.headline(), "headline");
      return drawPanels(await headlinePanels(sources, references || {}), options);
    },
  },
  ...(["k", "n"] as const).map((fixed): UngroupedFigure => {
    const other = fixed === "k" ? "n" : "k";
    return {
      name: `max-cosine-by-${fixed}`,
      shows: `how alike the latents of SAEs of different ${other} are, a panel per ${fixed}`,
      paper: `combined_multiple_cosine_sim_histograms_${fixed}`,
      overlay: "beside",
      requires: [severalOf(other)],
      draw: async (sources, { paper, ...options }) => {
        const references = paper && paperReferences(await sources.saes(), fixed);
        return drawPanels(await variedPanels(sources, fixed, references || {}), options);
      },
    };
  }),
  {
    name: "max-cosine-self",
    shows: "how alike the latents of each SAE are to one another, k by n",
    paper: "max_cosine_similarity_histograms_self",
    requires: [SEVERAL_SAES],
    draw: async (sources, options) => drawPanels(await selfPanels(sources), options),
  },
]);

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

/** Rows of the atlases' own SAEs, and of the headline SAEs where a grid was given. */
async function ownMetrics(sources: FigureSources): Promise<string[][]> {
  const cells = (metrics: SaeMetrics, corpus: string, origin = ""): string[] =>
    metricsCells(`${sizesName(metrics)}${origin}`, corpus, [
      metrics.normalized_mse,
      metrics.mean_log10_density_live,
      metrics.mean_nonzero_activation,
    ]);
  const rows: string[][] = [];
  for (const atlas of sources.atlases) rows.push(cells(await atlas.metrics(), atlas.name));
  if (sources.compares !== "grid") return rows;
  const { atlas } = sources;
  const engine = await atlas.engine();
  for (const { sae } of await sources.headline()) {
    const metrics = await computeMetrics(sae, atlas.paths.embeddings, { engine });
    rows.push(cells(metrics, atlas.name, " of the grid"));
  }
  return rows;
}
