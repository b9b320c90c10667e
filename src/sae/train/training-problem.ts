import { type Matrix, takeRows } from "../../core/matrix.js";
import { meanOf } from "../../core/statistics.js";
import type { TrainLogRow, TrainPlan } from "./train-options.js";
import { lateFall, latentsFor } from "./budget.js";
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
    return `the SAE reconstructs worse than the mean row (normalised MSE ${error.toPrecision(3)}): ${advice}`;
  }
  if (dead > n / 2 && rows.train.length * settings.k >= 10 * n) {
    const advice = trainingAdvice(plan, embeddings, "another");
    return `${dead} of ${n} latents are dead: ${advice}, or a lower n than ${n} (--n)`;
  }
  return undefined;
}

/** Documents for each latent, below which a warning names a lower n. */
const FEWEST_PER_LATENT = 8;
/** Share of dead latents that is many. */
const MANY_DEAD = 0.1;
/** Distance of the inputs' mean from the pre-bias, in deviations, from which latents die (docs/benchmarks.md, "Training budgets"). */
const FAR_MEAN = 2;
/** Falls from the third to the last quarter of a run that has not ended: of the held-out error, and of the batches', which falls on. */
const STILL_FALLING = { heldOut: 0.01, batches: 0.05 };

/** Warns of a corpus too small for its n, before it is trained. */
export function warnBefore({ n, rows }: TrainPlan, warn?: (text: string) => void): void {
  const documents = rows.train.length;
  const better = latentsFor(documents);
  if (documents < FEWEST_PER_LATENT * n && better < n) {
    warn?.(
      `${documents} documents are too few for ${n} latents: use about ${better} (--n ${better})`,
    );
  }
}

/** Warns of inputs whose mean lies so far from the pre-bias that most latents never fire, or always do. */
export function warnOfMean(
  { rows, cols, data }: Matrix,
  preBias: Float32Array,
  { normalisation }: TrainPlan,
  warn?: (text: string) => void,
): void {
  if (normalisation.kind !== "none") return;
  const sums = new Float64Array(cols);
  for (let at = 0; at < data.length; at++) sums[at % cols] += data[at];
  const distance = Math.hypot(...sums.map((sum, j) => sum / rows - preBias[j]));
  const gamma = distance / Math.sqrt(squaredDeviations({ rows, cols, data }) / rows);
  if (gamma > FAR_MEAN) {
    warn?.(
      `the mean of the embeddings is ${gamma.toPrecision(2)} standard deviations from the pre-bias, so latents will die: subtract the mean (--normalise centre)`,
    );
  }
}

/** Warns of many dead latents, and of a run whose error was still falling when its steps were done. */
export function warnAfter(
  log: readonly TrainLogRow[],
  { n, lr, decay, start }: TrainPlan,
  ended: string,
  warn?: (text: string) => void,
): void {
  const dead = log.at(-1)?.dead ?? 0;
  if (dead > MANY_DEAD * n) {
    const other = start === "kmeans" ? "" : ", k-means initialisation (--start kmeans)";
    warn?.(
      `${dead} of ${n} latents are dead: try a lower lr than ${lr} (--lr)${other} or a lower n (--n)`,
    );
  }
  const fall = lateFall(log) ?? 0;
  const isHeldOut = log.some(({ validation }) => validation !== undefined);
  const most = STILL_FALLING[isHeldOut ? "heldOut" : "batches"];
  if (ended === "finished" && decay === "constant" && fall > most) {
    warn?.(
      `the error still fell by ${(100 * fall).toFixed(0)} % in the last quarter of the ${log.length} steps: train longer (--steps ${4 * log.length}), or pass neither --steps nor --epochs`,
    );
  }
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
    ...(k > d
      ? [`a k of at most the width of the embeddings, ${d}, instead of ${k} (--k ${d})`]
      : []),
    ...(normalisation.kind === "none" && !isUsual
      ? [`z-scores, as the rows lie ${spread.toPrecision(2)} from their mean (--normalise z-score)`]
      : []),
  ];
  return `try ${causes.length > 0 ? causes.join(", and ") : `${change} lr than ${lr} (--lr)`}`;
}

/** Root mean square of the rows' distances from their mean, by the first of them. */
function spreadOf(embeddings: Matrix, rows: Uint32Array): number {
  const some = takeRows(embeddings, rows.subarray(0, SPREAD_ROWS));
  return Math.sqrt(Math.max(0, squaredDeviations(some)) / some.rows);
}
