import { batchesPerEpoch } from "./train-rows.js";

/** Adam's learning rate where none is given. */
export const LEARNING_RATE = 2e-3;
/** The plateau that ends a run of open length; see TrainOptions. */
export const PLATEAU = 0.005;
/** Steps before which no run ends on a plateau. */
const FEWEST_STEPS = 1000;
/** Steps and passes that a run of open length takes at most, whichever are more. */
const MOST_STEPS = 3000;
const MOST_EPOCHS = 60;

/** Documents for each latent, at least. */
const DOCUMENTS_PER_LATENT = 16;
const FEWEST_LATENTS = 32;
const MOST_LATENTS = 12_288;

const HELD_OUT_SHARE = 0.1;
const MOST_HELD_OUT = 5000;
/** Below this many rows none are held out: their error would say nothing. */
const FEWEST_TO_HOLD_OUT = 40;

/** What a step's row of the log says of the error. */
interface LoggedError {
  reconstruction: number;
  validation?: number;
}

/** Documents in a step: few documents make few steps of large batches. A power of two from 64 to 1,024, by the rows. */
export function batchFor(rows: number): number {
  const power = Math.round(Math.log2(Math.max(1, rows / 40)));
  return Math.min(1024, Math.max(64, 2 ** power));
}

/** The most passes of a run of open length, with so many steps in a pass. */
export function mostEpochs(stepsPerEpoch: number): number {
  return Math.max(MOST_EPOCHS, Math.ceil(MOST_STEPS / stepsPerEpoch));
}

/** Share of so many rows that is held out where the plateau ends a run; 0 where they are too few. */
export function heldOutShare(rows: number): number {
  return rows < FEWEST_TO_HOLD_OUT ? 0 : Math.min(HELD_OUT_SHARE, MOST_HELD_OUT / rows);
}

/** A run of open length over so many rows, spelt out. */
export function openBudget(rows: number): {
  epochs: number;
  lr: number;
  batch: number;
  plateau?: number;
} {
  const share = heldOutShare(rows);
  const trained = rows - Math.round(share * rows);
  const batch = Math.max(2, Math.min(trained, batchFor(trained)));
  const epochs = mostEpochs(batchesPerEpoch(trained, batch));
  return { epochs, lr: LEARNING_RATE, batch, ...(share > 0 && { plateau: PLATEAU }) };
}

/** Latents that so many documents can train, in steps of 1, 1.5, 2, 3, 4, 6, 8 …, from 32 to 12,288. */
export function latentsFor(documents: number): number {
  const most = Math.min(MOST_LATENTS, documents / DOCUMENTS_PER_LATENT);
  let n = FEWEST_LATENTS;
  for (let power = FEWEST_LATENTS; power <= most; power *= 2) {
    n = 1.5 * power <= most ? 1.5 * power : power;
  }
  return n;
}

/**
 * Share by which the error fell from the third quarter of the steps to the last: the mean of the held-out errors where there are
 * any, else of the batches'. Undefined where either quarter has none.
 */
export function lateFall(log: readonly LoggedError[]): number | undefined {
  const steps = log.length;
  const isHeldOut = log.some(({ validation }) => validation !== undefined);
  const sums = [0, 0];
  const counts = [0, 0];
  for (let at = Math.floor(steps / 2); at < steps; at++) {
    const error = isHeldOut ? log[at].validation : log[at].reconstruction;
    if (error === undefined) continue;
    const quarter = at < Math.floor((3 * steps) / 4) ? 0 : 1;
    sums[quarter] += error;
    counts[quarter]++;
  }
  if (counts[0] === 0 || counts[1] === 0) return undefined;
  return 1 - sums[1] / counts[1] / (sums[0] / counts[0]);
}

/** Whether the held-out error falls by less than the share `plateau` (0: never). */
export function isAtPlateau(log: readonly LoggedError[], plateau: number): boolean {
  if (plateau === 0 || log.length < FEWEST_STEPS) return false;
  const fall = lateFall(log);
  return fall !== undefined && fall < plateau;
}
