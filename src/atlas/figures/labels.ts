import { correlation, medianOf } from "../../core/statistics.js";
import { type HistogramPanel, histogram } from "../../figures/charts/histogram.js";
import { type Line, lines } from "../../figures/charts/lines.js";
import { violins } from "../../figures/charts/violins.js";
import { formatNumber, plotlyText } from "../../figures/drawing/text.js";
import { CATEGORIES } from "../../figures/theme/palette.js";
import { tokenOverlap } from "../../labels/examples/token-overlap.js";
import { indexWords } from "../../words/word-index.js";
import { type FigureEntry, Undrawn, figure, inGroup } from "./entry.js";
import { PAPER_SCORE_LINES } from "./paper.js";
import { commonMeasure, scoreOf, scoredLabels } from "./reading.js";
import { LABEL_SCORES, PEARSON_SCORES } from "./requirements.js";
import { sizesName } from "./sources.js";

/** Score from which on a label counts as good. */
const GOOD = 0.8;
/** What a score below 0 means, after the name of a measure that has some. */
const BY_CHANCE = " (0 as by chance, below 0 worse)";
/** Groups of equal width that the overlaps of labels with their documents are put in. */
const OVERLAPS = 5;

/** Figures of the labels and their scores. */
export const LABEL_FIGURES: readonly FigureEntry[] = inGroup("labels", [
  figure({
    name: "label-scores",
    shows: "scores of the labels, a panel per corpus",
    paper: "pearson_correlations, pearson_correlations_combined",
    requires: [LABEL_SCORES],
    from: "scores",
    read: async ({ atlases }, { scores: given }) => {
      if (given !== undefined) {
        const panels = [
          scorePanel("labels", given.labels),
          scorePanel("the same labels at other latents", given.control),
        ];
        return { panels, score: "AUC", range: [0, 1] as const, binWidth: 0.05 };
      }
      const lists = await Promise.all(atlases.map(scoredLabels));
      const common = commonMeasure(lists);
      if (!common) return new Undrawn("the labels of the atlases have no score in common");
      const panels = new Map<string, ScorePanel>();
      for (const [at, atlas] of atlases.entries()) {
        const { embeddings } = atlas.paths;
        const panel = panels.get(embeddings) ?? { title: atlas.name, series: [] };
        const values = lists[at].map((label) => scoreOf(label, common.measure));
        panel.series.push({ name: sizesName(await atlas.sae()), values });
        panels.set(embeddings, panel);
      }
      const scores = lists.flat().map((label) => scoreOf(label, common.measure));
      const least = Math.min(0, ...scores.filter(Number.isFinite));
      const range = [common.measure === "pearson" ? -1 : Math.floor(10 * least) / 10, 1] as const;
      return { panels: [...panels.values()], score: common.score, range, binWidth: 0.1 };
    },
    title: ({ score }) => `Labels by ${score}`,
    draw: ({ panels, score, range, binWidth }, options) =>
      histogram({
        ...options,
        panels: panels.map(({ title, series }) => ({
          ...(panels.length === 1 ? {} : { title }),
          series: series.map((one) => ({ ...one, mark: "median", notes: withoutScore(one) })),
        })),
        x: { title: `${plotlyText(score)}${range[0] < 0 ? BY_CHANCE : ""}`, range },
        ...{ binWidth, stacked: true, counted: "latents" },
      }),
  }),
  figure({
    name: "label-scores-by-k",
    shows: "median correlation of the labels and share of good ones, by k",
    paper: "pearson_correlations_combined",
    overlay: "alone",
    requires: [PEARSON_SCORES],
    read: async ({ atlases }) =>
      Promise.all(
        atlases.map(async (atlas) => ({
          k: (await atlas.sae()).k,
          scores: (await scoredLabels(atlas))
            .map((label) => scoreOf(label, "pearson"))
            .filter(Number.isFinite),
        })),
      ),
    title: () => "Pearson correlation of the labels by k",
    draw: (all, { paper, ...options }) => {
      const saes = all.filter(({ scores }) => scores.length > 0).sort((a, b) => a.k - b.k);
      const own = (name: string, colour: string, valueOf: (scores: number[]) => number): Line => ({
        ...{ name, colour, label: "end", draw: saes.length > 1 ? "both" : "points" },
        pointSize: 1.5,
        x: saes.map(({ k }) => k),
        y: saes.map(({ scores }) => valueOf(scores)),
      });
      const goodShare = (scores: number[]): number =>
        scores.filter((value) => value >= GOOD).length / scores.length;
      const ours = [
        own("median", CATEGORIES[0], (scores) => medianOf(scores) ?? NaN),
        own(`share from ${GOOD}`, CATEGORIES[1], goodShare),
      ];
      const plot = {
        lines: [...(saes.length > 0 ? ours : []), ...(paper ? PAPER_SCORE_LINES : [])],
        x: { title: "k of the SAE", log: true, ticks: [4, 8, 16, 32, 64, 128] },
        y: { title: `median, and share from ${GOOD}`, range: [0, 1.05] as const },
      };
      return lines({ ...options, plots: [plot] });
    },
  }),
  figure({
    name: "overlap-violins",
    shows: "scores of labels by how far they repeat their documents' words",
    paper: "violin F1 vs token overlap (code)",
    requires: [LABEL_SCORES],
    read: async ({ atlas }) => {
      const labels = await scoredLabels(atlas);
      const common = commonMeasure([labels]);
      if (!common) return new Undrawn(LABEL_SCORES.needs);
      const index = indexWords(await atlas.texts());
      const overlaps = tokenOverlap(labels, await atlas.postings(), index);
      const byLatent = new Map(labels.map((label) => [label.id, label]));
      const points = overlaps.map(({ latent, overlap }) => ({
        overlap,
        value: scoreOf(byLatent.get(latent), common.measure),
      }));
      return { points, score: common.score };
    },
    title: ({ score }) =>
      `${score[0].toUpperCase()}${score.slice(1)} of labels by the words they share with documents`,
    draw: ({ points, score }, options) => {
      const kept = points.filter(({ value }) => Number.isFinite(value));
      const groupOf = (overlap: number): number =>
        Math.min(OVERLAPS - 1, Math.floor(overlap * OVERLAPS + 1e-9));
      const groups = Array.from({ length: OVERLAPS }, (_, g) => {
        const values = kept.filter(({ overlap }) => groupOf(overlap) === g);
        const [from, to] = [g, g + 1].map((edge) => formatNumber(edge / OVERLAPS, 2));
        return {
          name: `${from}–${to}<br>(${values.length})`,
          values: values.map(({ value }) => value),
        };
      });
      const r = correlation(
        kept.map(({ overlap }) => overlap),
        kept.map(({ value }) => value),
      );
      const shown = Number.isFinite(r) ? `, r ${formatNumber(r, 2)}` : "";
      const x = `label’s words in its documents (labels)${shown}`;
      return violins({ ...options, groups, x, y: score });
    },
  }),
]);

/** One corpus: its SAEs are stacked in one plot. */
interface ScorePanel extends HistogramPanel {
  series: { name: string; values: number[] }[];
}

function scorePanel(name: string, rows: readonly { score?: { value: number } }[]): ScorePanel {
  return { title: name, series: [{ name, values: rows.map(({ score }) => score?.value ?? NaN) }] };
}

function withoutScore({ values }: { values: readonly number[] }): string[] {
  const count = values.filter((value) => !Number.isFinite(value)).length;
  return count > 0 ? [`${count.toLocaleString("en")} without a score`] : [];
}
