import type { Embedder } from "../corpus/embedder.js";
import { type Matrix, dot, matrixRow } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";
import { measureAuc } from "../core/auc.js";
import type { ExampleOptions, ExampleSource } from "./examples/example.js";
import { drawExamples } from "./examples/draw-examples.js";
import type { Label, Score } from "../records/label.js";
import { interruptible } from "../core/interrupt.js";

/** The name of the score that `scoreByEmbedding` gives. */
export const EMBEDDING_SCORE = "embedding-auc";

/** How labels are scored by embeddings. */
export interface EmbeddingScoreOptions extends Omit<ExampleOptions, "explain" | "validate"> {
  /** The text to embed for a label. Default: the label itself. */
  phrase?: (label: string) => string;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** One label's score, or the reason why it has none. */
export interface EmbeddingScore {
  latent: number;
  score?: Score;
  reason?: string;
}

/**
 * Measures without a language model how well each label separates the documents of its latent from others: the AUC of
 * the cosine between the label's embedding and a document's, for documents in which the latent is active against those
 * in which it is not (50 + 50 by default). 0.5 is chance, 1 is perfect. Documents that were used to write or choose the
 * label are excluded. Results are in the order of `labels`. `source.embeddings` must come from the same embedder;
 * throws RangeError if they are missing or their width differs.
 */
export async function scoreByEmbedding(
  source: ExampleSource,
  labels: readonly Label[],
  embedder: Pick<Embedder, "d" | "embed">,
  { phrase = (label) => label, onProgress, signal: given, ...options }: EmbeddingScoreOptions = {},
): Promise<EmbeddingScore[]> {
  const signal = interruptible(given);
  const { embeddings } = source;
  if (embeddings === undefined) throw new RangeError("scoreByEmbedding: needs embeddings");
  if (embeddings.cols !== embedder.d) {
    throw new RangeError(
      `scoreByEmbedding: the documents' embeddings are ${embeddings.cols} wide, the embedder's ${embedder.d}`,
    );
  }
  const texts = new Map<string, number>();
  for (const { text } of labels) {
    if (text !== "" && !texts.has(text)) texts.set(text, texts.size);
  }
  const vectors = await embedder.embed([...texts.keys()].map(phrase), { onProgress, signal });
  const counts: ExampleOptions = {
    score: { active: 50, inactive: 50 },
    least: 0.1,
    ...options,
    explain: { active: 0, inactive: 0 },
    validate: { active: 0, inactive: 0 },
  };
  return labels.map((label, i) => {
    signal?.throwIfAborted();
    if (i % 64 === 0) onProgress?.({ step: "score", done: i, total: labels.length });
    const at = texts.get(label.text);
    if (at === undefined) return { latent: label.id, reason: label.reason ?? "no label" };
    return scoreOne({ ...source, embeddings }, label, matrixRow(vectors, at), counts);
  });
}

function scoreOne(
  source: ExampleSource & { embeddings: Matrix },
  { id: latent, examples }: Label,
  label: Float32Array,
  options: ExampleOptions,
): EmbeddingScore {
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
