import path from "node:path";
import { writeJsonl } from "../../files/jsonl.js";
import {
  type EmbeddingScore,
  EMBEDDING_SCORE,
  scoreByEmbedding,
} from "../../labels/embedding-score.js";
import type { Label } from "../../records/label.js";
import type { SavedScore } from "../../records/model-labels.js";
import { openStore } from "../../atlas/store.js";
import { saveScores } from "../../atlas/refresh.js";
import { createRandom, shuffleInPlace } from "../../core/random.js";
import { type Command, defineCommand } from "../command.js";
import { embedderOptions, openEmbedder } from "./embedder.js";
import { formatRows } from "../text.js";

const SHOWN = 5;

export const scoreCommand: Command = defineCommand({
  name: "score",
  summary: "Score an atlas's labels by embeddings, without a language model.",
  details:
    "The AUC of the cosine between label and document over documents in which the latent is active against others,\n" +
    "beside the same labels dealt out to other latents at random. 0.5 is worthless, 1 perfect. The embedder must be the\n" +
    "one of the atlas's embeddings: the offline one for the sample, or a model of an OpenAI-compatible server.",
  example: "feature-families score --atlas families/wordnet --out scores.jsonl",
  options: {
    atlas: {
      type: "string",
      value: "DIR",
      about: "folder of the atlas (default families/wordnet)",
    },
    out: { type: "string", value: "FILE", about: "a line a latent, .jsonl" },
    save: { type: "boolean", about: "keep the scores in the atlas and show them in its catalog" },
    seed: { type: "integer", about: "of the documents drawn (default 0)" },
    ...embedderOptions,
  },
  async run(values, _positionals, { onProgress, signal }) {
    const dir = values.atlas ?? "families/wordnet";
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
      const control = await scoreByEmbedding(source, dealtOut(labels), embedder, options);
      if (values.out !== undefined) await writeJsonl(values.out, withLabels(labels, scores));
      const saved = values.save ? await saveScores(dir, savedScores(labels, scores)) : undefined;
      const report = { measure: EMBEDDING_SCORE, ...summary(scores), shuffled: summary(control) };
      return {
        json: { ...report, out: values.out, embedder: embedder.id, refreshed: saved },
        lines: tell(labels, scores, report, values.out),
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

/** The same labels, each at another latent's place: what a label scores that says nothing of its latent. */
function dealtOut(labels: readonly Label[]): Label[] {
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

function tell(
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
