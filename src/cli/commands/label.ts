import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import type { LabelAtlasOptions, LabelCounts } from "../../atlas/label-atlas.js";
import type { ChatModel } from "../../llm/types.js";
import { requiredAtlasOption } from "../atlas-option.js";
import {
  type Command,
  type CommandContext,
  type CommandOutput,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { spendingOptions } from "../options.js";
import { type Estimates, describeEstimates, describeLabels, dollars } from "../text/label.js";
import type { LabelModels } from "../label-models.js";

const options = {
  ...requiredAtlasOption,
  latents: { type: "latents", about: "only these, such as 3,17,40-59" },
  limit: { type: "integer", least: 0, about: "only the first N of them" },
  sample: {
    type: "integer",
    least: 1,
    about: "label N latents sampled evenly by density and report the projected total cost",
  },
  "name-families": {
    type: "boolean",
    about: "also name the families, from the labels of their latents",
  },
  protocol: {
    type: "string",
    choices: ["default", "compat"],
    about: "labelling protocol (compat is the paper's)",
  },
  inactive: {
    type: "list",
    choices: ["random", "near", "neighbour"],
    about: "kinds of inactive documents, used in turn",
  },
  subject: {
    type: "string",
    value: "TEXT",
    about: 'what the corpus is about, such as "papers on astronomy"',
  },
  model: {
    type: "string",
    value: "NAME",
    about: "language model that writes labels (or FEATURE_FAMILIES_EXPLAINER_MODEL)",
  },
  "model-url": {
    type: "string",
    value: "URL",
    about: "its server (or FEATURE_FAMILIES_EXPLAINER_BASE_URL; default OpenAI)",
  },
  judge: {
    type: "string",
    value: "NAME",
    about: "language model that scores labels (or FEATURE_FAMILIES_JUDGE_MODEL; default: --model)",
  },
  "judge-url": {
    type: "string",
    value: "URL",
    about: "its server (or FEATURE_FAMILIES_JUDGE_BASE_URL; default: as --model-url)",
  },
  "think-tokens": {
    type: "integer",
    least: 0,
    about: "tokens a model may think before each answer (default 0)",
  },
  parallel: { type: "integer", least: 1, about: "requests at a time (default 64)" },
  seed: { type: "integer", about: "random seed (default 0)" },
  ...spendingOptions,
  yes: { type: "boolean", about: "do not ask for confirmation before spending" },
  "paper-files": {
    type: "string",
    value: "DIR",
    about: "also write feature_analysis_results and family_analysis files as the paper has them",
  },
} as const;

type Values = OptionValues<typeof options>;

export const labelCommand: Command = defineCommand({
  name: "label",
  group: "label",
  summary: "Label the latents of an atlas by a language model, and score the labels.",
  details:
    "First estimates the cost and asks for confirmation; without a terminal, pass --yes or --max-cost. Every answer is " +
    "saved in the atlas as it arrives: a stopped run continues without paying twice. Keys come from the environment only: " +
    "FEATURE_FAMILIES_EXPLAINER_API_KEY, FEATURE_FAMILIES_JUDGE_API_KEY or OPENAI_API_KEY.",
  example:
    "feature-families label --atlas families/wordnet --model gpt-4.1 --judge gpt-4.1-mini --dry-run",
  options,
  run: (values, _positionals, context) => runLabel(values, context),
});

async function runLabel(values: Values, context: CommandContext): Promise<CommandOutput> {
  const { labelAtlas } = await import("../../atlas/label-atlas.js");
  const { createBudget } = await import("../../llm/budget.js");
  const { openLedger } = await import("../../llm/ledger.js");
  const { readPrices } = await import("../../llm/prices.js");
  const { openLabelModels } = await import("../label-models.js");
  const dir = values.atlas;
  const { settings, all, ledgerFile } = await labelSettings(dir, values);
  const prices = values.prices === undefined ? undefined : await readPrices(values.prices);
  const budget = createBudget({ maxCost: values.maxCost });
  // Before there is a yes nothing is made, not even an empty ledger.
  let ledger = existsSync(ledgerFile) ? await openLedger(ledgerFile) : undefined;
  try {
    let models = await openLabelModels(values, { ledger, budget, prices });
    const estimates = await rehearse(dir, settings, models, values, context);
    const lines = describeEstimates(models, estimates);
    if (values.dryRun) {
      const { explainer, judge } = models;
      return {
        json: {
          dryRun: true,
          explainer: { model: explainer.model, ...estimates.explainer },
          judge: { model: judge.model, ...(estimates.judge ?? {}) },
        },
        lines,
      };
    }
    for (const line of lines) context.note(line);
    await confirm(estimates, values);
    if (ledger === undefined) {
      ledger = await openLedger(ledgerFile);
      models = await openLabelModels(values, { ledger, budget, prices });
    }
    const report = await labelAtlas(dir, {
      ...settings,
      ...(await thinkingModels(models, values)),
      spent: () => budget.spent,
      onProgress: context.onProgress,
      signal: context.signal,
    });
    const output: CommandOutput = {
      json: { ...report, spent: budget.spent },
      lines: describeLabels(dir, report, budget.spent),
    };
    if (values.sample !== undefined) addProjection(output, report.latents, all);
    if (values.paperFiles !== undefined) await addPaperFiles(output, dir, values.paperFiles);
    return output;
  } finally {
    await ledger?.close();
  }
}

async function thinkingModels(
  { explainer, judge }: { explainer: ChatModel; judge: ChatModel },
  { thinkTokens: tokens = 0 }: Values,
): Promise<Pick<LabelAtlasOptions, "explainer" | "judge">> {
  const { allowThinking } = await import("../../labels/ask.js");
  return { explainer: allowThinking(explainer, tokens), judge: allowThinking(judge, tokens) };
}

type Settings = Pick<
  LabelAtlasOptions,
  "latents" | "families" | "protocol" | "inactive" | "subject" | "seed" | "inFlight"
>;

/** The settings, and how many latents there are before a sample is drawn of them. */
async function labelSettings(
  dir: string,
  values: Values,
): Promise<{ settings: Settings; all: number; ledgerFile: string }> {
  const { openStore } = await import("../../atlas/store.js");
  const { PROTOCOLS } = await import("../../labels/protocol.js");
  const { sampleOverDensities } = await import("../../labels/sample.js");
  const data = await openStore(dir);
  try {
    const { n } = await data.sae();
    const { limit, sample, parallel = 64, subject, seed, inactive } = values;
    const beyond = values.latents?.find((latent) => latent >= n);
    if (beyond !== undefined) {
      throw new UsageError(`label: --latents takes latents from 0 to ${n - 1}, got ${beyond}`);
    }
    const chosen = values.latents ?? Array.from({ length: n }, (_, latent) => latent);
    const latents = chosen.slice(0, limit);
    const settings: Settings = {
      latents:
        sample === undefined
          ? latents
          : sampleOverDensities(await data.postings(), latents, sample),
      families: values.nameFamilies,
      protocol: PROTOCOLS[values.protocol ?? "default"],
      inactive,
      subject,
      seed,
      // Each asks at least one question at any time.
      inFlight: parallel,
    };
    return { settings, all: latents.length, ledgerFile: data.file("ledger") };
  } finally {
    await data.close();
  }
}

async function rehearse(
  dir: string,
  settings: Settings,
  models: LabelModels,
  values: Values,
  { onProgress, signal }: CommandContext,
): Promise<Estimates> {
  const { rehearseLabels } = await import("../../atlas/label-atlas.js");
  const { openStore } = await import("../../atlas/store.js");
  const { createRehearsal } = await import("../../llm/rehearsal.js");
  const { parallel } = values;
  const explainer = createRehearsal(models.explainer, parallel);
  const judge =
    models.judge === models.explainer ? undefined : createRehearsal(models.judge, parallel);
  await rehearseLabels(await openStore(dir), {
    ...settings,
    ...(await thinkingModels({ explainer, judge: judge ?? explainer }, values)),
    inFlight: 4,
    onProgress: (progress) => onProgress({ ...progress, step: "estimate" }),
    signal,
  });
  return { explainer: explainer.estimate(), judge: judge?.estimate() };
}

async function confirm({ explainer, judge }: Estimates, values: Values): Promise<void> {
  const prompts = explainer.prompts + (judge?.prompts ?? 0);
  if (prompts === 0 || values.yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    if (values.maxCost !== undefined) return;
    throw new UsageError("label: no terminal to confirm on: pass --yes or --max-cost");
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Send ${prompts} prompts? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new UsageError("label: cancelled, nothing was sent");
  } finally {
    terminal.close();
  }
}

function addProjection(output: CommandOutput, sampled: LabelCounts, all: number): void {
  const count = sampled.labelled + sampled.failed + sampled.skipped;
  // Nothing was paid where the price is not known.
  if (count === 0 || sampled.cost === 0) return;
  const cost = (sampled.cost / count) * all;
  output.json = { ...(output.json as object), projected: { latents: all, cost } };
  output.lines.push(
    `all ${all} latents at this rate: ${dollars(cost)}; run it without --sample to continue`,
  );
}

async function addPaperFiles(output: CommandOutput, dir: string, out: string): Promise<void> {
  const { writePaperFiles } = await import("../../atlas/paper-files.js");
  const { openStore } = await import("../../atlas/store.js");
  const data = await openStore(dir);
  try {
    const written = await writePaperFiles(data, out);
    output.json = { ...(output.json as object), paperFiles: written };
    const { files, labels, clean } = written;
    output.lines.push(`${clean} of ${labels} labels are clean by the paper's rules`);
    output.lines.push(`wrote ${files.join(", ")}`);
  } finally {
    await data.close();
  }
}
