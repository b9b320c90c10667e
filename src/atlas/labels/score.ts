import type { Embedder } from "../../corpus/embedder.js";
import type { OnProgress } from "../../core/progress.js";
import { createRandom, shuffleInPlace } from "../../core/random.js";
import {
  type EmbeddingScore,
  EMBEDDING_SCORE,
  scoreByEmbedding,
} from "../../labels/embedding-score.js";
import type { Label, Score } from "../../records/label.js";
import { saveScores } from "../steps/refresh.js";
import type { BuildReport } from "../steps/atlas-build.js";
import type { AtlasStore } from "../store.js";

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
export interface ScoreReport extends ScoreSummary {
  /** Name of the measure. */
  measure: string;
  /** The same labels, each at another latent's place: what a label scores that says nothing of its latent. */
  shuffled: ScoreSummary;
  labels: LabelScoreRow[];
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
  const score = async (list: readonly Label[]): Promise<LabelScoreRow[]> => {
    const scores = await scoreByEmbedding(source, list, embedder, { seed, onProgress, signal });
    return scores.map((found, i) => ({ ...found, label: list[i].text }));
  };
  const labels = await score(records);
  const control = await score(dealtOut(records));
  const report = {
    measure: EMBEDDING_SCORE,
    ...summarise(labels),
    shuffled: summarise(control),
    labels,
    control,
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

/** The same labels, each at another latent's place. */
function dealtOut(records: readonly Label[]): Label[] {
  const labelled = records.filter(({ text }) => text !== "");
  const order = Uint32Array.from(labelled, (_, i) => i);
  shuffleInPlace(order, createRandom(1));
  return labelled.map((record, i) => ({ ...record, text: labelled[order[i]].text }));
}
