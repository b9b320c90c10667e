import { f1Interval, wilsonInterval } from "../core/statistics.js";
import { createRandom } from "../core/random.js";
import { measureAuc } from "../core/auc.js";
import type { Verdict } from "./evidence/evidence.js";
import type { Score } from "../records/label.js";

/** The fields of a verdict that measures use. */
export type MeasuredVerdict = Pick<Verdict, "expected" | "answer" | "confidence" | "probability">;

/** Measures of a label, computed from verdicts. */
export interface VerdictMeasures {
  /**
   * Those of "balanced-accuracy", "f1", "pearson" and "auc" that are defined, each with its number of answered
   * documents and a 95 % interval.
   */
  scores: Score[];
  /** Number of documents without an answer, which count as neither right nor wrong. */
  failed: number;
  /** Why a measure is missing. */
  notes: string[];
}

const RESAMPLES = 1000;

/**
 * Measures of a judge's verdicts. There are none unless at least one active and one inactive document were answered. F1
 * and balanced accuracy use yes and no, or confidence above 0 if the protocol asks for confidence. Pearson's
 * correlation uses the confidence, else yes and no. It is undefined if all answers are equal, and F1 is if all are yes.
 * The AUC uses the probabilities or confidences of the answers that have one. `seed` (default 0) is the seed of the
 * bootstrap for Pearson's interval.
 */
export function measureVerdicts(
  verdicts: readonly MeasuredVerdict[],
  { seed = 0 }: { seed?: number } = {},
): VerdictMeasures {
  const answered = verdicts.filter(({ answer }) => answer !== null);
  const failed = verdicts.length - answered.length;
  const active = answered.filter(({ expected }) => expected);
  const inactive = answered.filter(({ expected }) => !expected);
  const notes: string[] = [];
  if (active.length === 0 || inactive.length === 0) {
    const which = active.length === 0 ? "active" : "inactive";
    notes.push(`no scores: no ${which} document has an answer`);
    return { scores: [], failed, notes };
  }
  const saidYes = (list: readonly MeasuredVerdict[]): number =>
    list.filter(({ answer }) => answer === true).length;
  const table = {
    hits: saidYes(active),
    active: active.length,
    alarms: saidYes(inactive),
    inactive: inactive.length,
  };
  const n = answered.length;
  const scores: Score[] = [{ name: "balanced-accuracy", n, ...balancedAccuracy(table) }];
  // Whatever the label, 0.667 for as many active documents as inactive ones.
  if (table.hits + table.alarms === n) notes.push("f1 is undefined: every answer is yes");
  else scores.push({ name: "f1", n, ...f1Score(table) });
  const pearson = pearsonScore(active, inactive, table, seed);
  if (pearson === undefined) notes.push("pearson is undefined: all answers are the same");
  else scores.push({ name: "pearson", n, ...pearson });
  const strength = ({ confidence, probability }: MeasuredVerdict): number =>
    probability ?? confidence ?? NaN;
  const known = (list: readonly MeasuredVerdict[]): number[] =>
    list.map(strength).filter((value) => !Number.isNaN(value));
  const [above, below] = [known(active), known(inactive)];
  const auc = measureAuc(above, below);
  const graded = above.length + below.length;
  if (auc !== undefined) scores.push({ name: "auc", n: graded, ...auc });
  if (graded > 0 && graded < n)
    notes.push(`auc: ${n - graded} of ${n} answers have no probability`);
  return { scores, failed, notes };
}

/**
 * The mean F1 of labels, weighted by the number of documents in which their latents are active. Labels without an F1
 * are excluded and counted. Undefined if there is none.
 */
export function weightedF1(
  entries: readonly { f1: number | undefined; documents: number }[],
): { value: number; labels: number; without: number } | undefined {
  const known = entries.filter(({ f1 }) => f1 !== undefined);
  const weight = known.reduce((sum, { documents }) => sum + documents, 0);
  if (weight === 0) return undefined;
  const value = known.reduce((sum, { f1 = 0, documents }) => sum + f1 * documents, 0) / weight;
  return { value, labels: known.length, without: entries.length - known.length };
}

interface Table {
  /** Active documents with a yes, and all active ones. */
  hits: number;
  active: number;
  /** Inactive documents with a yes, and all inactive ones. */
  alarms: number;
  inactive: number;
}

type Measured = Pick<Score, "value" | "interval">;

function balancedAccuracy({ hits, active, alarms, inactive }: Table): Measured {
  const quiet = inactive - alarms;
  return fromRates([hits, active], [quiet, inactive], (tpr, tnr) => (tpr + tnr) / 2, [0, 1]);
}

function f1Score({ hits, active, alarms }: Table): Measured {
  const named = hits + alarms;
  return { value: (2 * hits) / (active + named), interval: f1Interval(hits, active, named) };
}

/**
 * A measure of two independent proportions, non-decreasing in both, with the interval that the square-and-add rule
 * derives from Wilson's two. Unlike a bootstrap interval it does not collapse to a point if every answer is right.
 */
function fromRates(
  [a, ofA]: readonly [number, number],
  [b, ofB]: readonly [number, number],
  measure: (rateA: number, rateB: number) => number,
  [least, most]: readonly [number, number],
): Measured {
  const value = measure(a / ofA, b / ofB);
  const [limitsA, limitsB] = [wilsonInterval(a, ofA), wilsonInterval(b, ofB)];
  const reach = (end: 0 | 1): number =>
    Math.hypot(measure(limitsA[end], b / ofB) - value, measure(a / ofA, limitsB[end]) - value);
  return { value, interval: [Math.max(least, value - reach(0)), Math.min(most, value + reach(1))] };
}

function pearsonScore(
  active: readonly MeasuredVerdict[],
  inactive: readonly MeasuredVerdict[],
  table: Table,
  seed: number,
): Measured | undefined {
  const numbers = (list: readonly MeasuredVerdict[]): number[] =>
    list.map(({ confidence, answer }) => confidence ?? (answer === true ? 1 : 0));
  const [above, below] = [numbers(active), numbers(inactive)];
  const value = correlation(above, below);
  if (value === undefined) return undefined;
  const kinds = new Set([...above, ...below]);
  if (kinds.size === 2) {
    const high = Math.max(...kinds);
    const isHigh = (one: number): boolean => one === high;
    const { active: m, inactive: k } = table;
    const quiet = k - below.filter(isHigh).length;
    const phi = (tpr: number, tnr: number): number => phiOf(tpr, tnr, m, k);
    const { interval } = fromRates([above.filter(isHigh).length, m], [quiet, k], phi, [-1, 1]);
    return { value, interval };
  }
  return { value, interval: bootstrapInterval(above, below, value, seed) };
}

/** The correlation of a binary truth with yes and no, from the shares of right answers among m and k documents. */
function phiOf(tpr: number, tnr: number, m: number, k: number): number {
  const yes = (m * tpr + k * (1 - tnr)) / (m + k);
  const spread = Math.sqrt(yes * (1 - yes));
  if (spread === 0) return 0;
  return ((tpr + tnr - 1) * Math.sqrt(m * k)) / (m + k) / spread;
}

/** Pearson's correlation of the numbers with 1 for `above` and 0 for `below`; undefined if all are equal. */
function correlation(above: readonly number[], below: readonly number[]): number | undefined {
  const n = above.length + below.length;
  const sum = (list: readonly number[]): number => list.reduce((total, one) => total + one, 0);
  const mean = (sum(above) + sum(below)) / n;
  const square = (list: readonly number[]): number =>
    list.reduce((total, one) => total + (one - mean) ** 2, 0);
  const variance = square(above) + square(below);
  if (variance < 1e-18) return undefined;
  const share = above.length / n;
  const covariance = sum(above) - above.length * mean;
  const value = covariance / Math.sqrt(variance * n * share * (1 - share));
  return Math.min(1, Math.max(-1, value));
}

// Resampled within each group, as the examples are; resamples in which all answers are equal carry no information.
function bootstrapInterval(
  above: readonly number[],
  below: readonly number[],
  value: number,
  seed: number,
): [number, number] {
  const random = createRandom(seed);
  const draw = (list: readonly number[]): number[] =>
    list.map(() => list[Math.floor(random() * list.length)]);
  const values: number[] = [];
  for (let i = 0; i < RESAMPLES; i++) {
    const drawn = correlation(draw(above), draw(below));
    if (drawn !== undefined) values.push(drawn);
  }
  values.sort((a, b) => a - b);
  const at = (share: number): number => values[Math.round(share * (values.length - 1))] ?? value;
  return [Math.min(value, at(0.025)), Math.max(value, at(0.975))];
}
