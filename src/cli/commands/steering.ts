import path from "node:path";
import type { AtlasSteeringOptions } from "../../atlas/search/evaluate-steering.js";
import type { SteeringRunOptions } from "../../atlas/search/steering-run.js";
import type { Embedder } from "../../corpus/embedder.js";
import type { Estimate } from "../../llm/estimate.js";
import { STEERING_METHODS } from "../../search/steering-methods.js";
import { atlasOption, chooseAtlas, movedOptions, withAtlas } from "../atlas-option.js";
import type { Command, CommandOutput, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import { embedderOptions, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import * as option from "../option-kinds.js";
import { spendingOptions, timeoutMsOf, timeoutOption } from "../options.js";
import { describeSteering } from "../results/steering.js";

// Options by which a language model is asked.
const ASKING = ["judge", "rewrite", "model"] as const;

const options = {
  ...atlasOption,
  ...movedOptions,
  queries: option.count("number of documents drawn as queries (default 300)"),
  texts: option.file("file with one query per line, instead of documents"),
  vectors: option.file("embeddings file whose rows are the queries"),
  "with-replacement": option.flag("draw documents with replacement, as the paper does", {
    excludes: ["texts", "vectors"],
  }),
  "more-strengths": option.numbers("strengths of the added latent (default 0,0.5,1,2,4,8,16)", {
    least: 0,
  }),
  "less-strengths": option.numbers(
    "strengths of the removed latent (default: those of --more-strengths)",
    { least: 0 },
  ),
  methods: option.list("methods to evaluate (default: all)", { choices: STEERING_METHODS }),
  levels: option.numbers(
    "cosines to the original query at which methods are compared (default 0.95,0.9,0.8,0.7,0.6,0.5)",
    {
      least: 0,
      most: 1,
    },
  ),
  limit: option.count("number of results per query (default 10)"),
  "min-active": option.count(
    "fewest documents in which a latent must be active to be used (default 20)",
  ),
  seed: option.integer("random seed (default 0)"),
  judge: option.text("language model that names the two latents from the results"),
  "judge-url": option.url("URL of its server (default: that of --model)", { needs: ["judge"] }),
  judged: option.count("number of queries that are judged (default 50)", { needs: ["judge"] }),
  rewrite: option.flag("also measure queries rewritten by a language model"),
  model: option.text(
    "language model that rewrites queries (or set FEATURE_FAMILIES_EXPLAINER_MODEL)",
  ),
  "model-url": option.url("URL of its server (default: OpenAI)", { needs: ASKING }),
  "max-cost": { ...spendingOptions["max-cost"], needs: ASKING },
  prices: { ...spendingOptions.prices, needs: ASKING },
  "dry-run": { ...spendingOptions["dry-run"], needs: ASKING },
  out: option.path("file for the evaluation (default: steering.json in the atlas)"),
  ...embedderOptions,
  ...timeoutOption,
};

type Values = OptionValues<typeof options>;

export const steeringCommand: Command = defineCommand({
  name: "steering",
  group: "explore",
  summary: "Evaluate steering: gains and costs of each method, compared at equal cosine.",
  details:
    "For each query, one of its active latents is removed and another added, over a grid of strengths in multiples of " +
    "the latent's typical active value. The effect is measured by what is active in the results and, with --judge, by a language model " +
    "that picks the labels of the two latents out of five. --rewrite adds a baseline: queries rewritten by a model. " +
    "A run that calls a model on a server needs --atlas.",
  example:
    "feature-families steering --queries 50 --methods additive,documents --out build/steering.json",
  options,
  async run(values, _positionals, { onProgress, onWarning, signal }): Promise<CommandOutput> {
    const { judge, model, rewrite, out, dryRun } = values;
    const wantsModels = judge !== undefined || rewrite || model !== undefined;
    const queriesGiven = [values.queries, values.texts, values.vectors];
    if (queriesGiven.filter((given) => given !== undefined).length > 1) {
      throw new UsageError("steering: pass one of --queries, --texts and --vectors");
    }
    const costs = wantsModels || remoteEmbedder(values) !== undefined;
    const dir = await chooseAtlas("steering", values, { costs });
    const embedder = async (): Promise<Embedder> => (await openEmbedder(values, signal)).embedder;
    return withAtlas(dir, { onProgress, onWarning, signal, embedder }, async (atlas) => {
      const { readPrices } = await import("../../llm/prices.js");
      const options: SteeringRunOptions = {
        ...evaluationOf(values),
        queries: await readQueries(values, embedder, signal),
        embedder: rewrite || model !== undefined ? await embedder() : undefined,
        ...{ judge, writer: model ?? rewrite, maxCost: values.maxCost },
        ...{ baseUrl: values.modelUrl, judgeBaseUrl: values.judgeUrl },
        timeoutMs: timeoutMsOf(values),
        prices: values.prices === undefined ? undefined : await readPrices(values.prices),
      };
      if (dryRun) {
        const { estimateSteering } = await import("../../atlas/search/steering-run.js");
        return describeEstimates(
          await estimateSteering(atlas.store, { ...options, onProgress, signal }),
        );
      }
      const report = await atlas.evaluateSteering({ ...options, save: out ?? true });
      const { cases, curves, differences, rewriting, spent } = report;
      const file = out ?? atlas.store.file("steering");
      return {
        json: {
          out: file,
          cases: cases.length,
          curves,
          differences,
          judge: report.judge,
          rewriting,
          spent,
        },
        lines: [...describeSteering(report), `wrote ${path.normalize(file)}`],
      };
    });
  },
});

function evaluationOf(values: Values): AtlasSteeringOptions {
  const { methods, moreStrengths: ups, lessStrengths: downs = ups, levels, limit: top } = values;
  const { minActive, seed, judged, withReplacement } = values;
  return { methods, ups, downs, levels, top, minActive, seed, judged, withReplacement };
}

async function readQueries(
  values: Values,
  embedder: () => Promise<Embedder>,
  signal: AbortSignal,
): Promise<AtlasSteeringOptions["queries"]> {
  if (values.vectors !== undefined) {
    const { readMatrix } = await import("../../files/matrix.js");
    return { embeddings: await readMatrix(values.vectors) };
  }
  if (values.texts === undefined) return values.queries;
  const { readText } = await import("../../files/text.js");
  const lines = (await readText(values.texts)).split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new UsageError(`steering: ${values.texts} has no queries`);
  return { embeddings: await (await embedder()).embed(lines, { signal }), texts: lines };
}

function describeEstimates(
  estimates: Partial<Record<"judge" | "writer", Estimate>>,
): CommandOutput {
  return {
    json: estimates,
    lines: Object.entries(estimates).map(
      ([role, { prompts, known, inputTokens, outputTokens, cost }]) =>
        `${role}: ${prompts} prompts (${known} already answered), ${inputTokens} tokens in, at most ${outputTokens} out, ` +
        (cost === undefined ? "price unknown" : `at most $${cost.toFixed(2)}`),
    ),
  };
}
