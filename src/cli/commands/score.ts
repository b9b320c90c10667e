import path from "node:path";
import type { EmbeddingScore } from "../../labels/embedding-score.js";
import type { Label } from "../../records/label.js";
import type { SavedScore } from "../../records/model-labels.js";
import { atlasOption, chooseAtlas } from "../atlas-option.js";
import { type Command, defineCommand } from "../command.js";
import { embedderOptions, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import { formatRows } from "../text/rows.js";

const SHOWN = 5;

export const scoreCommand: Command = defineCommand({
  name: "score",
  group: "label",
  summary: "Score the labels of an atlas by embeddings, without a language model.",
  details:
    "A score is the AUC of the cosine between label and document: documents in which the latent is active against " +
    "others, beside the same labels dealt out to random latents. 0.5 is chance, 1 is perfect. The embedder must be the " +
    "one that made the corpus embeddings: the offline one for the sample, or a model of an OpenAI-compatible server, " +
    "which needs --atlas.",
  example: "feature-families score --atlas families/wordnet --out scores.jsonl",
  options: {
    ...atlasOption,
    out: { type: "string", value: "PATH", about: "write a line per latent, .jsonl" },
    save: { type: "boolean", about: "save the scores in the atlas and show them in its catalog" },
    seed: { type: "integer", about: "random seed (default 0)" },
    ...embedderOptions,
  },
  async run(values, _positionals, { onProgress, signal }) {
    const costs = remoteEmbedder(values) !== undefined;
    const dir = await chooseAtlas("score", values.atlas, { costs });
    const { saveScores } = await import("../../atlas/refresh.js");
    const { openStore } = await import("../../atlas/store.js");
    const { writeJsonl } = await import("../../files/jsonl.js");
    const { EMBEDDING_SCORE, scoreByEmbedding } = await import("../../labels/embedding-score.js");
    const data = await openStore(dir);
    try {
      const source = {
        postings: await data.postings(),
        documents: await data.documents(),
        embeddings: await data.embeddings(),
      };
      const labels = [...(await data.labels()).values()];
      const { embedder } = await openEmbedder(values, signal);
      const options = { seed: values.seed, onProgress, signal };
      const scores = await scoreByEmbedding(source, labels, embedder, options);
      const control = await scoreByEmbedding(source, await dealtOut(labels), embedder, options);
      if (values.out !== undefined) await writeJsonl(values.out, withLabels(labels, scores));
      const saved = values.save ? await saveScores(dir, savedScores(labels, scores)) : undefined;
      const report = { measure: EMBEDDING_SCORE, ...summary(scores), shuffled: summary(control) };
      return {
        json: { ...report, out: values.out, embedder: embedder.id, refreshed: saved },
        lines: describe(labels, scores, report, values.out),
      };
    } finally {
      await data.close();
    }
  },
});

function savedScores(labels: readonly Label[], scores: readonly EmbeddingScore[]): SavedScore[] {
  return scores.flatMap(({ latent, score }, i) =>
    score === undefined ? [] : [{ latent, label: labels[i].text, ...score }],
  );
}

interface Summary {
  scored: number;
  mean: number;
  /** Share of labels whose interval lies above 0.5. */
  aboveChance: number;
}

function summary(scores: readonly EmbeddingScore[]): Summary {
  const values = scores.flatMap(({ score }) => (score ? [score] : []));
  const sum = values.reduce((total, { value }) => total + value, 0);
  const above = values.filter(({ interval }) => (interval?.[0] ?? 0) > 0.5).length;
  return {
    scored: values.length,
    mean: values.length > 0 ? sum / values.length : NaN,
    aboveChance: values.length > 0 ? above / values.length : NaN,
  };
}

/** The same labels, each given to another latent: what an unrelated label scores. */
async function dealtOut(labels: readonly Label[]): Promise<Label[]> {
  const { createRandom, shuffleInPlace } = await import("../../core/random.js");
  const labelled = labels.filter(({ text }) => text !== "");
  const order = Uint32Array.from(labelled, (_, i) => i);
  shuffleInPlace(order, createRandom(1));
  return labelled.map((label, i) => ({ ...label, text: labelled[order[i]].text }));
}

function withLabels(labels: readonly Label[], scores: readonly EmbeddingScore[]): unknown[] {
  return scores.map(({ latent, score, reason }, i) => ({
    latent,
    label: labels[i].text,
    ...(score ? { value: score.value, n: score.n, interval: score.interval } : { reason }),
  }));
}

function describe(
  labels: readonly Label[],
  scores: readonly EmbeddingScore[],
  { scored, mean, aboveChance, shuffled }: Summary & { shuffled: Summary },
  out: string | undefined,
): string[] {
  const ranked = scores
    .map((entry, i) => ({ ...entry, label: labels[i].text }))
    .sort((a, b) => (b.score?.value ?? -1) - (a.score?.value ?? -1))
    .filter(({ score }) => score !== undefined);
  const rows = [...ranked.slice(0, SHOWN), ...ranked.slice(-SHOWN)].map(
    ({ latent, label, score }) => [
      String(latent),
      score?.value.toFixed(2) ?? "",
      `[${score?.interval?.map((bound) => bound.toFixed(2)).join(", ") ?? ""}]`,
      label,
    ],
  );
  return [
    `${scored} of ${labels.length} labels scored: mean AUC ${mean.toFixed(3)}, ${(100 * aboveChance).toFixed(0)} % above chance`,
    `the same labels dealt out at random: mean AUC ${shuffled.mean.toFixed(3)}, ${(100 * shuffled.aboveChance).toFixed(0)} %`,
    ...formatRows([["latent", "AUC", "", "label"], ...rows]),
    ...(out === undefined ? [] : [`wrote ${path.normalize(out)}`]),
  ];
}
