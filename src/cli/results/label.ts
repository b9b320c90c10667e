import path from "node:path";
import { compact } from "../../core/collections.js";
import type { LabelEstimate, LabelReport } from "../../atlas/labels/label.js";
import type { LabelCounts } from "../../atlas/labels/label-atlas.js";
import { formatRows } from "./rows.js";

/** A row per model: prompts, tokens, price and time. */
export function describeEstimate({ explainer, judge }: LabelEstimate): string[] {
  const row = (role: string, one: LabelEstimate["explainer"]): string[] => [
    role,
    one.model,
    String(one.prompts),
    String(one.known),
    String(one.inputTokens),
    String(one.likelyOutputTokens),
    dollars(one.likelyCost),
    dollars(one.cost),
    one.seconds === undefined ? "unknown" : `${Math.ceil(one.seconds / 60)} min`,
  ];
  return [
    ...formatRows([
      ["role", "model", "prompts", "known", "tokens in", "out", "likely", "at most", "time"],
      row(judge ? "explainer" : "explainer, judge", explainer),
      ...(judge ? [row("judge", judge)] : []),
    ]),
    "labels and answers not known yet count at their usual length; the most it can cost assumes that every answer is repaired and every document is asked about alone",
  ];
}

/** How long a run may take; undefined until each of its models has answered. */
export function describeTime({ explainer, judge }: LabelEstimate): string | undefined {
  const seconds = [explainer, ...(judge === undefined ? [] : [judge])]
    .filter(({ prompts }) => prompts > 0)
    .map((one) => one.seconds ?? NaN);
  const sum = seconds.reduce((a, b) => a + b, 0);
  return seconds.length === 0 || Number.isNaN(sum)
    ? undefined
    : `about ${Math.ceil(sum / 60)} min, judging by the requests so far`;
}

/** What was labelled, named and spent. */
export function describeLabels(dir: string, report: LabelReport): string[] {
  const { latents, families, judgeCheck, stopped, refreshed, spent, projected } = report;
  const steps = refreshed.ran.join(", ") || "nothing";
  return compact([
    judgeCheck !== undefined &&
      `judge: AUC ${judgeCheck.value.toFixed(2)} for telling true from shuffled keyword labels, ${judgeCheck.n} answers`,
    describeCounts("latents labelled", latents),
    families.labelled + families.failed + families.skipped > 0 &&
      describeCounts("families named", families),
    `spent $${spent.toFixed(4)}`,
    stopped !== undefined && `stopped at the cap: ${stopped}; run the command again to continue`,
    `wrote ${path.join(dir, "labels.llm.jsonl")}; updated: ${steps}`,
    projected !== undefined &&
      `projected cost of all ${projected.latents} latents: ${dollars(projected.cost)}; run the command without --sample to continue`,
  ]);
}

function describeCounts(what: string, counts: LabelCounts): string {
  const { labelled, failed, failure, skipped, atChance, scored, meanScore } = counts;
  const why = failure === undefined ? "" : ` (the first: ${failure})`;
  const mean = meanScore === undefined ? "" : `; mean score ${meanScore.toFixed(3)} of ${scored}`;
  const chance =
    atChance === 0
      ? ""
      : `; ${atChance} no better than chance, whose keywords are kept if they score better`;
  return `${labelled} ${what}, ${failed} without an answer${why}, ${skipped} skipped${mean}${chance}`;
}

function dollars(cost: number | undefined): string {
  return cost === undefined ? "unknown" : `$${cost.toFixed(cost < 1 ? 4 : 2)}`;
}
