import { createInterface } from "node:readline";
import { isatty } from "node:tty";
import type { Atlas } from "../../atlas/atlas.js";
import type { LabelEstimate, LabelOptions } from "../../atlas/labels/label.js";
import type { OnProgress } from "../../core/progress.js";
import { chooseAtlas, movedOptions, requiredAtlasOption, withAtlas } from "../atlas-option.js";
import type { Command, CommandContext, CommandOutput, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { spendingOptions, timeoutMsOf, timeoutOption } from "../options.js";
import { describeEstimate, describeLabels, describeTime } from "../results/label.js";

const options = {
  ...requiredAtlasOption,
  ...movedOptions,
  latents: option.latents("label only these latents, such as 3,17,40-59"),
  limit: option.integer("label only the first N of them", { least: 0 }),
  sample: option.count(
    "label N latents sampled evenly by density and report the projected total cost",
  ),
  "name-families": option.flag("also name the families, from the labels of their latents"),
  protocol: option.text(
    "labelling protocol; compat is the paper's (default: local for a server on this machine, else default)",
    { choices: ["default", "local", "compat"] },
  ),
  inactive: option.list("kinds of inactive documents, used in turn", {
    choices: ["random", "near", "neighbour"],
  }),
  subject: option.text('what the corpus is about, such as "papers on astronomy"', {
    value: "TEXT",
  }),
  language: option.text("language of the labels, such as German"),
  model: option.text("language model that writes labels (or set FEATURE_FAMILIES_EXPLAINER_MODEL)"),
  "model-url": option.url(
    "URL of its server (or set FEATURE_FAMILIES_EXPLAINER_BASE_URL; default: OpenAI)",
  ),
  judge: option.text(
    "language model that scores labels (or set FEATURE_FAMILIES_JUDGE_MODEL; default: the one of --model)",
  ),
  "judge-url": option.url(
    "URL of its server (or set FEATURE_FAMILIES_JUDGE_BASE_URL; default: that of --model)",
  ),
  "think-tokens": option.integer(
    "tokens that a model may spend on thinking before each answer (default 0)",
    {
      least: 0,
    },
  ),
  parallel: option.count("most requests in flight at once (default 64)"),
  "batch-api": option.flag(
    "use the server's batch API: half the price, answers within a day; a run that was stopped picks its batches up again",
    { excludes: ["parallel"] },
  ),
  ...timeoutOption,
  seed: option.integer("random seed (default 0)"),
  ...spendingOptions,
  force: option.flag("label even if the judge cannot tell true labels from others"),
  yes: option.flag("do not ask for confirmation before spending"),
  "paper-files": option.folder(
    "also write feature_analysis_results and family_analysis files in the paper's format",
  ),
};

type Values = OptionValues<typeof options>;

export const labelCommand: Command = defineCommand({
  name: "label",
  group: "label",
  summary: "Label the latents of an atlas with a language model, and score the labels.",
  details:
    "First estimates the cost and asks for confirmation; without a terminal, pass --yes or --max-cost. Then checks the " +
    "judge on labels known to be true or false, and stops if it cannot tell them apart. Every answer is " +
    "saved in the atlas as it arrives: a stopped run continues without paying twice. Keys are read only from the environment variables " +
    "FEATURE_FAMILIES_EXPLAINER_API_KEY, FEATURE_FAMILIES_JUDGE_API_KEY or OPENAI_API_KEY.",
  example:
    "feature-families label --atlas families/wordnet --model gpt-4.1 --judge gpt-4.1-mini --dry-run",
  options,
  run: (values, _positionals, context) => runLabel(values, context),
});

async function runLabel(values: Values, context: CommandContext): Promise<CommandOutput> {
  const { estimateLabels } = await import("../../atlas/labels/label.js");
  const dir = await chooseAtlas("label", values);
  return withAtlas(dir, { onWarning: context.onWarning }, async (atlas) => {
    const options = await labelOptions(values, context);
    const estimate = await estimateLabels(atlas.store, options, { needsKey: !values.dryRun });
    const lines = describeEstimate(estimate);
    if (values.dryRun) {
      const { explainer, judge = { model: explainer.model } } = estimate;
      return { json: { dryRun: true, explainer, judge }, lines };
    }
    for (const line of lines) context.note(line);
    await confirm(estimate, values, context);
    const report = await atlas.label({ ...options, onProgress: noteTime(estimate, context) });
    const { labelled, failed } = report.latents;
    const output: CommandOutput = {
      json: report,
      lines: describeLabels(atlas.dir, report),
      failed: labelled === 0 && failed > 0,
    };
    if (values.paperFiles !== undefined) await addPaperFiles(output, atlas, values.paperFiles);
    return output;
  });
}

async function labelOptions(values: Values, context: CommandContext): Promise<LabelOptions> {
  const { onProgress, signal } = context;
  const { latents, limit, sample, protocol, inactive, subject, thinkTokens, maxCost } = values;
  const { model, modelUrl: baseUrl, judge, judgeUrl: judgeBaseUrl, parallel, seed } = values;
  const { readPrices } = await import("../../llm/prices.js");
  return {
    ...{ latents, limit, sample, families: values.nameFamilies, protocol, inactive, subject },
    ...{ language: values.language, force: values.force, batch: values.batchApi },
    ...{ model, baseUrl, judge, judgeBaseUrl, thinkTokens, parallel, seed, maxCost },
    prices: values.prices === undefined ? undefined : await readPrices(values.prices),
    timeoutMs: timeoutMsOf(values),
    onNote: (text) => context.note(text),
    onProgress,
    signal,
  };
}

async function confirm(
  { explainer, judge }: LabelEstimate,
  values: Values,
  context: CommandContext,
): Promise<void> {
  const prompts = explainer.prompts + (judge?.prompts ?? 0);
  if (prompts === 0 || values.yes) return;
  if (!isatty(0) || !isatty(2)) {
    if (values.maxCost !== undefined) return;
    throw new UsageError("label: no terminal to confirm on: pass --yes or --max-cost");
  }
  context.prompt("stderr", `Send ${prompts} prompts? [y/N] `);
  for await (const answer of createInterface({ input: context.input(), signal: context.signal })) {
    if (/^y(es)?$/i.test(answer.trim())) return;
    break;
  }
  context.signal.throwIfAborted();
  throw new UsageError("label: cancelled, nothing was sent");
}

/** Progress, with the time that a run may take as soon as that is known. */
function noteTime(estimate: LabelEstimate, context: CommandContext): OnProgress {
  let isNoted = false;
  return (progress) => {
    const time = isNoted ? undefined : describeTime(estimate.timed());
    isNoted ||= time !== undefined;
    if (time !== undefined) context.note(time);
    context.onProgress(progress);
  };
}

async function addPaperFiles(output: CommandOutput, atlas: Atlas, out: string): Promise<void> {
  const { writePaperFiles } = await import("../../atlas/labels/paper-files.js");
  const written = await writePaperFiles(atlas.store, out);
  output.json = { ...(output.json as object), paperFiles: written };
  const { files, labels, clean } = written;
  output.lines.push(`${clean} of ${labels} labels are clean by the paper's rules`);
  output.lines.push(`wrote ${files.join(", ")}`);
}
