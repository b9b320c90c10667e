import { z } from "zod";
import { type Fields, count, interval, measured } from "../../core/schema.js";
import { STEERING_METHODS } from "../steer.js";
import type { MeanInterval } from "../../core/bootstrap.js";
import type { CurvePoint, MeasureMeans, PairedDifference } from "./equal-cosine.js";
import type { EvaluatedCase, SteeringCell, SteeringEvaluation } from "./evaluate-steering.js";
import type { JudgedSearches } from "./judge-question.js";
import type { RewritingEvaluation } from "./model-evaluation.js";
import type { LatentInResults } from "./result-measures.js";

const meanFields: Fields<MeanInterval> = { mean: measured, interval, n: count };
const mean = z.object(meanFields);
const measureFields: Fields<MeasureMeans> = {
  upActivation: mean,
  upShare: mean,
  upRises: mean,
  downActivation: mean,
  downShare: mean,
  downFalls: mean,
  success: mean,
  overlap: mean,
  others: mean,
};
const measures = z.object(measureFields);
const method = z.enum(STEERING_METHODS);

const pointFields: Fields<CurvePoint> = { method, cosine: measured, measures };
const differenceFields: Fields<PairedDifference> = { ...pointFields, against: method };

const chosen = z.object({ up: count, down: count, distractor: count });
const judgedFields: Fields<JudgedSearches> = {
  total: count,
  failed: count,
  upRight: count,
  downRight: count,
  upChosen: chosen,
  downChosen: chosen,
};
const judged = z.object(judgedFields);

const inResultsFields: Fields<LatentInResults> = { activation: measured, share: measured };
const inResults = z.object(inResultsFields);

/** A case of an evaluation. */
export const caseFields: Fields<EvaluatedCase> = {
  query: count,
  row: count.optional(),
  up: count,
  down: count,
  before: z.object({ up: inResults, down: inResults }),
};

const cellFields: Fields<SteeringCell> = {
  up: measured,
  down: measured,
  method,
  cosines: z.array(measured),
  measures,
  judged: judged.optional(),
};
const rewritingFields: Fields<RewritingEvaluation> = {
  model: z.string(),
  embedder: z.string(),
  failed: count,
  // JSON has null for what a list lacks.
  queries: z.array(
    z
      .string()
      .nullable()
      .transform((query) => query ?? undefined),
  ),
  cosines: z.array(measured),
  measures,
  judged: judged.optional(),
};

/** An evaluation without its cases. */
export const evaluationFields: Fields<Omit<SteeringEvaluation, "cases">> = {
  top: count,
  seed: z.number(),
  methods: z.array(method),
  ups: z.array(z.number()),
  downs: z.array(z.number()),
  cells: z.array(z.object(cellFields)),
  curves: z.array(z.object(pointFields)),
  differences: z.array(z.object(differenceFields)),
  judge: z.object({ model: z.string(), cases: count, chance: measured }).optional(),
  rewriting: z.object(rewritingFields).optional(),
};
