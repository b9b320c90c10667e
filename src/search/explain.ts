import type { Codes } from "../core/codes.js";
import { createMatrix, dot, matrixRow } from "../core/matrix.js";
import type { Encoder, Engine } from "../engine/engine.js";
import { type Sae, decodeCodes } from "../sae/sae.js";
import type { Hit } from "./scan/search-rows.js";
import { requirePlainInputs } from "./steer.js";

/** A cosine as a sum: `latents` + `bias` + `residual` = `score` to 1e-5. */
export interface Explanation {
  score: number;
  /** Share of each latent of the query's code, `z·⟨W_dec, d⟩ / (|q|·|d|)`, largest magnitude first. */
  latents: { latent: number; activation: number; contribution: number }[];
  /** Share of the SAE's bias. */
  bias: number;
  /** Share of what the SAE cannot reconstruct of the query. */
  residual: number;
}

/**
 * Why `document` [d] scores as it does for `query` [d]. An open `encoder` of the SAE is used and stays open. Throws
 * RangeError for another width, vectors that are all zero, and an SAE that normalises its inputs.
 */
export async function explainScore(
  { engine, sae, encoder: open }: { engine: Engine; sae: Sae; encoder?: Encoder },
  query: ArrayLike<number>,
  document: ArrayLike<number>,
): Promise<Explanation> {
  requirePlainInputs(sae, "explainScore");
  if (query.length !== sae.d || document.length !== sae.d) {
    throw new RangeError(
      `explainScore: query and document must be ${sae.d} wide, got ${query.length} and ${document.length}`,
    );
  }
  const scale = Math.sqrt(dot(query, query) * dot(document, document));
  if (!(scale > 0)) throw new RangeError("explainScore: a vector is all zero");
  const encoder = open ?? (await engine.createEncoder(sae));
  try {
    const codes = await encoder.encode(createMatrix(1, sae.d, Float32Array.from(query)));
    const latents: Explanation["latents"] = [];
    for (let s = 0; s < codes.k; s++) {
      const activation = codes.values[s];
      if (activation === 0) continue;
      const latent = codes.indices[s];
      const contribution = (activation * dot(matrixRow(sae.decoder, latent), document)) / scale;
      latents.push({ latent, activation, contribution });
    }
    latents.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
    const nothing = { ...codes, values: new Float32Array(codes.values.length) };
    const bias = dot(decodeCodes(sae, nothing).data, document) / scale;
    const decoded = decodeCodes(sae, codes).data;
    const left = Float64Array.from(query, (value, j) => value - decoded[j]);
    const residual = dot(left, document) / scale;
    return { score: dot(query, document) / scale, latents, bias, residual };
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
      throw new RangeError(`sharedLatents: no document ${document}; there are ${rows}`);
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
