import { matchNull } from "../../compare/match-null.js";
import { type SaeMatch, matchSaes } from "../../compare/match-saes.js";
import type { SplittingTree } from "../../compare/splitting-trees.js";
import { chooseSplittingTrees, splittingTrees } from "../../compare/splitting-trees.js";
import { type ColumnNode, columnTree } from "../../figures/charts/column-tree.js";
import { histogram } from "../../figures/charts/histogram.js";
import { table } from "../../figures/charts/table.js";
import { formatNumber, plotlyText } from "../../figures/drawing/text.js";
import { CATEGORIES, MUTED } from "../../figures/theme/palette.js";
import { labelByKeywords } from "../../labels/keywords.js";
import { displayLabel } from "../../records/label.js";
import { type SaeMetrics, computeMetrics } from "../../sae/measure/metrics.js";
import { indexWords } from "../../words/word-index.js";
import { type FigureEntry, Undrawn, figure, inGroup } from "./entry.js";
import { PAPER_METRICS_ROWS, metricsCells } from "./paper.js";
import { SEVERAL_SAES } from "./requirements.js";
import { PANEL_FIGURES } from "./sae-panels.js";
import { type FigureSources, type NamedSae, sizesName } from "./sources.js";

/** Figures of several SAEs. */
export const SAE_FIGURES: readonly FigureEntry[] = inGroup("across SAEs", [
  figure({
    name: "match-histogram",
    shows: "latents that recur in another SAE, compared with chance",
    requires: [SEVERAL_SAES],
    read: async (sources) => {
      const engine = await sources.atlas.engine();
      const saes = await sources.headline();
      const pairs = [];
      for (const [at, { sae: large }] of saes.slice(1).entries()) {
        const small = saes[at].sae;
        const { toSmallCosine } = await matchSaes(small.decoder, large.decoder, engine);
        pairs.push({
          name: `${sizesName(large)} in ${sizesName(small)}`,
          cosines: toSmallCosine,
          chance: await matchNull(large.decoder, small.decoder, engine),
        });
      }
      return pairs;
    },
    title: () => "Recurrent and novel latents",
    draw: (pairs, options) =>
      histogram({
        ...options,
        panels: pairs.map(({ name, cosines, chance }) => ({
          title: name,
          mark: chance.threshold,
          series: [
            {
              ...{ name: "random directions", values: chance.cosines, colour: MUTED, width: 0.7 },
              hover: "%{y:.1%} of random directions<br>cosine %{customdata}<extra></extra>",
            },
            {
              ...{ name: "latents", values: cosines, colour: CATEGORIES[0] },
              notes: [`${shareAbove(cosines, chance.threshold)} recurrent`],
              hover: `%{y:.1%} of latents<br>cosine %{customdata}<extra>${plotlyText(name)}</extra>`,
            },
          ],
        })),
        x: { title: "cosine with the nearest latent" },
        y: { title: "share", fromZero: true, format: ".0%" },
        ...{ binWidth: 0.02, scale: "share" },
      }),
  }),
  figure({
    name: "splitting-tree",
    shows: "how latents split over three SAEs",
    paper: "feature splitting (saerch app)",
    requires: [SEVERAL_SAES],
    read: async (sources) => {
      const saes = await sources.headline();
      if (saes.length < 3) return new Undrawn("needs three SAEs: --grid-folder, or --saes");
      const engine = await sources.atlas.engine();
      const match = (a: number, b: number): Promise<SaeMatch> =>
        matchSaes(saes[a].sae.decoder, saes[b].sae.decoder, engine);
      const trees = chooseSplittingTrees(
        splittingTrees(await match(0, 1), await match(1, 2), await match(0, 2)),
      );
      if (trees.length === 0) return new Undrawn("no latent splits at both steps");
      const labels = await labelsOf(sources, saes);
      const columns = saes.map(({ sae }) => sizesName(sae));
      return { columns, roots: trees.map((one) => splitRoot(one, labels)) };
    },
    title: ({ roots }) =>
      roots.length === 1 ? `How “${roots[0].label}” splits` : "How latents split",
    draw: (trees, options) =>
      columnTree({
        ...{ ...options, ...trees },
        key: "● the direct match agrees   ○ it names another parent",
      }),
  }),
  figure({
    name: "metrics-table",
    shows: "error, density and activation of the SAEs as a table",
    paper: "the models' card",
    overlay: "beside",
    requires: [],
    read: ownMetrics,
    title: () => "Metrics of the SAEs",
    draw: (own, { paper, ...options }) =>
      table({
        ...options,
        columns: ["SAE", "corpus", "error", "mean log density", "mean activation"],
        rows: [...own.map((cells) => ({ cells })), ...(paper ? PAPER_METRICS_ROWS : [])],
      }),
  }),
  ...PANEL_FIGURES,
]);

function splitRoot(
  { latent, children, direct, consistency }: SplittingTree,
  [small, middle, large]: ((latent: number) => string)[],
): ColumnNode {
  return {
    label: small(latent),
    notes: [`self-consistency ${formatNumber(consistency, 2)}`],
    children: children.map((child) => ({
      label: middle(child.latent),
      children: child.leaves.map((leaf) => ({
        ...{ label: large(leaf), isHollow: !direct.includes(leaf) },
        notes: direct.includes(leaf) ? [] : ["the direct match gives it to another"],
      })),
    })),
  };
}

function shareAbove(cosines: ArrayLike<number>, threshold: number): string {
  const list = Array.from(cosines).filter(Number.isFinite);
  const share = list.filter((cosine) => cosine > threshold).length / list.length;
  return Number.isFinite(share) ? `${formatNumber(100 * share, 0)} %` : "none";
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
    const metrics = await computeMetrics(sae, await atlas.embeddingsFile(), { engine });
    rows.push(cells(metrics, atlas.name, " of the grid"));
  }
  return rows;
}
