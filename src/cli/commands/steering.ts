import path from "node:path";
import type { AtlasSteeringOptions } from "../../atlas/evaluate-steering.js";
import type { AtlasStore } from "../../atlas/store.js";
import type { Budget } from "../../llm/budget.js";
import type { PricedChatModel } from "../../llm/chat.js";
import type { Estimate } from "../../llm/estimate.js";
import type { Ledger } from "../../llm/ledger.js";
import type { Role } from "../../llm/settings.js";
import { STEERING_METHODS } from "../../search/steering-methods.js";
import { atlasOption, chooseAtlas } from "../atlas-option.js";
import {
  type Command,
  type CommandOutput,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { embedderOptions, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import { spendingOptions } from "../options.js";
import { describeSteering } from "../text/steering.js";

const options = {
  ...atlasOption,
  queries: { type: "integer", least: 1, about: "documents drawn as queries (default 300)" },
  texts: { type: "string", value: "FILE", about: "one query per line, instead of documents" },
  vectors: { type: "string", value: "FILE", about: "queries as the rows of a .npy file" },
  "with-replacement": {
    type: "boolean",
    about: "draw documents with replacement, as the paper does",
  },
  "more-strengths": {
    type: "numbers",
    least: 0,
    about: "strengths of the added latent (default 0,0.5,1,2,4,8,16)",
  },
  "less-strengths": {
    type: "numbers",
    least: 0,
    about: "strengths of the removed latent (default: as --more-strengths)",
  },
  methods: { type: "list", choices: STEERING_METHODS, about: "methods to evaluate (default all)" },
  levels: {
    type: "numbers",
    least: 0,
    most: 1,
    about: "cosines at which methods are compared (default 0.95 to 0.5)",
  },
  limit: { type: "integer", least: 1, about: "results per query (default 10)" },
  "min-active": {
    type: "integer",
    least: 1,
    about: "fewest documents in which a latent is active (default 20)",
  },
  seed: { type: "integer", about: "random seed (default 0)" },
  judge: {
    type: "string",
    value: "NAME",
    about: "language model that names the two latents from the results",
  },
  "judge-url": { type: "string", value: "URL", about: "its server (default: as --model-url)" },
  judged: { type: "integer", least: 1, about: "queries that are judged (default 50)" },
  rewrite: { type: "boolean", about: "measure queries rewritten by a language model, too" },
  model: {
    type: "string",
    value: "NAME",
    about: "language model that rewrites queries (or FEATURE_FAMILIES_EXPLAINER_MODEL)",
  },
  "model-url": { type: "string", value: "URL", about: "its server (default OpenAI)" },
  ...spendingOptions,
  out: {
    type: "string",
    value: "PATH",
    about: "file for the evaluation (default: steering.json in the atlas)",
  },
  ...embedderOptions,
} as const;

type Values = OptionValues<typeof options>;

export const steeringCommand: Command = defineCommand({
  name: "steering",
  group: "explore",
  summary: "Evaluate steering: gains and costs of each method, compared at equal cosine.",
  details:
    "For each query, one of its active latents is removed and another added, over a grid of strengths in multiples of " +
    "the latent's typical active value. Measured by what is active in the results and, with --judge, by a language model " +
    "that picks the labels of the two latents out of five. --rewrite adds a baseline: queries rewritten by a model. " +
    "A call that asks a model of a server needs --atlas.",
  example:
    "feature-families steering --queries 50 --methods additive,documents --out build/steering.json",
  options,
  async run(values, _positionals, { onProgress, signal }): Promise<CommandOutput> {
    const wanted = wantedModels(values);
    if (values.dryRun && !wanted.judge && !wanted.writer) {
      throw new UsageError("steering: --dry-run needs --judge or --rewrite");
    }
    const queriesGiven = [values.queries, values.texts, values.vectors];
    if (queriesGiven.filter((given) => given !== undefined).length > 1) {
      throw new UsageError("steering: pass one of --queries, --texts and --vectors");
    }
    const costs = wanted.judge || wanted.writer || remoteEmbedder(values) !== undefined;
    const dir = await chooseAtlas("steering", values.atlas, { costs });
    const { estimateAtlasSteering, evaluateAtlasSteering } =
      await import("../../atlas/evaluate-steering.js");
    const { openStore } = await import("../../atlas/store.js");
    const data = await openStore(dir, { onProgress, signal });
    const models = await openModels(values, wanted, data);
    try {
      const queries = await readQueries(values, signal);
      const embedder = models.writer && (await openEmbedder(values, signal)).embedder;
      const evaluation = evaluationOf(values);
      const all = { ...evaluation, ...models, queries, embedder, onProgress, signal };
      if (values.dryRun) return describeEstimates(await estimateAtlasSteering(data, all));
      const report = await evaluateAtlasSteering(data, all);
      const out = values.out ?? data.file("steering");
      const { writeJson } = await import("../../files/json.js");
      await writeJson(out, report, 0);
      const { curves, differences, rewriting, judge } = report;
      const { spent } = models.budget;
      return {
        json: { out, cases: report.cases.length, curves, differences, judge, rewriting, spent },
        lines: [...describeSteering(report), `wrote ${path.normalize(out)}`],
      };
    } finally {
      await models.ledger?.close();
      await data.close();
    }
  },
});

function evaluationOf(values: Values): AtlasSteeringOptions {
  const { methods, moreStrengths: ups, lessStrengths: downs = ups, levels, limit: top } = values;
  const { minActive, seed, judged, withReplacement } = values;
  return { methods, ups, downs, levels, top, minActive, seed, judged, withReplacement };
}

interface WantedModels {
  judge: boolean;
  writer: boolean;
}

function wantedModels({ judge, rewrite, model }: Values): WantedModels {
  return { judge: judge !== undefined, writer: rewrite || model !== undefined };
}

async function readQueries(
  values: Values,
  signal: AbortSignal,
): Promise<AtlasSteeringOptions["queries"]> {
  if (values.vectors !== undefined) {
    const { readNpyMatrix } = await import("../../files/numpy/npy.js");
    return { embeddings: await readNpyMatrix(values.vectors) };
  }
  if (values.texts === undefined) return values.queries;
  const { readText } = await import("../../files/text.js");
  const lines = (await readText(values.texts)).split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new UsageError(`steering: ${values.texts} has no queries`);
  const { embedder } = await openEmbedder(values, signal);
  return { embeddings: await embedder.embed(lines, { signal }), texts: lines };
}

interface Models {
  judge?: PricedChatModel;
  writer?: PricedChatModel;
  ledger?: Ledger;
  budget: Budget;
}

async function openModels(values: Values, wanted: WantedModels, data: AtlasStore): Promise<Models> {
  const { createBudget } = await import("../../llm/budget.js");
  const budget = createBudget({ maxCost: values.maxCost });
  if (!wanted.judge && !wanted.writer) return { budget };
  const { createChatModel } = await import("../../llm/chat.js");
  const { openLedger } = await import("../../llm/ledger.js");
  const { readPrices } = await import("../../llm/prices.js");
  const { readRoleSettings } = await import("../../llm/settings.js");
  const prices = values.prices === undefined ? undefined : await readPrices(values.prices);
  const ledger = await openLedger(data.file("steeringLedger"));
  const open = (role: Role, given: string | undefined, url?: string): Promise<PricedChatModel> => {
    const settings = readRoleSettings(role, { model: given, baseUrl: url ?? values.modelUrl });
    const { model } = settings;
    if (model === undefined) {
      throw new UsageError(
        "steering: name a model by --model or FEATURE_FAMILIES_EXPLAINER_MODEL for --rewrite",
      );
    }
    const needsKey = !values.dryRun;
    return createChatModel({ ...settings, model, needsKey, ledger, budget, prices });
  };
  try {
    return {
      judge: wanted.judge ? await open("judge", values.judge, values.judgeUrl) : undefined,
      writer: wanted.writer ? await open("explainer", values.model) : undefined,
      ledger,
      budget,
    };
  } catch (error) {
    await ledger.close();
    throw error;
  }
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
