import { type Codes, invertCodes } from "../core/codes.js";
import type { Matrix } from "../core/matrix.js";
import type { Engine } from "../engine/engine.js";
import { encodeEmbeddings } from "../sae/encode.js";
import { BASELINES, baselineCodes, trainRandomTwin } from "../sae/measure/baselines.js";
import { computeMetrics } from "../sae/measure/metrics.js";
import type { Sae } from "../sae/sae.js";
import type { TrainOptions } from "../sae/train/train-options.js";
import { matchLatents } from "../taxonomy/best-class.js";
import type { ClassIndex } from "../taxonomy/class-index.js";

/** F1 over which units count as matching a class. */
const LEVEL = 0.5;

/** An SAE, or units to hold it against. */
export interface BaselineRow {
  /** "SAE", "random decoder" for an SAE trained alike whose decoder stays at its start, or one of BASELINES. */
  units: string;
  /** Of the two SAEs. */
  normalizedMse?: number;
  /** Where documents have classes: mean F1 of the units that are on anywhere, each with its best class. */
  meanF1?: number;
  /** Share of those with an F1 over 0.5, and how many different classes they have. */
  share?: number;
  classes?: number;
}

/** What an SAE is held against. */
export interface MeasureBaselinesOptions {
  engine: Engine;
  /** Classes of the documents. Without them only the errors of the two SAEs are measured. */
  index?: ClassIndex;
  /** How the SAE was trained, for its twin. Default: as trainSae trains by default. */
  training?: Omit<Partial<TrainOptions>, "k" | "n" | "createTrainer" | "start" | "init">;
  /** Of what is drawn. Default 0. */
  seed?: number;
  signal?: AbortSignal;
}

/**
 * An SAE of embeddings [N, d] beside baselines of the same size: an SAE trained alike with a decoder that stays random, and, where
 * documents have classes, k-means, random documents and random directions. The twin takes as long as training does.
 */
export async function measureBaselines(
  sae: Sae,
  embeddings: Matrix,
  { engine, index, training, seed = 0, signal }: MeasureBaselinesOptions,
): Promise<BaselineRow[]> {
  const size = { k: sae.k, n: sae.n };
  const { sae: twin } = await trainRandomTwin(embeddings, { ...training, ...size, seed, signal });
  const rows: BaselineRow[] = [];
  for (const [units, one] of [
    ["SAE", sae],
    ["random decoder", twin],
  ] as const) {
    const codes = await encodeEmbeddings(one, embeddings, { engine, signal });
    const metrics = await computeMetrics(one, embeddings, { codes, engine, signal });
    rows.push({ units, normalizedMse: metrics.normalized_mse, ...judge(codes, index) });
  }
  if (index === undefined) return rows;
  for (const units of BASELINES) {
    signal?.throwIfAborted();
    const codes = await baselineCodes(embeddings, units, { ...size, seed, engine });
    rows.push({ units, ...judge(codes, index) });
  }
  return rows;
}

function judge(codes: Codes, index?: ClassIndex): Omit<BaselineRow, "units" | "normalizedMse"> {
  if (index === undefined) return {};
  const matches = matchLatents(invertCodes(codes, { skipZeros: true }), index);
  const live = matches.filter(({ active }) => active > 0);
  const over = live.filter(({ f1 }) => f1 > LEVEL);
  return {
    meanF1: live.reduce((sum, { f1 }) => sum + f1, 0) / live.length,
    share: over.length / live.length,
    classes: new Set(over.map(({ classIndex }) => classIndex)).size,
  };
}
