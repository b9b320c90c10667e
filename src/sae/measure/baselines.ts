import { type Codes, createCodes } from "../../core/codes.js";
import { type Matrix, createMatrix, normalizeRows, takeRows } from "../../core/matrix.js";
import { createRandom, drawNormal, sampleIndices } from "../../core/random.js";
import type { Engine } from "../../engine/engine.js";
import { createKernelTrainer } from "../../engine/kernels/kernel-trainer.js";
import { kmeansDirections } from "../train/kmeans-start.js";
import type { TrainOptions } from "../train/train-options.js";
import { type TrainResult, trainSae } from "../train/train.js";

/** Units to hold latents against, none of which a dictionary was learned for. */
export const BASELINES = ["k-means", "random documents", "random directions"] as const;
export type Baseline = (typeof BASELINES)[number];

/** How many units a baseline has. */
export interface BaselineOptions {
  /** Units. */
  n: number;
  /** Units that each document is on for; of "k-means" its cluster alone. */
  k: number;
  /** Of what is drawn. Default 0. */
  seed?: number;
  engine: Engine;
}

/**
 * Codes of embeddings [N, d] over the n units of a baseline: clusters of k-means by direction, of which a document has one, or
 * the k directions with the largest dot products among n documents or n random directions. Values are dot products, 0 where
 * they are negative. RangeError where there are fewer documents than units.
 */
export async function baselineCodes(
  embeddings: Matrix,
  baseline: Baseline,
  { n, k, seed = 0, engine }: BaselineOptions,
): Promise<Codes> {
  if (embeddings.rows < n) {
    throw new RangeError(
      `baselineCodes: expected at least ${n} documents, as many as units, got ${embeddings.rows}`,
    );
  }
  const units = await unitsOf(embeddings, baseline, n, seed);
  const count = baseline === "k-means" ? 1 : k;
  const { rows, indices, scores } = await engine.nearest(embeddings, units, count);
  return createCodes(
    rows,
    count,
    n,
    indices,
    scores.map((score) => Math.max(0, score)),
  );
}

/**
 * An SAE trained like another, but for a decoder that stays at its random start: what the encoder alone can do. Options and
 * errors are those of trainSae; on the CPU.
 */
export function trainRandomTwin(
  embeddings: Matrix,
  options: Omit<TrainOptions, "createTrainer" | "start" | "init">,
): Promise<TrainResult> {
  return trainSae(embeddings, {
    ...options,
    start: "random",
    createTrainer: (state, settings) => createKernelTrainer(state, settings, { keepDecoder: true }),
  });
}

async function unitsOf(
  embeddings: Matrix,
  baseline: Baseline,
  n: number,
  seed: number,
): Promise<Matrix> {
  const random = createRandom(seed);
  if (baseline === "random documents") {
    return normalizeRows(takeRows(embeddings, sampleIndices(embeddings.rows, n, random)));
  }
  const drawn = createMatrix(n, embeddings.cols);
  for (let at = 0; at < drawn.data.length; at++) drawn.data[at] = drawNormal(random);
  const directions = normalizeRows(drawn);
  if (baseline === "random directions") return directions;
  return kmeansDirections(embeddings, new Float32Array(embeddings.cols), directions, seed);
}
