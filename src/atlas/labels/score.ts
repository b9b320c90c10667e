import type { CatalogRow } from "../../catalog/row.js";
import type { Embedder } from "../../corpus/embedder.js";
import type { Presentable } from "../../core/presentation.js";
import type { OnProgress } from "../../core/progress.js";
import { createRandom, shuffleInPlace } from "../../core/random.js";
import type { EmbeddingScore } from "../../labels/embedding-score.js";
import { EMBEDDING_SCORE, scoreByEmbedding } from "../../labels/embedding-score.js";
import type { Label, Score } from "../../records/label.js";
import { saveScores } from "../steps/refresh.js";
import type { BuildReport } from "../steps/atlas-build.js";
import type { AtlasStore } from "../store.js";
import { classOf } from "../views.js";

/** Labels that a report names as the best, and as the worst. */
const EXTREMES = 6;

/** How an atlas's labels are scored by embeddings. */
export interface ScoreOptions {
  /** The embedder of the corpus. Default the atlas's own. */
  embedder?: Embedder;
  /** Keeps the scores in the atlas and shows them in its catalog. Default false. */
  save?: boolean;
  /** Of the documents drawn. Default 0. */
  seed?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** The score of one label. */
export interface LabelScoreRow {
  latent: number;
  label: string;
  /** The latent's row of the catalog. */
  row: CatalogRow;
  /** Undefined where it has none; `reason` then says why. */
  score?: Score;
  reason?: string;
}

/** Scores in a few numbers. */
export interface ScoreSummary {
  scored: number;
  mean: number;
  /** Share of the scored labels whose 95 % interval lies above 0.5, chance. */
  aboveChance: number;
}

/** The scores of an atlas's labels beside those of the same labels given to other latents at random. */
export interface ScoreReport extends ScoreSummary, Presentable {
  /** Name of the measure. */
  measure: string;
  /** The same labels, each at another latent's place: what a label scores that says nothing of its latent. */
  shuffled: ScoreSummary;
  labels: LabelScoreRow[];
  /** Six at most by the lower end of their 95 % interval, the best first: one of few documents may be luck. */
  best: LabelScoreRow[];
  /** Six at most by the upper end of it, the worst first. */
  worst: LabelScoreRow[];
  /** Scores of the shuffled labels. */
  control: LabelScoreRow[];
  /** What was brought up to date; only with `save`. */
  refreshed?: BuildReport;
}

/**
 * Scores labels without a language model: the AUC of the cosine between label and document, over documents in which the
 * latent is active against others. 0.5 is worthless, 1 perfect. Throws RangeError where the embedder's width is not the
 * corpus's.
 */
export async function scoreStore(
  store: AtlasStore,
  embedder: Embedder,
  { seed, save = false, onProgress, signal }: ScoreOptions = {},
): Promise<ScoreReport> {
  const source = {
    postings: await store.postings(),
    documents: await store.documents(),
    embeddings: await store.embeddings(),
  };
  const records = [...(await store.labels()).values()];
  const catalog = await store.catalog();
  const score = async (list: readonly Label[]): Promise<LabelScoreRow[]> => {
    const scores = await scoreByEmbedding(source, list, embedder, { seed, onProgress, signal });
    return scores.map((found, i) => ({
      ...found,
      label: list[i].text,
      row: catalog[found.latent],
    }));
  };
  const labels = await score(records);
  const control = await score(dealtOut(records));
  const [summary, shuffled] = [summarise(labels), summarise(control)];
  const [best, worst] = [extremes(labels, 0), extremes(labels, 1)];
  const shown = ({ latent, label, score: found, row }: LabelScoreRow): object => ({
    latent,
    label,
    AUC: found?.value,
    from: found?.interval?.[0],
    to: found?.interval?.[1],
    documents: found?.n,
    ...classOf(row),
  });
  const report: ScoreReport = {
    ...{ measure: EMBEDDING_SCORE, ...summary, shuffled },
    ...{ labels, best, worst, control },
    present: () => [
      {
        rows: [
          { ...summary, name: "as given" },
          { ...shuffled, name: "at other latents, at random" },
        ].map(({ name, scored, mean, aboveChance }) => ({
          labels: name,
          scored,
          "mean AUC": mean,
          "above chance": aboveChance,
        })),
      },
      { heading: "Best", rows: best.map(shown) },
      { heading: "Worst", rows: worst.map(shown) },
    ],
  };
  if (!save) return report;
  const saved = labels.flatMap(({ latent, label, score: found }) =>
    found === undefined ? [] : [{ latent, label, ...found }],
  );
  const refreshed = await saveScores(store.dir, saved);
  store.reload();
  return { ...report, refreshed };
}

function summarise(scores: readonly EmbeddingScore[]): ScoreSummary {
  const values = scores.flatMap(({ score }) => (score ? [score] : []));
  const sum = values.reduce((total, { value }) => total + value, 0);
  const above = values.filter(({ interval }) => (interval?.[0] ?? 0) > 0.5).length;
  return {
    scored: values.length,
    mean: values.length > 0 ? sum / values.length : NaN,
    aboveChance: values.length > 0 ? above / values.length : NaN,
  };
}

/** The rows with the most extreme interval: by its lower end (0) the best, by its upper end (1) the worst. */
function extremes(rows: readonly LabelScoreRow[], end: 0 | 1): LabelScoreRow[] {
  const bound = ({ score }: LabelScoreRow): number => score?.interval?.[end] ?? NaN;
  const sign = end === 0 ? -1 : 1;
  return rows
    .filter((row) => Number.isFinite(bound(row)))
    .sort((a, b) => sign * (bound(a) - bound(b)) || a.latent - b.latent)
    .slice(0, EXTREMES);
}

/** The same labels, each at another latent's place. */
function dealtOut(records: readonly Label[]): Label[] {
  const labelled = records.filter(({ text }) => text !== "");
  const order = Uint32Array.from(labelled, (_, i) => i);
  shuffleInPlace(order, createRandom(1));
  return labelled.map((record, i) => ({ ...record, text: labelled[order[i]].text }));
}
