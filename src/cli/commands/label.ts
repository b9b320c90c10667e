import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { allowThinking } from "../../labels/ask.js";
import { sampleOverDensities } from "../../labels/sample.js";
import { PROTOCOLS, type ProtocolName } from "../../labels/protocol.js";
import { type Budget, createBudget } from "../../llm/budget.js";
import type { PricedChatModel } from "../../llm/chat.js";
import { openLedger } from "../../llm/ledger.js";
import { readPrices } from "../../llm/prices.js";
import { type RehearsalEstimate, createRehearsal } from "../../llm/rehearsal.js";
import type { ChatModel } from "../../llm/types.js";
import { ATLAS_FILES } from "../../atlas/files.js";
import {
  type LabelAtlasOptions,
  type LabelAtlasReport,
  type LabelCounts,
  labelAtlas,
  rehearseLabels,
} from "../../atlas/label-atlas.js";
import { openStore } from "../../atlas/store.js";
import { writePaperFiles } from "../../atlas/paper-files.js";
import {
  type Command,
  type CommandContext,
  type CommandOutput,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { type LabelModels, openLabelModels } from "./label-models.js";
import { readChoices } from "../options.js";
import { formatRows } from "../text.js";

const KINDS = ["random", "near", "neighbour"] as const;

const options = {
  atlas: { type: "string", value: "DIR", about: "folder of the atlas (default families/wordnet)" },
  latents: { type: "string", value: "LIST", about: "only these, such as 3,17,40-59" },
  limit: { type: "integer", least: 0, about: "only the first so many of them" },
  sample: {
    type: "integer",
    least: 1,
    about: "only so many of them, spread evenly over the densities; tells what all would cost",
  },
  families: { type: "boolean", about: "name the families too, from their latents' labels" },
  protocol: {
    type: "string",
    choices: ["default", "compat"],
    about: "how labels are made and scored; compat is the paper's",
  },
  inactive: {
    type: "string",
    value: "LIST",
    about: `kinds of inactive documents in turn: ${KINDS.join(", ")}`,
  },
  subject: {
    type: "string",
    value: "TEXT",
    about: 'what the corpus holds, such as "papers on astronomy"',
  },
  model: {
    type: "string",
    value: "NAME",
    about: "model that writes labels (or FEATURE_FAMILIES_EXPLAINER_MODEL)",
  },
  "base-url": {
    type: "string",
    value: "URL",
    about: "its server (or FEATURE_FAMILIES_EXPLAINER_BASE_URL; default OpenAI)",
  },
  judge: {
    type: "string",
    value: "NAME",
    about: "model that scores them (or FEATURE_FAMILIES_JUDGE_MODEL; default the same)",
  },
  "judge-base-url": { type: "string", value: "URL", about: "its server (default the same)" },
  "think-tokens": {
    type: "integer",
    least: 0,
    about: "tokens that a model may think before each answer (default 0)",
  },
  parallel: { type: "integer", least: 1, about: "most calls at a time (default 64)" },
  seed: { type: "integer", about: "of the documents drawn (default 0)" },
  "dry-run": { type: "boolean", about: "tell prompts, tokens, price and time; ask nothing" },
  "max-cost": { type: "number", least: 0, about: "US dollars at which the run stops" },
  prices: {
    type: "string",
    value: "FILE",
    about: 'JSON of prices, {"model": {"input", "output"}} in dollars a million tokens',
  },
  yes: { type: "boolean", about: "do not ask before spending" },
  "paper-files": {
    type: "string",
    value: "DIR",
    about: "write the labels as the paper's feature_analysis_results and family_analysis too",
  },
} as const;

type Values = OptionValues<typeof options>;

export const labelCommand: Command = defineCommand({
  name: "label",
  summary: "Label an atlas's latents by a language model and score the labels.",
  details:
    "First counts what it will take and asks; without a terminal it needs --yes or --max-cost. Every answer is kept in\n" +
    "the atlas as it arrives: a run that was stopped goes on for nothing. Keys come from the environment alone:\n" +
    "FEATURE_FAMILIES_EXPLAINER_API_KEY, FEATURE_FAMILIES_JUDGE_API_KEY or OPENAI_API_KEY.",
  example:
    "feature-families label --atlas families/wordnet --model gpt-4.1 --judge gpt-4.1-mini --dry-run",
  options,
  run: runLabel,
});

async function runLabel(
  values: Values,
  _positionals: string[],
  context: CommandContext,
): Promise<CommandOutput> {
  const dir = values.atlas ?? "families/wordnet";
  const { settings, all } = await labelSettings(dir, values);
  const ledgerFile = path.join(dir, ATLAS_FILES.ledger);
  const prices = values.prices === undefined ? undefined : await readPrices(values.prices);
  const budget = createBudget({ maxCost: values["max-cost"] });
  // Before there is a yes nothing is made, not even an empty ledger.
  let ledger = existsSync(ledgerFile) ? await openLedger(ledgerFile) : undefined;
  try {
    let models = await openLabelModels(values, { ledger, budget, prices });
    const estimates = await rehearse(dir, settings, models, values, context);
    const told = tellEstimates(models, estimates);
    if (values["dry-run"]) {
      return { json: { dryRun: true, ...estimateJson(models, estimates) }, lines: told };
    }
    for (const line of told) context.note(line);
    await confirm(estimates, values);
    if (ledger === undefined) {
      ledger = await openLedger(ledgerFile);
      models = await openLabelModels(values, { ledger, budget, prices });
    }
    const report = await labelAtlas(dir, {
      ...settings,
      ...thinkingModels(models, values),
      spent: () => budget.spent,
      onProgress: context.onProgress,
      signal: context.signal,
    });
    const output = tellReport(dir, report, budget);
    if (values.sample !== undefined) addProjection(output, report.latents, all);
    if (values["paper-files"] !== undefined) {
      await addPaperFiles(output, dir, values["paper-files"]);
    }
    return output;
  } finally {
    await ledger?.close();
  }
}

function thinkingModels(
  { explainer, judge }: { explainer: ChatModel; judge: ChatModel },
  { "think-tokens": tokens = 0 }: Values,
): Pick<LabelAtlasOptions, "explainer" | "judge"> {
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
): Promise<{ settings: Settings; all: number }> {
  const data = await openStore(dir);
  try {
    const { n } = await data.sae();
    const { limit, sample, parallel = 64, subject, seed } = values;
    const latents = parseLatents(values.latents, n).slice(0, limit);
    const settings: Settings = {
      latents:
        sample === undefined
          ? latents
          : sampleOverDensities(await data.postings(), latents, sample),
      families: values.families,
      protocol: PROTOCOLS[(values.protocol ?? "default") as ProtocolName],
      inactive: readChoices("label: --inactive", values.inactive, KINDS),
      subject,
      seed,
      // Each asks at least one question at any time.
      inFlight: parallel,
    };
    return { settings, all: latents.length };
  } finally {
    await data.close();
  }
}

interface Estimates {
  explainer: RehearsalEstimate;
  judge: RehearsalEstimate | undefined;
}

async function rehearse(
  dir: string,
  settings: Settings,
  models: LabelModels,
  values: Values,
  { onProgress, signal }: CommandContext,
): Promise<Estimates> {
  const { parallel } = values;
  const explainer = createRehearsal(models.explainer, parallel);
  const judge =
    models.judge === models.explainer ? undefined : createRehearsal(models.judge, parallel);
  await rehearseLabels(await openStore(dir), {
    ...settings,
    ...thinkingModels({ explainer, judge: judge ?? explainer }, values),
    inFlight: 4,
    onProgress: (progress) => onProgress({ ...progress, step: "estimate" }),
    signal,
  });
  return { explainer: explainer.estimate(), judge: judge?.estimate() };
}

function tellEstimates({ explainer, judge }: LabelModels, estimates: Estimates): string[] {
  const row = (role: string, model: PricedChatModel, one: RehearsalEstimate): string[] => [
    role,
    model.model,
    String(one.prompts),
    String(one.known),
    String(one.inputTokens),
    String(one.likelyOutputTokens),
    dollars(one.likelyCost),
    dollars(one.cost),
    `${Math.ceil(one.seconds / 60)} min`,
  ];
  const both = estimates.judge === undefined;
  return [
    ...formatRows([
      ["role", "model", "prompts", "known", "tokens in", "out", "likely", "at most", "time"],
      row(both ? "explainer, judge" : "explainer", explainer, estimates.explainer),
      ...(estimates.judge ? [row("judge", judge, estimates.judge)] : []),
    ]),
    "counted with labels and answers of usual length where they are not known yet; without repair questions",
  ];
}

function dollars(cost: number | undefined): string {
  return cost === undefined ? "unknown" : `$${cost.toFixed(cost < 1 ? 4 : 2)}`;
}

function estimateJson(
  { explainer, judge }: LabelModels,
  estimates: Estimates,
): Record<string, unknown> {
  return {
    explainer: { model: explainer.model, ...estimates.explainer },
    judge: { model: judge.model, ...(estimates.judge ?? {}) },
  };
}

async function confirm({ explainer, judge }: Estimates, values: Values): Promise<void> {
  const prompts = explainer.prompts + (judge?.prompts ?? 0);
  if (prompts === 0 || values.yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    if (values["max-cost"] !== undefined) return;
    throw new UsageError("label: nobody to ask before spending: give --yes or --max-cost");
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Ask ${prompts} questions? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError("label: nothing was asked");
  } finally {
    terminal.close();
  }
}

function tellReport(dir: string, report: LabelAtlasReport, budget: Budget): CommandOutput {
  const { latents, families, stopped, refreshed } = report;
  const tell = (what: string, counts: LabelCounts): string => {
    const { labelled, failed, failure, skipped, scored, meanScore } = counts;
    const why = failure === undefined ? "" : ` (the first: ${failure})`;
    const mean = meanScore === undefined ? "" : `; mean score ${meanScore.toFixed(3)} of ${scored}`;
    return `${labelled} ${what}, ${failed} without an answer${why}, ${skipped} skipped${mean}`;
  };
  const steps = refreshed.ran.join(", ") || "nothing";
  return {
    json: { ...report, spent: budget.spent },
    lines: [
      tell("latents labelled", latents),
      ...(families.labelled + families.failed + families.skipped > 0
        ? [tell("families named", families)]
        : []),
      `spent $${budget.spent.toFixed(4)}`,
      ...(stopped === undefined ? [] : [`stopped at the cap: ${stopped}; run it again to go on`]),
      `wrote ${path.join(dir, ATLAS_FILES.modelLabels)}; brought up to date: ${steps}`,
    ],
  };
}

function addProjection(output: CommandOutput, sampled: LabelCounts, all: number): void {
  const count = sampled.labelled + sampled.failed + sampled.skipped;
  // Nothing was paid where the price is not known.
  if (count === 0 || sampled.cost === 0) return;
  const cost = (sampled.cost / count) * all;
  output.json = { ...(output.json as object), projected: { latents: all, cost } };
  output.lines.push(
    `all ${all} latents at this rate: ${dollars(cost)}; without --sample it goes on from here`,
  );
}

async function addPaperFiles(output: CommandOutput, dir: string, out: string): Promise<void> {
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

/** "3,17,40-59" as latents, each once, in that order; all n where nothing is given. */
function parseLatents(list: string | undefined, n: number): number[] {
  if (list === undefined) return Array.from({ length: n }, (_, latent) => latent);
  const found = list.split(",").flatMap((part) => {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || from > to || to >= n) {
      throw new UsageError(`label: --latents takes latents from 0 to ${n - 1}, got "${part}"`);
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [...new Set(found)];
}
