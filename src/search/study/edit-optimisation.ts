import type { Codes } from "../../core/codes.js";
import type { Engine } from "../../engine/engine.js";
import { type Matrix, createMatrix, matrixRow } from "../../core/matrix.js";
import { type Random, createRandom } from "../../core/random.js";
import type { Sae } from "../../sae/sae.js";
import { addDirections, decodeSparse, readSparse, requirePlainInputs } from "../steer.js";
import { type SparseCode, codeDifference } from "../edits.js";
import { interruptible } from "../../core/interrupt.js";

/** How edits of codes are read back, step by step. */
export interface EditOptimisationOptions {
  /** Typical active value of each latent [n], of `typicalActivations`: what a silent latent is set to. */
  typical: ArrayLike<number>;
  /** Latents edited in each document. Default 1. */
  edits?: number;
  /** Steps, the first without any optimisation. Default 10. */
  steps?: number;
  /** Share of what the code misses that a step adds. Default 0.5. */
  rate?: number;
  /** Default 0. */
  seed?: number;
  signal?: AbortSignal;
}

/** Errors of the codes that are read back, by step [steps]. */
export interface EditOptimisation {
  /** Silent latents set to their typical value. */
  zeroToActive: number[];
  /** Active latents set to 0. */
  activeToZero: number[];
}

/**
 * Whether inputs exist whose code is an edited one: latents of each document's code are edited, the code is decoded and
 * encoded again, and what is missing is decoded and added, step by step. The error of a step is the squared distance of
 * the codes to the edited ones over that of the edited ones to their mean. The paper states neither its optimiser nor
 * its step; this one moves along the decoder's directions. Throws RangeError for an SAE that normalises its inputs and
 * for counts that do not fit.
 */
export async function optimiseEdits(
  sae: Sae,
  embeddings: Matrix,
  engine: Pick<Engine, "createEncoder">,
  options: EditOptimisationOptions,
): Promise<EditOptimisation> {
  const { typical, edits = 1, steps = 10, rate = 0.5, seed = 0 } = options;
  requirePlainInputs(sae, "optimiseEdits");
  for (const [name, value] of Object.entries({ edits, steps })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`optimiseEdits: ${name} must be 1 or more, got ${value}`);
    }
  }
  const usable = Array.from({ length: sae.n }, (_, latent) => latent).filter(
    (latent) => typical[latent] > 0,
  );
  if (usable.length < sae.k + edits) {
    throw new RangeError(
      `optimiseEdits: ${edits} edits and ${sae.k} active latents together need equally many live latents, got ${usable.length}`,
    );
  }
  const encoder = await engine.createEncoder(sae);
  try {
    const encode = (rows: Matrix): Promise<Codes> => encoder.encode(rows);
    const codes = readSparse(await encode(embeddings));
    const random = createRandom(seed);
    const turnedOn = codes.map((code) => turnOn(code, { usable, typical, edits, random }));
    const turnedOff = codes.map((code) => turnOff(code, edits, random));
    const follow = (wanted: SparseCode[]): Promise<number[]> =>
      followEdits(sae, wanted, encode, { steps, rate, signal: interruptible(options.signal) });
    return { zeroToActive: await follow(turnedOn), activeToZero: await follow(turnedOff) };
  } finally {
    await encoder.dispose();
  }
}

async function followEdits(
  sae: Sae,
  wanted: readonly SparseCode[],
  encode: (rows: Matrix) => Promise<Codes>,
  { steps, rate, signal }: { steps: number; rate: number; signal?: AbortSignal },
): Promise<number[]> {
  const spread = spreadOf(wanted, sae.n);
  const inputs = createMatrix(wanted.length, sae.d);
  for (const [i, code] of wanted.entries()) inputs.data.set(decodeSparse(sae, code), i * sae.d);
  const errors: number[] = [];
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted();
    const codes = readSparse(await encode(inputs));
    let error = 0;
    for (const [i, code] of wanted.entries()) {
      const missing = codeDifference(code, codes[i]);
      for (const [latent, value] of missing) {
        error += value * value;
        missing.set(latent, rate * value);
      }
      const row = matrixRow(inputs, i);
      row.set(addDirections(sae, row, missing));
    }
    errors.push(error / spread);
  }
  return errors;
}

function turnOn(
  code: SparseCode,
  {
    usable,
    typical,
    edits,
    random,
  }: { usable: readonly number[]; typical: ArrayLike<number>; edits: number; random: Random },
): SparseCode {
  const out = new Map(code);
  for (let left = edits; left > 0;) {
    const latent = usable[Math.floor(random() * usable.length)];
    if (out.has(latent)) continue;
    out.set(latent, typical[latent]);
    left--;
  }
  return out;
}

function turnOff(code: SparseCode, edits: number, random: Random): SparseCode {
  const out = new Map(code);
  for (let left = Math.min(edits, out.size); left > 0; left--) {
    out.delete([...out.keys()][Math.floor(random() * out.size)]);
  }
  return out;
}

/** Squared distance of the codes to their mean, summed. */
function spreadOf(codes: readonly SparseCode[], n: number): number {
  const sums = new Float64Array(n);
  let squares = 0;
  for (const code of codes) {
    for (const [latent, value] of code) {
      sums[latent] += value;
      squares += value * value;
    }
  }
  for (const sum of sums) squares -= (sum * sum) / codes.length;
  return squares;
}
