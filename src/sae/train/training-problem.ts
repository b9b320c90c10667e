import { type Matrix, takeRows } from "../../core/matrix.js";
import { meanOf } from "../../core/statistics.js";
import type { TrainLogRow, TrainPlan } from "./train-options.js";
import { squaredDeviations } from "./train-rows.js";

/** Root mean squares of a row's distance from the mean row that a learning rate for unit embeddings does for. */
const USUAL_SPREAD = [0.1, 10] as const;
const SPREAD_ROWS = 10_000;

/**
 * A run that ends worse than the mean row, or with most latents dead although the documents could use each of them ten
 * times over, and what helps; undefined for any other.
 */
export function trainingProblem(
  log: readonly TrainLogRow[],
  plan: TrainPlan,
  embeddings: Matrix,
): string | undefined {
  const { n, settings, rows } = plan;
  const end = log.slice(-Math.ceil(log.length / 10));
  const error = meanOf(end.map(({ reconstruction }) => reconstruction));
  const dead = log.at(-1)?.dead ?? 0;
  if (error >= 1) {
    const advice = trainingAdvice(plan, embeddings, "another");
    return `the SAE is worse than the mean row (normalised MSE ${error.toPrecision(3)}): ${advice}`;
  }
  if (dead > n / 2 && rows.train.length * settings.k >= 10 * n) {
    const advice = trainingAdvice(plan, embeddings, "another");
    return `${dead} of ${n} latents are dead: ${advice}, or a lower n than ${n} (--n)`;
  }
  return undefined;
}

/** What helps a training on these embeddings, by name: a smaller k, z-scores, and else another learning rate. */
export function trainingAdvice(
  { d, settings: { k }, normalisation, rows: { train }, lr }: TrainPlan,
  embeddings: Matrix,
  change: "another" | "a lower",
): string {
  const spread = spreadOf(embeddings, train);
  const isUsual = spread >= USUAL_SPREAD[0] && spread <= USUAL_SPREAD[1];
  const causes = [
    ...(k > d ? [`a k of at most the embeddings' width, ${d}, in place of ${k} (--k ${d})`] : []),
    ...(normalisation.kind === "none" && !isUsual
      ? [`z-scores, as the rows are ${spread.toPrecision(2)} from their mean (--normalise z-score)`]
      : []),
  ];
  return `try ${causes.length > 0 ? causes.join(", and ") : `${change} lr than ${lr} (--lr)`}`;
}

/** Root mean square of the rows' distances from their mean, by the first of them. */
function spreadOf(embeddings: Matrix, rows: Uint32Array): number {
  const some = takeRows(embeddings, rows.subarray(0, SPREAD_ROWS));
  return Math.sqrt(Math.max(0, squaredDeviations(some)) / some.rows);
}
