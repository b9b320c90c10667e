import type { Codes } from "../../core/codes.js";
import type { Engine } from "../../engine/engine.js";
import { type Matrix, normalizeRows, takeRows } from "../../core/matrix.js";
import type { OnProgress } from "../../core/progress.js";
import type { SteeringEdit } from "../edits.js";
import type { SteeringCase } from "./evaluation-cases.js";
import { type LatentInResults, measureLatent, overlapOf } from "./result-measures.js";
import { type SteeringMethod, type SteeringModel, steerQueries } from "../steer.js";
import { interruptible } from "../../core/interrupt.js";

/** What is measured of a steered search, against the same search without edits. */
export const STEERING_MEASURES = [
  "upActivation",
  "upShare",
  "upRises",
  "downActivation",
  "downShare",
  "downFalls",
  "success",
  "overlap",
  "others",
] as const;

/**
 * Measures by name. `upActivation`: gain of the wanted latent's mean activation in the results, in multiples of its
 * typical value; `upShare`: gain of the share of results in which it is active; `upRises`: 1 where that share rose, else
 * 0. `downActivation`, `downShare`, `downFalls`: the same of the unwanted latent's fall; `downFalls` is NaN where it was
 * in no result before. `success`: mean of `upShare` and `downShare`. `overlap`: share of the results that were there before. `others`: see SteeredQuery.
 */
export type TrialMeasures = Record<(typeof STEERING_MEASURES)[number], number>;

/** A pair of strengths, in multiples of the typical active value. */
export interface SteeringStrength {
  up: number;
  down: number;
}

/** One steered search. */
export interface SteeringTrial extends SteeringStrength {
  /** Place among the cases. */
  case: number;
  method: SteeringMethod;
  /** Cosine of the steered query to the original. */
  cosine: number;
  measures: TrialMeasures;
  /** Documents found. */
  found: Uint32Array;
}

/** A case's search without edits. */
export interface PlainSearch {
  found: Uint32Array;
  up: LatentInResults;
  down: LatentInResults;
}

/** Where steering is tried: documents that can be found, queries and cases. */
export interface TrialSource {
  model: SteeringModel;
  /** Documents [N, d]. */
  embeddings: Matrix;
  /** Codes of the documents [N, k]. */
  codes: Codes;
  /** Queries [Q, d]. */
  queries: Matrix;
  cases: readonly SteeringCase[];
  /** Documents that may be found. Default all. */
  accept?: (row: number) => boolean;
}

/** What is tried. */
export interface TrialOptions {
  methods: readonly SteeringMethod[];
  strengths: readonly SteeringStrength[];
  /** Results looked at. Default 10. */
  top?: number;
  /** Called after each batch with step "steer". */
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

const BATCH = 2048;

/** Steers and searches every case with every method and pair of strengths. */
export async function runTrials(
  source: TrialSource,
  { methods, strengths, top = 10, onProgress, signal: given }: TrialOptions,
): Promise<{ plain: PlainSearch[]; trials: SteeringTrial[] }> {
  const { model, queries, cases } = source;
  const find = createFinder(source, model.engine, top);
  const encoder = model.encoder ?? (await model.engine.createEncoder(model.sae));
  try {
    const originals = takeRows(
      queries,
      cases.map(({ query }) => query),
    );
    const found = await find(originals, cases);
    const plain = found.map((rows, i) => ({ found: rows, ...measureCase(source, cases[i], rows) }));
    const tasks = methods.flatMap((method) =>
      strengths.flatMap((strength) => cases.map((_, at) => ({ method, ...strength, case: at }))),
    );
    const trials: SteeringTrial[] = [];
    for (const method of methods) {
      const signal = interruptible(given);
      const own = tasks.filter((task) => task.method === method);
      for (let start = 0; start < own.length; start += BATCH) {
        signal?.throwIfAborted();
        const batch = own.slice(start, start + BATCH);
        trials.push(
          ...(await runBatch({ ...source, model: { ...model, encoder } }, batch, plain, find)),
        );
        onProgress?.({ step: "steer", done: trials.length, total: tasks.length });
      }
    }
    return { plain, trials };
  } finally {
    if (encoder !== model.encoder) await encoder.dispose();
  }
}

function editsOf({ up, down }: SteeringCase, strength: SteeringStrength): SteeringEdit[] {
  return [
    { latents: [up], kind: "up", strength: strength.up },
    { latents: [down], kind: "down", strength: strength.down },
  ];
}

/** Searches a row of queries for their cases: no document finds itself. */
export type Finder = (
  queries: Matrix,
  cases: readonly SteeringCase[],
) => Promise<Uint32Array<ArrayBufferLike>[]>;

/** Opens the search of a source's documents, exact but for the order of near ties in float32. */
export function createFinder(
  { embeddings, accept = () => true }: Pick<TrialSource, "embeddings" | "accept">,
  engine: Engine,
  top: number,
): Finder {
  const rows = Uint32Array.from({ length: embeddings.rows }, (_, row) => row).filter(accept);
  if (rows.length <= top) {
    throw new RangeError(
      `steering: ${rows.length} documents to find, but ${top} results requested`,
    );
  }
  const base = normalizeRows(takeRows(embeddings, rows));
  return async (queries, cases) => {
    const { indices } = await engine.nearest(normalizeRows(queries), base, top + 1);
    return cases.map(({ row }, i) =>
      indices
        .subarray(i * (top + 1), (i + 1) * (top + 1))
        .map((at) => rows[at])
        .filter((found) => found !== row)
        .slice(0, top),
    );
  };
}

/** What a search found, held against the same case's search without edits. */
export function measureTrial(
  source: TrialSource,
  at: number,
  plain: PlainSearch,
  found: Uint32Array,
): Omit<TrialMeasures, "others"> {
  const { up, down } = measureCase(source, source.cases[at], found);
  const upShare = up.share - plain.up.share;
  const downShare = plain.down.share - down.share;
  return {
    upActivation: up.activation - plain.up.activation,
    upShare,
    upRises: upShare > 0 ? 1 : 0,
    downActivation: plain.down.activation - down.activation,
    downShare,
    downFalls: plain.down.share > 0 ? (downShare > 0 ? 1 : 0) : NaN,
    success: (upShare + downShare) / 2,
    overlap: overlapOf(plain.found, found),
  };
}

function measureCase(
  { codes, model }: TrialSource,
  { up, down }: SteeringCase,
  found: Uint32Array,
): { up: LatentInResults; down: LatentInResults } {
  return {
    up: measureLatent(codes, found, up, model.typical[up]),
    down: measureLatent(codes, found, down, model.typical[down]),
  };
}

async function runBatch(
  source: TrialSource,
  batch: readonly Omit<SteeringTrial, "cosine" | "measures" | "found">[],
  plain: readonly PlainSearch[],
  find: Finder,
): Promise<SteeringTrial[]> {
  const { model, queries, cases } = source;
  const own = batch.map((task) => cases[task.case]);
  const steered = await steerQueries(
    model,
    takeRows(
      queries,
      own.map(({ query }) => query),
    ),
    batch.map((task) => editsOf(cases[task.case], task)),
    batch[0].method,
  );
  const rows = takeRows(queries, new Uint32Array(batch.length));
  for (const [i, { query }] of steered.entries()) rows.data.set(query, i * rows.cols);
  const found = await find(rows, own);
  return batch.map((task, i) => ({
    ...task,
    cosine: steered[i].cosine,
    measures: {
      ...measureTrial(source, task.case, plain[task.case], found[i]),
      others: steered[i].others,
    },
    found: found[i],
  }));
}
