/** How the learning rate goes from the end of the warm-up to the end of the run. */
export type LearningRateDecay = "constant" | "linear" | "cosine";

/** The learning rate over a run. */
export interface LearningRateSchedule {
  /** The highest rate. */
  lr: number;
  /** Steps over which the rate rises evenly from lr / warmup to lr; 0 for none. */
  warmup: number;
  /** "linear" and "cosine" end next to 0. */
  decay: LearningRateDecay;
  /** Steps of the whole run. */
  steps: number;
}

/** The rate of a step, counted from 0. */
export function learningRate(
  step: number,
  { lr, warmup, decay, steps }: LearningRateSchedule,
): number {
  if (step < warmup) return (lr * (step + 1)) / warmup;
  if (decay === "constant") return lr;
  const done = (step - warmup) / Math.max(1, steps - warmup);
  return decay === "linear" ? lr * (1 - done) : (lr * (1 + Math.cos(Math.PI * done))) / 2;
}
