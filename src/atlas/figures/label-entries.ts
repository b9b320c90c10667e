import path from "node:path";
import { drawOverlapViolins } from "../../figures/charts/overlap-violins.js";
import type { Figure } from "../../figures/figure.js";
import { type ScorePanel, drawScoreHistogram } from "../../figures/charts/score-histogram.js";
import { type Label, scoreNamed } from "../../records/label.js";
import { tokenOverlap } from "../../labels/examples/token-overlap.js";
import { indexWords } from "../../words/word-index.js";
import type { AtlasStore } from "../store.js";
import type { AtlasFigureOptions, FigureEntry, Undrawn } from "./entry.js";
import { LABEL_SCORES } from "./requirements.js";
import { type FigureSources, sizesName } from "./sources.js";

/** The measures of a label, those of a language model's judgement first. */
const MEASURES = ["pearson", "f1", "balanced-accuracy", "embedding-auc", "keyword-coverage"];

/** Figures of the labels and their scores. */
export const LABEL_ENTRIES: readonly FigureEntry[] = [
  {
    name: "label-scores",
    group: "labels",
    shows: "scores of the labels, a panel for each corpus",
    paper: "pearson_correlations, pearson_correlations_combined",
    requires: [LABEL_SCORES],
    draw: drawScores,
  },
  {
    name: "overlap-violins",
    group: "labels",
    shows: "scores of labels by how far they repeat their documents' words",
    paper: "violin F1 vs token overlap (code)",
    requires: [LABEL_SCORES],
    draw: drawOverlaps,
  },
];

async function drawScores(
  { atlases }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure | Undrawn> {
  const read = await Promise.all(
    atlases.map(async (atlas) => ({ atlas, labels: [...(await atlas.labels()).values()] })),
  );
  const measure = commonMeasure(read.map(({ labels }) => labels));
  if (measure === undefined) return { reason: "the atlases' labels have no measure in common" };
  const panels = new Map<string, ScorePanel["series"][number][]>();
  for (const { atlas, labels } of read) {
    const series = panels.get(atlas.paths.embeddings) ?? [];
    series.push({ name: sizesName(await atlas.sae()), scores: scoresOf(labels, measure) });
    panels.set(atlas.paths.embeddings, series);
  }
  const named = [...panels].map(([embeddings, series]) => ({
    name: corpusOf(embeddings, atlases),
    series,
  }));
  const range = measure === "pearson" ? ([-1, 1] as const) : ([-0.2, 1] as const);
  const score = MEASURE_NAMES[measure] ?? measure;
  return drawScoreHistogram(named, { ...options, name: "label-scores", score, range });
}

async function drawOverlaps(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure | Undrawn> {
  const labels = [...(await atlas.labels()).values()];
  const measure = commonMeasure([labels]);
  if (measure === undefined) return { reason: LABEL_SCORES.needs };
  const index = indexWords(await atlas.texts());
  const overlaps = tokenOverlap(labels, await atlas.postings(), index);
  const byLatent = new Map(labels.map((label) => [label.id, label]));
  return drawOverlapViolins(
    {
      overlaps: overlaps.map(({ overlap }) => overlap),
      scores: overlaps.map(({ latent }) => scoreOf(byLatent.get(latent), measure)),
    },
    { ...options, score: MEASURE_NAMES[measure] ?? measure },
  );
}

const MEASURE_NAMES: Record<string, string> = {
  pearson: "Pearson correlation",
  f1: "F1",
  "keyword-coverage": "keyword coverage",
  "embedding-auc": "embedding AUC",
};

/** The first measure that labels of every list have. */
function commonMeasure(lists: readonly (readonly Label[])[]): string | undefined {
  return MEASURES.find((name) =>
    lists.every((labels) => labels.some((label) => Number.isFinite(scoreOf(label, name)))),
  );
}

function scoresOf(labels: readonly Label[], measure: string): number[] {
  return labels.map((label) => scoreOf(label, measure));
}

/** NaN where the label has no such score. */
function scoreOf(label: Label | undefined, measure: string): number {
  return scoreNamed(label?.scores ?? [], measure) ?? NaN;
}

function corpusOf(embeddings: string, atlases: readonly AtlasStore[]): string {
  const dirs = atlases
    .filter((atlas) => atlas.paths.embeddings === embeddings)
    .map(({ dir }) => dir);
  return path.basename(path.resolve(dirs[0]));
}
