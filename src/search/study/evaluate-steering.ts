import { createBootstrap } from "../../core/bootstrap.js";
import type { EqualCosine, EqualCosineOptions, MeasureMeans } from "./equal-cosine.js";
import { compareAtEqualCosine, measuresFrom } from "./equal-cosine.js";
import type { SteeringCase } from "./evaluation-cases.js";
import type { JudgedSearches } from "./judge-question.js";
import type { RewritingEvaluation } from "./model-evaluation.js";
import type { LatentInResults } from "./result-measures.js";
import { STEERING_METHODS, type SteeringMethod } from "../steer.js";
import {
  type PlainSearch,
  type SteeringStrength,
  type SteeringTrial,
  type TrialOptions,
  type TrialSource,
  runTrials,
} from "./trials.js";
import { addToList } from "../../core/collections.js";

/** What is evaluated and how. */
export interface EvaluationOptions
  extends
    Partial<Pick<TrialOptions, "methods" | "top">>,
    Pick<TrialOptions, "onProgress" | "signal">,
    Pick<EqualCosineOptions, "levels" | "pairs" | "seed"> {
  /** Strengths of the wanted latent, 0 or more, in multiples of its typical active value. Default `STEERING_GRID`. */
  ups?: readonly number[];
  /** Strengths of the unwanted latent, 0 or more, taken away. Default `STEERING_GRID`. */
  downs?: readonly number[];
}

/** A case with what its search without edits found. */
export interface EvaluatedCase extends SteeringCase {
  before: { up: LatentInResults; down: LatentInResults };
}

/** All cases steered by one method with one pair of strengths. */
export interface SteeringCell extends SteeringStrength {
  method: SteeringMethod;
  /** Cosine of the steered query to the original, by case. */
  cosines: number[];
  measures: MeasureMeans;
  /** What a judge made of the first cases. */
  judged?: JudgedSearches;
}

/** An evaluation of steering; plain JSON. */
export interface SteeringEvaluation extends EqualCosine {
  top: number;
  seed: number;
  methods: SteeringMethod[];
  ups: number[];
  downs: number[];
  cases: EvaluatedCase[];
  cells: SteeringCell[];
  /** Who judged, and how many cases of each cell. */
  judge?: { model: string; cases: number; chance: number };
  /** The query-rewriting baseline. */
  rewriting?: RewritingEvaluation;
}

/** Strengths tried by default: they double, so that their pairs have few ratios. */
export const STEERING_GRID: readonly number[] = [0, 0.5, 1, 2, 4, 8, 16];

/**
 * Tries every case with every method and pair of strengths, and compares the methods at equal cosine. Gives the single
 * trials besides the evaluation. The pair of no strengths is always tried. Throws RangeError for strengths below 0 and
 * without cases.
 */
export async function evaluateSteering(
  source: TrialSource,
  options: EvaluationOptions = {},
): Promise<{ evaluation: SteeringEvaluation; trials: SteeringTrial[]; plain: PlainSearch[] }> {
  const { methods = STEERING_METHODS, top = 10, seed = 0, levels, pairs } = options;
  const [ups, downs] = [readGrid(options.ups), readGrid(options.downs)];
  if (source.cases.length === 0) throw new RangeError("evaluateSteering: there are no cases");
  const strengths = ups.flatMap((up) => downs.map((down) => ({ up, down })));
  const { onProgress, signal } = options;
  const { plain, trials } = await runTrials(source, {
    methods,
    strengths,
    top,
    onProgress,
    signal,
  });
  const evaluation: SteeringEvaluation = {
    top,
    seed,
    methods: [...methods],
    ups,
    downs,
    cases: source.cases.map((own, i) => ({
      ...own,
      before: { up: plain[i].up, down: plain[i].down },
    })),
    cells: summariseCells(trials, seed),
    ...compareAtEqualCosine(trials, { levels, pairs, seed }),
  };
  return { evaluation, trials, plain };
}

function readGrid(strengths: readonly number[] = STEERING_GRID): number[] {
  const bad = strengths.find((strength) => !(strength >= 0 && strength < Infinity));
  if (bad !== undefined) {
    throw new RangeError(`evaluateSteering: a strength must be 0 or more, got ${bad}`);
  }
  return [...new Set([0, ...strengths])].sort((a, b) => a - b);
}

function summariseCells(trials: readonly SteeringTrial[], seed: number): SteeringCell[] {
  const cells = new Map<string, SteeringTrial[]>();
  for (const trial of trials) {
    addToList(cells, `${trial.method} ${trial.up} ${trial.down}`, trial);
  }
  const bootstrap = createBootstrap(cells.values().next().value?.length ?? 0, { seed });
  return [...cells.values()].map((own) => ({
    method: own[0].method,
    up: own[0].up,
    down: own[0].down,
    cosines: own.map(({ cosine }) => Math.round(cosine * 1e4) / 1e4),
    measures: measuresFrom((measure) => bootstrap(own.map(({ measures }) => measures[measure]))),
  }));
}
