import { type Codes, type Postings, createCodes } from "../codes.js";
import type { Encoder, Engine } from "../engine/engine.js";
import { createMatrix, dot, matrixRow } from "../matrix.js";
import { type Sae, decodeCodes } from "../sae/sae.js";

/** One edit of a query's code: `latents` are one latent, or all members of a family. */
export interface SteeringEdit {
  latents: readonly number[];
  /** `up` and `down` move by `strength`, `set` sets to it, `remove` sets to 0. */
  kind: "up" | "down" | "set" | "remove";
  /** In multiples of each latent's typical active value, 0 or more; default 1. Not used by `remove`. */
  strength?: number;
}

/**
 * How an edit reaches the query. `additive` is the paper's: x + Σ Δ·W_dec with Δ as asked, even below a code of 0.
 * `reconstruction` is the web app's: the edited code decoded. `residual` adds Σ Δz·W_dec with codes kept at 0 or
 * above, so that it keeps what the SAE cannot reconstruct, at the query's length. `iterative` goes on from there
 * towards the input whose code is the edited one.
 */
export type SteeringMethod = "additive" | "reconstruction" | "residual" | "iterative";

/** What steering made of a query. */
export interface SteeredQuery {
  /** The query to search with [d]. */
  query: Float32Array;
  /** Cosine to the original query. */
  cosine: number;
  /** For every latent that was edited: its value before, as asked, and in the new query's code. */
  moved: { latent: number; before: number; wanted: number; after: number }[];
}

/** What steering needs: `typical` comes from `typicalActivations`. */
export interface SteeringModel {
  engine: Engine;
  sae: Sae;
  /** Typical active value of each latent [n]. */
  typical: ArrayLike<number>;
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
    const values = postings.values
      .subarray(postings.offsets[f], postings.offsets[f + 1])
      .filter((value) => value > 0);
    out[f] = median(values.sort());
    if (out[f] > 0) known.push(out[f]);
  }
  const fallback = median(Float64Array.from(known).sort());
  return out.map((value) => (value > 0 ? value : fallback));
}

/**
 * Steers `query` [d] by the edits, in their order. Throws RangeError for another width, a latent that the SAE does not
 * have, a strength below 0, an SAE
 * that normalises its inputs, and edits that leave no direction to search in.
 */
export async function steerQuery(
  model: SteeringModel,
  query: ArrayLike<number>,
  edits: readonly SteeringEdit[],
  method: SteeringMethod = "residual",
): Promise<SteeredQuery> {
  const { engine, sae } = model;
  checkEdits(sae, query, edits);
  const encoder = model.encoder ?? (await engine.createEncoder(sae));
  const encode = async (x: ArrayLike<number>): Promise<Map<number, number>> =>
    codeOf(await encoder.encode(createMatrix(1, sae.d, Float32Array.from(x))));
  try {
    const before = await encode(query);
    const wanted = editCode(before, edits, model.typical);
    const length = Math.sqrt(dot(query, query));
    let steered: Float64Array;
    if (method === "reconstruction") steered = decodeMap(sae, wanted);
    else if (method === "additive") {
      const asked = editCode(before, edits, model.typical, -Infinity);
      steered = addDirections(sae, query, difference(asked, before));
    } else {
      steered = withLength(addDirections(sae, query, difference(wanted, before)), length);
      if (method === "iterative") steered = await approach(sae, steered, wanted, length, encode);
    }
    const size = Math.sqrt(dot(steered, steered));
    if (!(size > 0 && size < Infinity)) {
      throw new RangeError("steerQuery: the edits leave no direction to search in");
    }
    const after = await encode(steered);
    const latents = [...new Set(edits.flatMap((edit) => edit.latents))];
    return {
      query: Float32Array.from(steered),
      cosine: dot(steered, query) / (size * length),
      moved: latents.map((latent) => ({
        latent,
        before: before.get(latent) ?? 0,
        wanted: wanted.get(latent) ?? 0,
        after: after.get(latent) ?? 0,
      })),
    };
  } finally {
    if (encoder !== model.encoder) await encoder.dispose();
  }
}

/** Throws RangeError for an SAE that normalises its inputs: its decoder's directions are not those of the embeddings. */
export function requirePlainInputs({ normalisation }: Sae, caller: string): void {
  if (normalisation.kind !== "none") {
    throw new RangeError(
      `${caller}: SAEs with ${normalisation.kind} normalisation of their inputs are not supported`,
    );
  }
}

/** Moves `start` until its code is as near to `wanted` as it comes; the nearest input seen. */
async function approach(
  sae: Sae,
  start: Float64Array,
  wanted: Map<number, number>,
  length: number,
  encode: (x: Float64Array) => Promise<Map<number, number>>,
): Promise<Float64Array> {
  let x = start;
  let best = start;
  let least = Infinity;
  for (let step = 0; step <= ITERATIONS; step++) {
    const missing = difference(wanted, await encode(x));
    let error = 0;
    for (const value of missing.values()) error += value * value;
    if (error < least) [best, least] = [x, error];
    if (error === 0) break;
    for (const [latent, value] of missing) missing.set(latent, STEP * value);
    x = withLength(addDirections(sae, x, missing), length);
  }
  return best;
}

/** The edited code; `least` is 0 for codes as they can be, -Infinity for the paper's. */
function editCode(
  code: Map<number, number>,
  edits: readonly SteeringEdit[],
  typical: ArrayLike<number>,
  least = 0,
): Map<number, number> {
  const out = new Map(code);
  for (const { latents, kind, strength = 1 } of edits) {
    for (const latent of latents) {
      const amount = strength * typical[latent];
      const value = out.get(latent) ?? 0;
      if (kind === "up") out.set(latent, value + amount);
      else if (kind === "down") out.set(latent, Math.max(least, value - amount));
      else out.set(latent, kind === "set" ? amount : 0);
    }
  }
  return out;
}

/** to - from, latent by latent, where they differ. */
function difference(to: Map<number, number>, from: Map<number, number>): Map<number, number> {
  const out = new Map<number, number>();
  for (const latent of new Set([...to.keys(), ...from.keys()])) {
    const change = (to.get(latent) ?? 0) - (from.get(latent) ?? 0);
    if (change !== 0) out.set(latent, change);
  }
  return out;
}

function addDirections(
  { decoder }: Sae,
  x: ArrayLike<number>,
  changes: Map<number, number>,
): Float64Array {
  const out = Float64Array.from(x);
  for (const [latent, change] of changes) {
    const direction = matrixRow(decoder, latent);
    for (let j = 0; j < out.length; j++) out[j] += change * direction[j];
  }
  return out;
}

function decodeMap(sae: Sae, code: Map<number, number>): Float64Array {
  const indices = Uint32Array.from(code.keys());
  const values = Float32Array.from(code.values());
  return Float64Array.from(
    decodeCodes(sae, createCodes(1, code.size, sae.n, indices, values)).data,
  );
}

function codeOf({ k, indices, values }: Codes): Map<number, number> {
  const out = new Map<number, number>();
  for (let s = 0; s < k; s++) if (values[s] > 0) out.set(indices[s], values[s]);
  return out;
}

function withLength(x: Float64Array, length: number): Float64Array {
  const own = Math.sqrt(dot(x, x));
  return own > 0 ? x.map((value) => (value * length) / own) : x;
}

function median(sorted: Float32Array | Float64Array): number {
  if (sorted.length === 0) return 0;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function checkEdits(sae: Sae, query: ArrayLike<number>, edits: readonly SteeringEdit[]): void {
  requirePlainInputs(sae, "steerQuery");
  if (query.length !== sae.d) {
    throw new RangeError(`steerQuery: the query is ${query.length} wide, but the SAE ${sae.d}`);
  }
  if (!(dot(query, query) > 0)) throw new RangeError("steerQuery: the query must not be all zero");
  for (const { latents, strength = 1 } of edits) {
    if (!(strength >= 0 && strength < Infinity)) {
      throw new RangeError(`steerQuery: strength must be 0 or more, got ${strength}`);
    }
    for (const latent of latents) {
      if (!(Number.isInteger(latent) && latent >= 0 && latent < sae.n)) {
        throw new RangeError(`steerQuery: no latent ${latent}; the SAE has ${sae.n}`);
      }
    }
  }
}
