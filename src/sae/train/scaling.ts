import { meanOf } from "../../core/statistics.js";

/** Fewest sizes that a law is fitted through. */
const LEAST_POINTS = 4;

/** A line in log-log space, `y = a · x^b`. */
export interface PowerLaw {
  a: number;
  b: number;
  /** Share of the variance of log y that the line explains. */
  r2: number;
  /** Points that it goes through. */
  points: number;
  /** Least and largest x among them. */
  range: [number, number];
}

/** What the fits read of a training run; a row of a grid's table fits. */
export interface ScalingRun {
  k: number;
  n: number;
  /** Normalised squared error at the end. */
  normalized_mse: number;
  /** Compute of the run, see trainingFlops. */
  flops: number;
}

/** The fit of the runs of one k. */
export interface ScalingFit extends PowerLaw {
  k: number;
}

/** Both of the paper's scaling laws. Each k with runs of four n or more has one fit of each. */
export interface ScalingFits {
  /** Error by n. */
  size: ScalingFit[];
  /** Error by compute: through the ends of the runs. */
  compute: ScalingFit[];
}

/**
 * Compute of `steps` training steps as the paper counts it, `steps · (2d(n + k - 1) + n · log2 k)`: one document
 * forward, neither batch nor backward pass.
 */
export function trainingFlops({
  d,
  n,
  k,
  steps,
}: {
  d: number;
  n: number;
  k: number;
  steps: number;
}): number {
  return steps * (2 * d * (n + k - 1) + n * Math.log2(k));
}

/**
 * The least-squares line of log y on log x. Throws RangeError unless there are two different x and every value is
 * above 0 and finite.
 */
export function fitPowerLaw(x: readonly number[], y: readonly number[]): PowerLaw {
  if (x.length !== y.length) {
    throw new RangeError(`fitPowerLaw: expected as many y as x (${x.length}), got ${y.length}`);
  }
  const bad = [...x, ...y].find((value) => !(value > 0 && value < Infinity));
  if (bad !== undefined) throw new RangeError(`fitPowerLaw: values must be above 0, got ${bad}`);
  if (new Set(x).size < 2) {
    throw new RangeError(`fitPowerLaw: expected two different x, got ${new Set(x).size}`);
  }
  const u = x.map(Math.log);
  const v = y.map(Math.log);
  const meanU = meanOf(u);
  const meanV = meanOf(v);
  let uu = 0;
  let uv = 0;
  let vv = 0;
  for (let i = 0; i < u.length; i++) {
    uu += (u[i] - meanU) ** 2;
    uv += (u[i] - meanU) * (v[i] - meanV);
    vv += (v[i] - meanV) ** 2;
  }
  const b = uv / uu;
  return {
    a: Math.exp(meanV - b * meanU),
    b,
    r2: vv === 0 ? 1 : (uv * uv) / (uu * vv),
    points: x.length,
    range: [Math.min(...x), Math.max(...x)],
  };
}

/** The value of a power law at `x`. */
export function evaluatePowerLaw({ a, b }: PowerLaw, x: number): number {
  return a * x ** b;
}

/**
 * The paper's two scaling laws from the ends of training runs: for each k, ascending, a power law of the error in n and
 * one in compute. A k whose runs have fewer than four n has none: a line through
 * two or three points says nothing of a law. Throws RangeError for errors that are not above 0.
 */
export function fitScaling(runs: readonly ScalingRun[]): ScalingFits {
  const size: ScalingFit[] = [];
  const compute: ScalingFit[] = [];
  for (const k of [...new Set(runs.map((run) => run.k))].sort((a, b) => a - b)) {
    const group = runs.filter((run) => run.k === k);
    const errors = group.map((run) => run.normalized_mse);
    const sizes = group.map(({ n }) => n);
    const flops = group.map((run) => run.flops);
    if (new Set(sizes).size >= LEAST_POINTS) size.push({ k, ...fitPowerLaw(sizes, errors) });
    if (new Set(flops).size >= LEAST_POINTS) compute.push({ k, ...fitPowerLaw(flops, errors) });
  }
  return { size, compute };
}
