import { medianOf } from "../core/statistics.js";
import { type Codes, type Postings, createCodes } from "../core/codes.js";
import type { Encoder, Engine } from "../engine/engine.js";
import { type Matrix, createMatrix, dot, matrixRow } from "../core/matrix.js";
import { type Sae, decodeCodes } from "../sae/sae.js";
import type { LatentDirections } from "./directions.js";
import type { SparseCode, SteeringEdit } from "./edits.js";
import { checkEdits, codeDifference, editCode } from "./edits.js";
import type { SteeringMethod } from "./steering-methods.js";
import { postingsOf } from "../core/postings.js";

export { type SteeringMethod, STEERING_METHODS } from "./steering-methods.js";

/** What steering made of a query. */
export interface SteeredQuery {
  /** The query to search with [d]. */
  query: Float32Array;
  /** Cosine to the original query. */
  cosine: number;
  /** For every latent that was edited: its value before, as requested, and in the new query's code. */
  moved: { latent: number; before: number; wanted: number; after: number }[];
  /**
   * How far the unedited latents moved: the sum of their changes, new ones included, over the sum of their
   * values before; 0 where there were none.
   */
  others: number;
}

/** What steering needs: `typical` comes from `typicalActivations`. */
export interface SteeringModel {
  engine: Engine;
  sae: Sae;
  /** Typical active value of each latent [n]. */
  typical: ArrayLike<number>;
  /** Of `documentDirections`; only the method `documents` needs it. */
  directions?: LatentDirections;
  /** An open encoder of this SAE, which stays open. Default: one is made for each call. */
  encoder?: Encoder;
}

const ITERATIONS = 30;
const STEP = 0.5;

/** Median of each latent's values above 0 over the corpus [n]; the median of those medians where it is never active. */
export function typicalActivations(postings: Postings): Float64Array {
  const out = new Float64Array(postings.n);
  const known: number[] = [];
  for (let f = 0; f < postings.n; f++) {
    const active = postingsOf(postings, f).values.filter((value) => value > 0);
    out[f] = medianOf(active) ?? 0;
    if (out[f] > 0) known.push(out[f]);
  }
  const fallback = medianOf(known) ?? 0;
  return out.map((value) => (value > 0 ? value : fallback));
}

/**
 * Steers `query` [d] by the edits, in their order. Throws RangeError for another width, a latent that the SAE does not
 * have, a strength below 0, an SAE that normalises its inputs, and edits that leave no direction to search in;
 * TypeError for `documents` without directions.
 */
export async function steerQuery(
  model: SteeringModel,
  query: ArrayLike<number>,
  edits: readonly SteeringEdit[],
  method: SteeringMethod = "residual",
): Promise<SteeredQuery> {
  const row = createMatrix(1, query.length, Float32Array.from(query));
  return (await steerQueries(model, row, [edits], method))[0];
}

/** `steerQuery` of many queries [Q, d], each with its own edits: the same results, encoded together. */
export async function steerQueries(
  model: SteeringModel,
  queries: Matrix,
  edits: readonly (readonly SteeringEdit[])[],
  method: SteeringMethod = "residual",
): Promise<SteeredQuery[]> {
  const { engine, sae, typical } = model;
  checkQueries(model, queries, method);
  if (edits.length !== queries.rows) {
    throw new RangeError(`steerQueries: ${queries.rows} queries, but ${edits.length} edits`);
  }
  for (const list of edits) checkEdits(list, sae.n);
  const encoder = model.encoder ?? (await engine.createEncoder(sae));
  const encode = async (rows: readonly ArrayLike<number>[]): Promise<SparseCode[]> =>
    readSparse(await encoder.encode(stackRows(rows, sae.d)));
  try {
    const originals = Array.from(edits, (_, i) => matrixRow(queries, i));
    const before = await encode(originals);
    const wanted = before.map((code, i) => editCode(code, edits[i], typical));
    let steered = originals.map((query, i) => {
      if (method === "reconstruction") return decodeSparse(sae, wanted[i]);
      const isDocuments = method === "documents";
      const least = method === "additive" || isDocuments ? -Infinity : 0;
      const change = codeDifference(editCode(before[i], edits[i], typical, least), before[i]);
      const directions = isDocuments ? model.directions : undefined;
      const moved = addDirections(sae, query, change, directions);
      return method === "additive" ? moved : withLength(moved, lengthOf(query));
    });
    if (method === "iterative") steered = await approach(sae, steered, wanted, encode);
    for (const row of steered) requireDirection(row);
    const after = await encode(steered);
    return steered.map((row, i) => ({
      query: Float32Array.from(row),
      cosine: dot(row, originals[i]) / (lengthOf(row) * lengthOf(originals[i])),
      ...describeMoves(edits[i], before[i], wanted[i], after[i]),
    }));
  } finally {
    if (encoder !== model.encoder) await encoder.dispose();
  }
}

/** Throws RangeError for an SAE that normalises its inputs: its decoder's directions are not those of the embeddings. */
export function requirePlainInputs({ normalisation }: Sae, caller: string): void {
  if (normalisation.kind !== "none") {
    throw new RangeError(
      `${caller}: expected an SAE that reads embeddings as they are, got one with ${normalisation.kind} normalisation, whose directions do not apply to them`,
    );
  }
}

/** Moves every start, at its length, until its code is as near to the wanted one as it comes; the nearest inputs seen. */
async function approach(
  sae: Sae,
  starts: readonly Float64Array[],
  wanted: readonly SparseCode[],
  encode: (rows: readonly Float64Array[]) => Promise<SparseCode[]>,
): Promise<Float64Array[]> {
  const best = [...starts];
  const least = starts.map(() => Infinity);
  let open = starts.map((x, at) => ({ at, x }));
  for (let step = 0; step <= ITERATIONS && open.length > 0; step++) {
    const codes = await encode(open.map(({ x }) => x));
    open = open.flatMap(({ at, x }, i) => {
      const missing = codeDifference(wanted[at], codes[i]);
      let error = 0;
      for (const value of missing.values()) error += value * value;
      if (error < least[at]) [best[at], least[at]] = [x, error];
      if (error === 0) return [];
      for (const [latent, value] of missing) missing.set(latent, STEP * value);
      return [{ at, x: withLength(addDirections(sae, x, missing), lengthOf(starts[at])) }];
    });
  }
  return best;
}

function describeMoves(
  edits: readonly SteeringEdit[],
  before: SparseCode,
  wanted: SparseCode,
  after: SparseCode,
): Pick<SteeredQuery, "moved" | "others"> {
  const latents = new Set(edits.flatMap((edit) => edit.latents));
  let changed = 0;
  let total = 0;
  for (const latent of new Set([...before.keys(), ...after.keys()])) {
    if (latents.has(latent)) continue;
    changed += Math.abs((after.get(latent) ?? 0) - (before.get(latent) ?? 0));
    total += before.get(latent) ?? 0;
  }
  return {
    moved: [...latents].map((latent) => ({
      latent,
      before: before.get(latent) ?? 0,
      wanted: wanted.get(latent) ?? 0,
      after: after.get(latent) ?? 0,
    })),
    others: total > 0 ? changed / total : 0,
  };
}

/** x with the changes of a code, each along its direction, added. */
export function addDirections(
  { decoder }: Sae,
  x: ArrayLike<number>,
  changes: SparseCode,
  directions: LatentDirections = (latent) => matrixRow(decoder, latent),
): Float64Array {
  const out = Float64Array.from(x);
  for (const [latent, change] of changes) {
    const direction = directions(latent);
    for (let j = 0; j < out.length; j++) out[j] += change * direction[j];
  }
  return out;
}

/** What the SAE makes of a code [d]. */
export function decodeSparse(sae: Sae, code: SparseCode): Float64Array {
  const indices = Uint32Array.from(code.keys());
  const values = Float32Array.from(code.values());
  return Float64Array.from(
    decodeCodes(sae, createCodes(1, code.size, sae.n, indices, values)).data,
  );
}

/** Codes row by row. */
export function readSparse({ rows, k, indices, values }: Codes): SparseCode[] {
  return Array.from({ length: rows }, (_, row) => {
    const out = new Map<number, number>();
    for (let s = row * k; s < (row + 1) * k; s++) {
      if (values[s] > 0) out.set(indices[s], values[s]);
    }
    return out;
  });
}

function stackRows(rows: readonly ArrayLike<number>[], d: number): Matrix {
  const out = createMatrix(rows.length, d);
  for (const [i, row] of rows.entries()) out.data.set(row, i * d);
  return out;
}

function withLength(x: Float64Array, length: number): Float64Array {
  const own = lengthOf(x);
  return own > 0 ? x.map((value) => (value * length) / own) : x;
}

function lengthOf(x: ArrayLike<number>): number {
  return Math.sqrt(dot(x, x));
}

function requireDirection(x: Float64Array): void {
  const size = lengthOf(x);
  if (!(size > 0 && size < Infinity)) {
    throw new RangeError(
      "steerQuery: the edits cancel the query: no direction is left to search in",
    );
  }
}

function checkQueries(
  { sae, directions }: SteeringModel,
  queries: Matrix,
  method: SteeringMethod,
): void {
  requirePlainInputs(sae, "steerQuery");
  if (queries.cols !== sae.d) {
    throw new RangeError(
      `steerQuery: the query is ${queries.cols} wide, but the SAE reads ${sae.d}`,
    );
  }
  for (let i = 0; i < queries.rows; i++) {
    const query = matrixRow(queries, i);
    if (!(dot(query, query) > 0)) {
      throw new RangeError("steerQuery: the query must not be all zeros");
    }
  }
  if (method === "documents" && !directions) {
    throw new TypeError("steerQuery: the method documents needs directions");
  }
}
