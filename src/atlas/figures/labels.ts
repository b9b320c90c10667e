import {
  type ScorePanel,
  drawOverlapViolins,
  drawScoreHistogram,
  drawScoresByK,
} from "../../figures/labels.js";
import { tokenOverlap } from "../../labels/examples/token-overlap.js";
import { indexWords } from "../../words/word-index.js";
import type { Figure, FigureOptions } from "../../figures/figure.js";
import { type AtlasFigureOptions, type FigureEntry, inGroup } from "./entry.js";
import { PAPER_SCORE_LINES } from "./paper.js";
import { commonMeasure, scoreOf, scoredLabels } from "./reading.js";
import { LABEL_SCORES, PEARSON_SCORES } from "./requirements.js";
import { sizesName } from "./sources.js";

/** Figures of the labels and their scores. */
export const LABEL_FIGURES: readonly FigureEntry[] = inGroup("labels", [
  {
    name: "label-scores",
    shows: "scores of the labels, a panel per corpus",
    paper: "pearson_correlations, pearson_correlations_combined",
    requires: [LABEL_SCORES],
    from: "scores",
    draw: async ({ atlases }, { scores: given, ...options }) => {
      if (given !== undefined) return drawGivenScores(given, options);
      const lists = await Promise.all(atlases.map(scoredLabels));
      const common = commonMeasure(lists);
      if (!common) return { reason: "the atlases' labels have no measure in common" };
      const panels = new Map<string, ScorePanel & { series: ScorePanel["series"][number][] }>();
      for (const [at, atlas] of atlases.entries()) {
        const { embeddings } = atlas.paths;
        const panel = panels.get(embeddings) ?? { name: atlas.name, series: [] };
        const scores = lists[at].map((label) => scoreOf(label, common.measure));
        panel.series.push({ name: sizesName(await atlas.sae()), scores });
        panels.set(embeddings, panel);
      }
      const range = common.measure === "pearson" ? ([-1, 1] as const) : ([-0.2, 1] as const);
      const { score } = common;
      return drawScoreHistogram([...panels.values()], { ...options, score, range });
    },
  },
  {
    name: "label-scores-by-k",
    shows: "median correlation of the labels and share of good ones, by k",
    paper: "pearson_correlations_combined",
    overlay: "alone",
    requires: [PEARSON_SCORES],
    draw: async ({ atlases }, { paper, ...options }) => {
      const saes = await Promise.all(
        atlases.map(async (atlas) => ({
          k: (await atlas.sae()).k,
          scores: (await scoredLabels(atlas)).map((label) => scoreOf(label, "pearson")),
        })),
      );
      return drawScoresByK(saes, paper ? { ...options, references: PAPER_SCORE_LINES } : options);
    },
  },
  {
    name: "overlap-violins",
    shows: "scores of labels by how far they repeat their documents' words",
    paper: "violin F1 vs token overlap (code)",
    requires: [LABEL_SCORES],
    draw: async ({ atlas }, options) => {
      const labels = await scoredLabels(atlas);
      const common = commonMeasure([labels]);
      if (!common) return { reason: LABEL_SCORES.needs };
      const overlaps = tokenOverlap(
        labels,
        await atlas.postings(),
        indexWords(await atlas.texts()),
      );
      const byLatent = new Map(labels.map((label) => [label.id, label]));
      return drawOverlapViolins(
        {
          overlaps: overlaps.map(({ overlap }) => overlap),
          scores: overlaps.map(({ latent }) => scoreOf(byLatent.get(latent), common.measure)),
        },
        { ...options, score: common.score },
      );
    },
  },
]);

/** AUCs of the labels above those of the same labels at other latents. */
function drawGivenScores(
  { labels, control }: NonNullable<AtlasFigureOptions["scores"]>,
  options: FigureOptions,
): Figure {
  const panel = (name: string, rows: typeof labels): ScorePanel => ({
    name,
    series: [{ name, scores: rows.map(({ score }) => score?.value ?? NaN) }],
  });
  return drawScoreHistogram(
    [panel("labels", labels), panel("the same labels at other latents", control)],
    { ...options, score: "AUC", range: [0, 1], binWidth: 0.05 },
  );
}
