import path from "node:path";
import { readNpyMatrix } from "../../files/numpy/npy.js";
import { readText } from "../../files/text.js";
import { writeJson } from "../../files/json.js";
import { type Budget, createBudget } from "../../llm/budget.js";
import { type PricedChatModel, createChatModel } from "../../llm/chat.js";
import type { Estimate } from "../../llm/estimate.js";
import { type Ledger, openLedger } from "../../llm/ledger.js";
import { readPrices } from "../../llm/prices.js";
import { type Role, readRoleSettings } from "../../llm/settings.js";
import { type AtlasStore, openStore } from "../../atlas/store.js";
import {
  type AtlasSteeringOptions,
  estimateAtlasSteering,
  evaluateAtlasSteering,
} from "../../atlas/evaluate-steering.js";
import { ATLAS_FILES } from "../../atlas/files.js";
import { STEERING_METHODS } from "../../search/steer.js";
import {
  type Command,
  type CommandOutput,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { embedderOptions, openEmbedder } from "./embedder.js";
import { readChoices } from "../options.js";
import { describeSteering } from "./steering-text.js";

const options = {
  atlas: { type: "string", value: "DIR", about: "folder of the atlas (default families/wordnet)" },
  queries: { type: "integer", least: 1, about: "documents drawn as queries (default 300)" },
  texts: { type: "string", value: "FILE", about: "a query a line, in place of documents" },
  vectors: { type: "string", value: "FILE", about: "queries as rows of a .npy file" },
  "with-replacement": { type: "boolean", about: "draw documents as the paper does" },
  ups: { type: "string", value: "LIST", about: "strengths up (default 0,0.5,1,2,4,8,16)" },
  downs: { type: "string", value: "LIST", about: "strengths down (default as --ups)" },
  methods: {
    type: "string",
    value: "LIST",
    about: `of ${STEERING_METHODS.join(", ")} (default all)`,
  },
  levels: {
    type: "string",
    value: "LIST",
    about: "cosines of the comparison (default 0.95 to 0.5)",
  },
  top: { type: "integer", least: 1, about: "results looked at (default 10)" },
  "min-active": { type: "integer", least: 1, about: "fewest documents of a latent (default 20)" },
  seed: { type: "integer", about: "of halves, queries, latents and intervals (default 0)" },
  judge: { type: "boolean", about: "have the judge model say what went up and down" },
  "judge-model": { type: "string", value: "NAME", about: "the judge (or …_JUDGE_MODEL)" },
  judged: { type: "integer", least: 1, about: "queries that are judged (default 50)" },
  rewrite: { type: "boolean", about: "measure queries that a model rewrites beside the steered" },
  "writer-model": { type: "string", value: "NAME", about: "the writer (or …_EXPLAINER_MODEL)" },
  "llm-base-url": { type: "string", value: "URL", about: "server of judge and writer" },
  "max-cost": { type: "number", least: 0, about: "most that both may cost, in US dollars" },
  prices: { type: "string", value: "FILE", about: "prices of models, JSON" },
  "dry-run": { type: "boolean", about: "tell what judge and writer would take; ask nothing" },
  out: {
    type: "string",
    value: "FILE",
    about: "the evaluation (default steering.json in the atlas)",
  },
  ...embedderOptions,
} as const;

export const steeringCommand: Command = defineCommand({
  name: "steering",
  summary: "Evaluate steering: what it brings and costs, method against method at equal cosine.",
  details:
    "Each query gets one of its active latents taken away and another added, over a grid of strengths in multiples of\n" +
    "the latent's typical active value. Measured by what is active in the results and, with --judge, by a model that\n" +
    "picks the two latents' labels out of five. --rewrite adds the baseline of a model that rewrites the query.",
  example:
    "feature-families steering --queries 50 --methods additive,documents --out build/steering.json",
  options,
  async run(values, _positionals, { onProgress, signal }): Promise<CommandOutput> {
    const atlas = values.atlas ?? "families/wordnet";
    const evaluation = readEvaluation(values);
    const data = await openStore(atlas, { onProgress, signal });
    const models = await openModels(values, data);
    try {
      const queries = await readQueries(values, signal);
      const embedder = models.writer && (await openEmbedder(values, signal)).embedder;
      const all = { ...evaluation, ...models, queries, embedder, onProgress, signal };
      if (values["dry-run"]) return describeEstimates(await estimateAtlasSteering(data, all));
      const report = await evaluateAtlasSteering(data, all);
      const out = values.out ?? path.join(atlas, ATLAS_FILES.steering);
      await writeJson(out, report, 0);
      const { curves, differences, rewriting, judge } = report;
      const spent = models.budget.spent;
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

type Values = OptionValues<typeof options>;

function readEvaluation(values: Values): AtlasSteeringOptions {
  return {
    methods: readChoices("steering: --methods", values.methods, STEERING_METHODS),
    ups: readNumbers("ups", values.ups),
    downs: readNumbers("downs", values.downs ?? values.ups),
    levels: readNumbers("levels", values.levels, 1),
    top: values.top,
    minActive: values["min-active"],
    seed: values.seed,
    judged: values.judged,
    withReplacement: values["with-replacement"],
  };
}

function readNumbers(
  name: string,
  list: string | undefined,
  most = Infinity,
): number[] | undefined {
  return list?.split(",").map((text) => {
    const number = text.trim() === "" ? NaN : Number(text);
    if (!(number >= 0 && number <= most && number < Infinity)) {
      const range = most < Infinity ? `from 0 to ${most}` : "of 0 or more";
      throw new UsageError(`steering: --${name} takes numbers ${range}, got "${text}"`);
    }
    return number;
  });
}

async function readQueries(
  values: Values,
  signal: AbortSignal,
): Promise<AtlasSteeringOptions["queries"]> {
  const given = [values.queries, values.texts, values.vectors].filter((one) => one !== undefined);
  if (given.length > 1) {
    throw new UsageError("steering: give one of --queries, --texts and --vectors");
  }
  if (values.vectors !== undefined) return { embeddings: await readNpyMatrix(values.vectors) };
  if (values.texts === undefined) return values.queries;
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

async function openModels(values: Values, data: AtlasStore): Promise<Models> {
  const wantsJudge = values.judge || values["judge-model"] !== undefined;
  const wantsWriter = values.rewrite || values["writer-model"] !== undefined;
  const budget = createBudget({ maxCost: values["max-cost"] });
  if (!wantsJudge && !wantsWriter) {
    if (values["dry-run"]) throw new UsageError("steering: --dry-run needs --judge or --rewrite");
    return { budget };
  }
  const prices = values.prices === undefined ? undefined : await readPrices(values.prices);
  const ledger = await openLedger(path.join(data.dir, ATLAS_FILES.steeringLedger));
  const open = (role: Role, given: string | undefined): Promise<PricedChatModel> => {
    const settings = readRoleSettings(role, { model: given, baseUrl: values["llm-base-url"] });
    if (settings.model === undefined) {
      throw new UsageError(
        `steering: no ${role} model: name one or set FEATURE_FAMILIES_${role.toUpperCase()}_MODEL`,
      );
    }
    const needsKey = !values["dry-run"];
    return createChatModel({
      ...settings,
      model: settings.model,
      needsKey,
      ledger,
      budget,
      prices,
    });
  };
  try {
    return {
      judge: wantsJudge ? await open("judge", values["judge-model"]) : undefined,
      writer: wantsWriter ? await open("explainer", values["writer-model"]) : undefined,
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
        `${role}: ${prompts} questions (${known} answered already), ${inputTokens} tokens in, at most ${outputTokens} out, ` +
        (cost === undefined ? "price not known" : `at most $${cost.toFixed(2)}`),
    ),
  };
}
