import type { Embedder } from "../corpus/embedder.js";
import { type Matrix, dot, matrixRow } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";
import { measureAuc } from "../core/auc.js";
import type { ExampleOptions, ExampleSource } from "./examples/example.js";
import { drawExamples } from "./examples/draw-examples.js";
import type { LabelRecord, LabelScore } from "./label.js";

/** The name of the score that `scoreByEmbedding` gives. */
export const EMBEDDING_SCORE = "embedding-auc";

/** How labels are scored by embeddings. */
export interface EmbeddingScoreOptions extends Omit<ExampleOptions, "explain" | "validate"> {
  /** What is embedded for a label. Default: the label itself. */
  phrase?: (label: string) => string;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** One label's score, or why it has none. */
export interface EmbeddingScore {
  latent: number;
  score?: LabelScore;
  reason?: string;
}

/**
 * How well each label tells the documents of its latent from others, without a language model: the AUC of the cosine
 * between the label's embedding and a document's, over documents in which the latent is active against those in which
 * it is not (50 + 50 by default). 0.5 is worthless, 1 perfect. Documents that a record names as shown to the explainer
 * or used to choose among candidates are left out. In the order of `records`. `source.embeddings` must come from the
 * same embedder. Throws RangeError where there are none or their width differs.
 */
export async function scoreByEmbedding(
  source: ExampleSource,
  records: readonly LabelRecord[],
  embedder: Pick<Embedder, "d" | "embed">,
  { phrase = (label) => label, onProgress, signal, ...options }: EmbeddingScoreOptions = {},
): Promise<EmbeddingScore[]> {
  const { embeddings } = source;
  if (embeddings === undefined) throw new RangeError("scoreByEmbedding: needs embeddings");
  if (embeddings.cols !== embedder.d) {
    throw new RangeError(
      `scoreByEmbedding: the documents' embeddings are ${embeddings.cols} wide, the embedder's ${embedder.d}`,
    );
  }
  const texts = new Map<string, number>();
  for (const { label } of records) {
    if (label !== "" && !texts.has(label)) texts.set(label, texts.size);
  }
  const vectors = await embedder.embed([...texts.keys()].map(phrase), { onProgress, signal });
  const counts: ExampleOptions = {
    score: { active: 50, inactive: 50 },
    least: 0.1,
    ...options,
    explain: { active: 0, inactive: 0 },
    validate: { active: 0, inactive: 0 },
  };
  return records.map((record, i) => {
    signal?.throwIfAborted();
    if (i % 64 === 0) onProgress?.({ step: "score", done: i, total: records.length });
    const at = texts.get(record.label);
    if (at === undefined) return { latent: record.latent, reason: record.reason ?? "no label" };
    return scoreOne({ ...source, embeddings }, record, matrixRow(vectors, at), counts);
  });
}

/** A copy of the record with one more score, in place of an earlier one of that name. */
export function withScore(record: LabelRecord, score: LabelScore): LabelRecord {
  if (record.scoreName === undefined || record.scoreName === score.name) {
    const { name, value, n, interval } = score;
    const first: LabelRecord = { ...record, score: value, scoreName: name, n };
    if (interval !== undefined) return { ...first, interval };
    delete first.interval;
    return first;
  }
  const others = (record.scores ?? []).filter(({ name }) => name !== score.name);
  return { ...record, scores: [...others, score] };
}

function scoreOne(
  source: ExampleSource & { embeddings: Matrix },
  record: LabelRecord,
  label: Float32Array,
  options: ExampleOptions,
): EmbeddingScore {
  const { latent, examples } = record;
  const shown = new Set(examples ? [...examples.explain, ...examples.validate] : []);
  const drawn = drawExamples(
    { ...source, exclude: (row) => shown.has(source.documents[row].id) },
    latent,
    options,
  );
  if ("reason" in drawn) return drawn;
  const cosine = (row: number): number => {
    const vector = matrixRow(source.embeddings, row);
    const norms = Math.sqrt(dot(vector, vector) * dot(label, label));
    return norms === 0 ? 0 : dot(vector, label) / norms;
  };
  const of = (active: boolean): number[] =>
    drawn.score.filter(({ kind }) => (kind === "active") === active).map(({ row }) => cosine(row));
  const auc = measureAuc(of(true), of(false));
  if (auc === undefined) return { latent, reason: "no document to compare" };
  return {
    latent,
    score: {
      name: EMBEDDING_SCORE,
      value: auc.value,
      n: drawn.score.length,
      interval: auc.interval,
    },
  };
}
