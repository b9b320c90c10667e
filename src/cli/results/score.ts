import type { ScoreReport, ScoreSummary } from "../../atlas/labels/score.js";
import { formatRows } from "./rows.js";

const SHOWN = 5;

/** The scores in numbers beside chance, then the best and the worst labels. */
export function describeScores({ labels, shuffled, ...summary }: ScoreReport): string[] {
  const ranked = labels
    .flatMap(({ latent, label, score }) => (score ? [{ latent, label, score }] : []))
    .sort((a, b) => b.score.value - a.score.value);
  const rows = [...ranked.slice(0, SHOWN), ...ranked.slice(-SHOWN)].map(
    ({ latent, label, score: { value, interval } }) => [
      String(latent),
      value.toFixed(2),
      `[${interval?.map((bound) => bound.toFixed(2)).join(", ") ?? ""}]`,
      label,
    ],
  );
  return [
    `${summary.scored} of ${labels.length} labels scored: mean ${describeSummary(summary)} above chance`,
    `the same labels assigned to latents at random: mean ${describeSummary(shuffled)}`,
    ...formatRows([["latent", "AUC", "", "label"], ...rows]),
  ];
}

function describeSummary({ mean, aboveChance }: ScoreSummary): string {
  return `AUC ${mean.toFixed(3)}, ${(100 * aboveChance).toFixed(0)} %`;
}
