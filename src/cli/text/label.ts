import path from "node:path";
import type { LabelAtlasReport, LabelCounts } from "../../atlas/label-atlas.js";
import type { PricedChatModel } from "../../llm/chat.js";
import type { RehearsalEstimate } from "../../llm/rehearsal.js";
import { formatRows } from "./rows.js";

/** What a labelling would take; no judge where the explainer judges too. */
export interface Estimates {
  explainer: RehearsalEstimate;
  judge: RehearsalEstimate | undefined;
}

/** A row per model: prompts, tokens, price and time. */
export function describeEstimates(
  { explainer, judge }: { explainer: PricedChatModel; judge: PricedChatModel },
  estimates: Estimates,
): string[] {
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
    "labels and answers that are not known yet count with their usual length; retries are not included",
  ];
}

/** A price in US dollars, to four digits below one. */
export function dollars(cost: number | undefined): string {
  return cost === undefined ? "unknown" : `$${cost.toFixed(cost < 1 ? 4 : 2)}`;
}

/** What was labelled, named and spent. */
export function describeLabels(dir: string, report: LabelAtlasReport, spent: number): string[] {
  const { latents, families, stopped, refreshed } = report;
  const describe = (what: string, counts: LabelCounts): string => {
    const { labelled, failed, failure, skipped, scored, meanScore } = counts;
    const why = failure === undefined ? "" : ` (the first: ${failure})`;
    const mean = meanScore === undefined ? "" : `; mean score ${meanScore.toFixed(3)} of ${scored}`;
    return `${labelled} ${what}, ${failed} without an answer${why}, ${skipped} skipped${mean}`;
  };
  const steps = refreshed.ran.join(", ") || "nothing";
  return [
    describe("latents labelled", latents),
    ...(families.labelled + families.failed + families.skipped > 0
      ? [describe("families named", families)]
      : []),
    `spent $${spent.toFixed(4)}`,
    ...(stopped === undefined
      ? []
      : [`stopped at the cap: ${stopped}; run the command again to continue`]),
    `wrote ${path.join(dir, "labels.llm.jsonl")}; updated: ${steps}`,
  ];
}
