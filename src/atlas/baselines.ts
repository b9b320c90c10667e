import { type Codes, invertCodes } from "../core/codes.js";
import type { Matrix } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";
import { wilsonInterval } from "../core/statistics.js";
import type { Engine } from "../engine/engine.js";
import { encodeEmbeddings } from "../sae/encode.js";
import {
  BASELINES,
  type Baseline,
  baselineCodes,
  trainRandomTwin,
} from "../sae/measure/baselines.js";
import { computeMetrics } from "../sae/measure/metrics.js";
import type { Sae } from "../sae/sae.js";
import type { TrainOptions } from "../sae/train/train-options.js";
import { matchLatents } from "../taxonomy/best-class.js";
import type { ClassIndex } from "../taxonomy/class-index.js";

/** F1 over which units count as matching a class. */
const LEVEL = 0.5;

/** Units to hold an SAE against: an SAE trained alike whose decoder stays at its random start, or one of BASELINES. */
export type BaselineUnits = "random decoder" | Baseline;

/** An SAE, or units to hold it against. */
export interface BaselineRow {
  units: "SAE" | BaselineUnits;
  /** Of the two SAEs. */
  normalizedMse?: number;
  /** Where documents have classes: mean F1 of the units that are on anywhere, each with its best class. */
  meanF1?: number;
  /** Share of those with an F1 over 0.5 with its 95 % interval, and how many different classes they have. */
  share?: number;
  interval?: [number, number];
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
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * An SAE of embeddings [N, d] beside baselines of the same size: an SAE trained alike with a decoder that stays random, and, where
 * documents have classes, k-means, random documents and random directions. The twin takes as long as training does.
 */
export async function measureBaselines(
  sae: Sae,
  embeddings: Matrix,
  options: MeasureBaselinesOptions,
): Promise<BaselineRow[]> {
  const { index } = options;
  const rows: BaselineRow[] = [];
  const add = (units: BaselineRow["units"], { codes, ...rest }: FoundUnits): void => {
    rows.push({ units, ...rest, ...judge(codes, index) });
  };
  add("SAE", await encoded(sae, embeddings, options));
  const others = index === undefined ? [] : BASELINES;
  for (const units of ["random decoder", ...others] as const) {
    add(units, await baselineUnits(units, embeddings, { ...options, k: sae.k, n: sae.n }));
  }
  return rows;
}

interface FoundUnits {
  codes: Codes;
  /** Of an SAE. */
  normalizedMse?: number;
}

/** The codes [N, k] of n units to hold an SAE of embeddings [N, d] against. Throws as baselineCodes and trainSae do. */
export async function baselineUnits(
  units: BaselineUnits,
  embeddings: Matrix,
  options: Omit<MeasureBaselinesOptions, "index"> & { k: number; n: number },
): Promise<FoundUnits> {
  const { k, n, engine, training, seed = 0, onProgress, signal } = options;
  signal?.throwIfAborted();
  if (units !== "random decoder") {
    return { codes: await baselineCodes(embeddings, units, { k, n, seed, engine }) };
  }
  const given = { ...training, k, n, seed, onProgress, signal };
  return encoded((await trainRandomTwin(embeddings, given)).sae, embeddings, options);
}

async function encoded(
  sae: Sae,
  embeddings: Matrix,
  { engine, signal }: Pick<MeasureBaselinesOptions, "engine" | "signal">,
): Promise<FoundUnits> {
  const codes = await encodeEmbeddings(sae, embeddings, { engine, signal });
  const metrics = await computeMetrics(sae, embeddings, { codes, engine, signal });
  return { codes, normalizedMse: metrics.normalized_mse };
}

function judge(codes: Codes, index?: ClassIndex): Omit<BaselineRow, "units" | "normalizedMse"> {
  if (index === undefined) return {};
  const matches = matchLatents(invertCodes(codes, { skipZeros: true }), index);
  const live = matches.filter(({ active }) => active > 0);
  const over = live.filter(({ f1 }) => f1 > LEVEL);
  return {
    meanF1: live.reduce((sum, { f1 }) => sum + f1, 0) / live.length,
    share: over.length / live.length,
    interval: wilsonInterval(over.length, live.length),
    classes: new Set(over.map(({ classIndex }) => classIndex)).size,
  };
}
