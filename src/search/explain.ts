import type { Codes } from "../core/codes.js";
import { createMatrix, dot, matrixRow } from "../core/matrix.js";
import type { Encoder, Engine } from "../engine/engine.js";
import { type Sae, decodeRow } from "../sae/sae.js";
import type { MeanDocument } from "./mean-document.js";
import type { Hit } from "./scan/search-rows.js";
import { requirePlainInputs } from "./steer.js";

/** What an explanation is relative to: the corpus's mean document, or nothing. */
export const EXPLANATION_BASES = ["mean", "zero"] as const;

/** One of EXPLANATION_BASES. */
export type ExplanationBase = (typeof EXPLANATION_BASES)[number];

/** A cosine as a sum: `mean` + `latents` + `others` + `bias` + `residual` = `score`. */
export interface Explanation {
  score: number;
  /** What query and document have in common with the mean document; 0 where the sum is not relative to it. */
  mean: number;
  /** Share of each latent of the query's code, largest magnitude first. */
  latents: { latent: number; activation: number; contribution: number }[];
  /** Share of the latents that are silent in the query, relative to the mean document; else 0. */
  others: number;
  /** Share of the SAE's bias; relative to the mean document of embeddings of one length it is 0. */
  bias: number;
  /** Share of what the SAE cannot reconstruct of the query. */
  residual: number;
}

/**
 * Why `document` [d] scores as it does for `query` [d], as a sum that is exact to the rounding of a float64. With `mean` it is
 * relative to the mean document, and a latent's share is `(z / |q| - z̄)·⟨W_dec, d / |d| - μ⟩`; without it is
 * `z·⟨W_dec, d⟩ / (|q|·|d|)`. An open `encoder` of the SAE is used and stays open. Throws RangeError for another width,
 * vectors that are all zero, and an SAE that normalises its inputs.
 */
export async function explainScore(
  { engine, sae, encoder: open }: { engine: Engine; sae: Sae; encoder?: Encoder },
  query: ArrayLike<number>,
  document: ArrayLike<number>,
  { mean }: { mean?: MeanDocument } = {},
): Promise<Explanation> {
  requirePlainInputs(sae, "explainScore");
  if (query.length !== sae.d || document.length !== sae.d) {
    throw new RangeError(
      `explainScore: query and document must be ${sae.d} wide, got ${query.length} and ${document.length}`,
    );
  }
  const [length, other] = [query, document].map((vector) => Math.sqrt(dot(vector, vector)));
  if (!(length * other > 0)) throw new RangeError("explainScore: a vector is all zeros");
  const encoder = open ?? (await engine.createEncoder(sae));
  try {
    const codes = await encoder.encode(createMatrix(1, sae.d, Float32Array.from(query)));
    const decoded = new Float64Array(sae.d);
    decodeRow(sae, codes, 0, decoded);
    // What the shares are measured along, and what of it a latent has on average.
    const along = Float64Array.from(
      document,
      (value, j) => value / other - (mean?.embedding[j] ?? 0),
    );
    const latents: Explanation["latents"] = [];
    let average = 0;
    for (let s = 0; s < codes.k; s++) {
      const activation = codes.values[s];
      if (activation === 0) continue;
      const latent = codes.indices[s];
      const usual = mean?.code[latent] ?? 0;
      const reach = dot(matrixRow(sae.decoder, latent), along);
      average += usual * reach;
      latents.push({ latent, activation, contribution: (activation / length - usual) * reach });
    }
    latents.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
    const bias = dot(sae.decoderBias, along);
    const left = dot(
      Float64Array.from(query, (value, j) => (value - decoded[j]) / length),
      along,
    );
    const score = dot(query, document) / (length * other);
    const parts = { score, mean: 0, latents, others: 0, bias: bias / length, residual: left };
    if (mean === undefined) return parts;
    const { embedding, decoded: usual } = mean;
    const common = [dot(query, embedding) / length, dot(document, embedding) / other];
    return {
      ...parts,
      mean: common[0] + common[1] - dot(embedding, embedding),
      others: average - dot(usual, along),
      bias: bias * (1 / length - mean.bias),
      residual: left - dot(embedding, along) + mean.bias * bias + dot(usual, along),
    };
  } finally {
    if (encoder !== open) await encoder.dispose();
  }
}

/** Rank of a row before and after, from 1; undefined where it is not among the results. */
export interface RankChange {
  row: number;
  before?: number;
  after?: number;
}

/** What steering changed: the results after in their order, then those that left. */
export function compareRankings(before: readonly Hit[], after: readonly Hit[]): RankChange[] {
  const old = new Map(before.map(({ row }, i) => [row, i + 1]));
  const found = new Set(after.map(({ row }) => row));
  return [
    ...after.map(({ row }, i) => ({ row, before: old.get(row), after: i + 1 })),
    ...before.flatMap(({ row }, i) => (found.has(row) ? [] : [{ row, before: i + 1 }])),
  ];
}

/**
 * Latents active above 0 in both documents, by the smaller of their two values, largest first, ties by lower latent.
 * Throws RangeError for a document that is not there.
 */
export function sharedLatents(
  { rows, k, indices, values }: Codes,
  a: number,
  b: number,
): { latent: number; a: number; b: number }[] {
  for (const document of [a, b]) {
    if (!(Number.isInteger(document) && document >= 0 && document < rows)) {
      throw new RangeError(`sharedLatents: no document ${document}; there are only ${rows}`);
    }
  }
  const other = new Map<number, number>();
  for (let s = b * k; s < (b + 1) * k; s++) other.set(indices[s], values[s]);
  const out: { latent: number; a: number; b: number }[] = [];
  for (let s = a * k; s < (a + 1) * k; s++) {
    const there = other.get(indices[s]) ?? 0;
    if (values[s] > 0 && there > 0) out.push({ latent: indices[s], a: values[s], b: there });
  }
  return out.sort((x, y) => Math.min(y.a, y.b) - Math.min(x.a, x.b) || x.latent - y.latent);
}
