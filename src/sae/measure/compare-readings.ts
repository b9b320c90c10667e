import type { Engine } from "../../engine/engine.js";
import { openEngine } from "../../engine/open-engine.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import { FormatError } from "../../core/errors.js";
import {
  type EmbeddingSource,
  embeddingShape,
  readRows,
  sourceName,
  streamEmbeddings,
} from "../embedding-source.js";
import { computeMetrics } from "./metrics.js";
import { type InputNormalisation, zScoreOf } from "../normalisation.js";
import type { Sae } from "../sae.js";

const SAMPLE_ROWS = 2000;
/** Runs of neighbouring rows that the sample consists of, so that a large file is not read as a whole. */
const RUNS = 20;
/** Explained variance that another reading must gain to be reported. */
const FAR_BETTER = 0.1;

/** One way to read an SAE's inputs, and how well it then explains the embeddings. */
export interface SaeReading {
  /** Such as "raw", "z-score", "raw without its bias before the encoder". */
  name: string;
  /** Whether this is how the file says that it is read. */
  declared: boolean;
  /** Share of the embeddings' variance that the reconstruction explains. */
  explainedVariance: number;
  /** Latents above 0 in a document, on average. */
  meanActive: number;
}

/** Readings of an SAE on some embeddings. */
export interface ReadingComparison {
  /** The declared one first, then the others, best first. */
  readings: SaeReading[];
  /** Documents that were compared on. */
  documents: number;
  /** Where another reading than the declared one fits far better. */
  warning?: string;
}

/** What is compared, and where. */
export interface ReadingOptions {
  /** Default the best device there is. */
  engine?: Engine;
  /** Compare raw and z-scored inputs alone, which costs next to nothing. Default false. */
  quick?: boolean;
}

/**
 * How well an SAE explains embeddings [N, d] as it is declared, and as it would be with other input normalisations and
 * with or without its bias before the encoder, on up to 2,000 documents spread over all. A loader that takes the wrong
 * one changes every number without an error.
 */
export async function compareReadings(
  sae: Sae,
  source: EmbeddingSource,
  { engine, quick = false }: ReadingOptions = {},
): Promise<ReadingComparison> {
  const sample = await sampleRows(source, sae.d);
  const used = engine ?? (await openEngine());
  try {
    const readings: SaeReading[] = [];
    for (const { name, declared, variant } of variants(sae, sample, quick)) {
      const reading = await measure(variant, sample, used, declared);
      if (reading) readings.push({ name, declared, ...reading });
    }
    const [declared, ...others] = readings;
    others.sort((a, b) => b.explainedVariance - a.explainedVariance);
    const best = others.at(0);
    const gap = best ? best.explainedVariance - declared.explainedVariance : 0;
    const comparison: ReadingComparison = {
      readings: [declared, ...others],
      documents: sample.rows,
    };
    if (best && gap > FAR_BETTER) {
      comparison.warning = `read as "${best.name}" it explains ${percent(best.explainedVariance)} of the variance, but only ${percent(declared.explainedVariance)} as declared ("${declared.name}"): it may have been trained on embeddings prepared that way`;
    }
    return comparison;
  } finally {
    if (engine === undefined) await used.dispose();
  }
}

async function measure(
  variant: Sae,
  sample: Matrix,
  engine: Engine,
  declared: boolean,
): Promise<Pick<SaeReading, "explainedVariance" | "meanActive"> | undefined> {
  try {
    const { explained_variance, zero_valued_slots, N, k } = await computeMetrics(variant, sample, {
      engine,
    });
    return { explainedVariance: explained_variance, meanActive: k - zero_valued_slots / N };
  } catch (error) {
    // A reading under which documents have more active latents than there is room for is none.
    if (!declared && error instanceof RangeError) return undefined;
    throw error;
  }
}

function* variants(
  sae: Sae,
  sample: Matrix,
  quick: boolean,
): Generator<{ name: string; declared: boolean; variant: Sae }> {
  const biases = [sae.preBias];
  const none = new Float32Array(sae.d);
  const subtracts = sae.preBias.some((value) => value !== 0);
  if (quick) biases.length = 1;
  else if (subtracts) biases.push(none);
  else if (sae.decoderBias.some((value) => value !== 0)) biases.push(sae.decoderBias);
  const plain = subtracts ? "" : " with the decoder's bias subtracted first";
  const title = (kind: string, own: boolean): string =>
    (kind === "none" ? "raw" : kind) + (own ? "" : plain || " without its bias before the encoder");
  const normalisations = [
    sae.normalisation,
    ...otherNormalisations(sample).filter(
      ({ kind }) =>
        kind !== sae.normalisation.kind && (!quick || kind === "none" || kind === "z-score"),
    ),
  ];
  for (const normalisation of normalisations) {
    for (const preBias of biases) {
      const own = preBias === sae.preBias;
      const declared = own && normalisation === sae.normalisation;
      const name = title(normalisation.kind, own);
      yield { name, declared, variant: { ...sae, normalisation, preBias } };
    }
  }
}

function otherNormalisations(sample: Matrix): InputNormalisation[] {
  return [
    { kind: "none" },
    { kind: "unit" },
    { kind: "constant-norm" },
    { kind: "layer-norm" },
    zScoreOf(sample),
  ];
}

/** Up to SAMPLE_ROWS rows, in runs that are evenly spread; rows that cannot be used are left out. */
async function sampleRows(source: EmbeddingSource, d: number): Promise<Matrix> {
  const { N, d: width } = await embeddingShape(source);
  if (width !== d) {
    throw new FormatError(
      sourceName(source),
      `embeddings must be ${d} wide for this SAE, got ${width}`,
    );
  }
  const runs = N <= SAMPLE_ROWS ? [[0, N]] : spreadRuns(N);
  const parts: Matrix[] = [];
  for (const [start, end] of runs) {
    const part = await readRows(source, start, end);
    const options = { rowsPerBlock: SAMPLE_ROWS, badRows: "skip" } as const;
    for await (const { embeddings } of streamEmbeddings(part, d, options)) parts.push(embeddings);
  }
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const sample = createMatrix(rows, d);
  let at = 0;
  for (const part of parts) {
    sample.data.set(part.data, at);
    at += part.data.length;
  }
  return sample;
}

function spreadRuns(N: number): [number, number][] {
  const length = SAMPLE_ROWS / RUNS;
  return Array.from({ length: RUNS }, (_, i) => {
    const start = Math.floor((i * (N - length)) / (RUNS - 1));
    return [start, start + length];
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
