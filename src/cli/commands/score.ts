import path from "node:path";
import { atlasOption, chooseAtlas, movedOptions, withAtlas } from "../atlas-option.js";
import { type Command, defineCommand } from "../command.js";
import { embedderOptions, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import * as option from "../option-kinds.js";
import { timeoutOption } from "../options.js";
import { describeScores } from "../results/score.js";

export const scoreCommand: Command = defineCommand({
  name: "score",
  group: "label",
  summary: "Score the labels of an atlas with embeddings, without a language model.",
  details:
    "A score is the AUC of the cosine between label and document: documents in which the latent is active against " +
    "others. It is shown beside that of the same labels assigned to random latents. 0.5 is chance, 1 is perfect. The embedder must be the " +
    "one that made the corpus embeddings: the offline one for the sample, or a model on an OpenAI-compatible server, " +
    "which needs --atlas.",
  example: "feature-families score --atlas families/wordnet --out scores.jsonl",
  options: {
    ...atlasOption,
    ...movedOptions,
    out: option.path("file for the scores, a line per latent, .jsonl"),
    save: option.flag("save the scores in the atlas and show them in its catalog"),
    seed: option.integer("random seed (default 0)"),
    ...embedderOptions,
    ...timeoutOption,
  },
  async run(values, _positionals, { onProgress, onWarning, signal }) {
    const { out, save, seed } = values;
    const costs = remoteEmbedder(values) !== undefined;
    const dir = await chooseAtlas("score", values, { costs });
    return withAtlas(dir, { onWarning }, async (atlas) => {
      const { embedder } = await openEmbedder(values, signal);
      const report = await atlas.score({ embedder, save, seed, onProgress, signal });
      const { measure, scored, mean, aboveChance, shuffled, labels, refreshed } = report;
      if (out !== undefined) {
        const { writeJsonl } = await import("../../files/jsonl.js");
        await writeJsonl(
          out,
          labels.map(({ latent, label, score, reason }) => ({
            latent,
            label,
            ...(score ? { value: score.value, n: score.n, interval: score.interval } : { reason }),
          })),
        );
      }
      const summary = { measure, scored, mean, aboveChance, shuffled };
      return {
        json: { ...summary, out, embedder: embedder.id, refreshed },
        lines: [
          ...describeScores(report),
          ...(out === undefined ? [] : [`wrote ${path.normalize(out)}`]),
        ],
      };
    });
  },
});
