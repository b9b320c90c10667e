// The first pass on weights and rows that are hard for its bound, beside the dense product.
import {
  type Codes,
  type Matrix,
  type Random,
  createMatrix,
  createRandom,
} from "../src/core/index.js";
import type { EncoderWeights } from "../src/engine/index.js";
import { createFirstPass, createOnnxEncoder, encodeBy } from "../src/engine/onnx/index.js";

type Value = (row: number, col: number) => number;

interface Trial {
  weight: Value;
  bias: Value;
  input: Value;
}

/** Widths by seed: of one block of ONNX Runtime's sums and less, whole and with a rest, and of several. */
const WIDTHS = [
  ...[129, 513, 64, 1030, 1, 200, 128, 7],
  ...[8, 16, 24, 32, 12, 48, 20, 33, 40, 64, 10, 56, 28, 18, 36, 14],
];
const WIDE = 128;
/** Rows of one set of weights, and how many of them are encoded at a time. */
const ROWS = { narrow: 8192, wide: 1024, batch: 4096 };

const centred = (random: Random): number => random() - 0.5;
const sign = (col: number): number => (Math.imul(col + 1, 0x9e3779b1) < 0 ? -1 : 1);

/** Weights and rows in which the bound is near, or what it does without is large. */
const KINDS: Record<string, (random: Random) => Trial> = {
  random: (random) => ({
    weight: () => centred(random),
    bias: () => centred(random),
    input: () => centred(random),
  }),
  "all ties": (random) => ({
    weight: () => 1,
    bias: () => 0.5,
    input: ofRow(() => centred(random)),
  }),
  "ties of a few values": (random) => {
    const few: Value = () => Math.floor(random() * 3) - 1;
    return { weight: few, bias: () => 0, input: few };
  },
  denormals: (random) => ({
    weight: () => centred(random) * 1e-20,
    bias: () => centred(random) * 1e-40,
    input: () => centred(random) * 1e-20,
  }),
  "one huge coordinate": (random) => ({
    weight: (_, col) => (col === 3 ? 1e6 : 1) * centred(random),
    bias: () => 0,
    input: (_, col) => (col === 3 ? 1e8 : 1) * centred(random),
  }),
  cancelling: (random) => {
    let last = 0;
    return {
      weight: (row, col) => 1 + ((row + col) % 2) * 1e-6 + 1e-6 * random(),
      bias: () => 0,
      input: (_, col) => (last = col % 2 ? -last : 100 * centred(random)),
    };
  },
  "half a step off": (random) => {
    const half: Value = (_, col) => (col === 0 ? 1 : (Math.floor(random() * 254) - 126.5) / 127);
    return { weight: half, bias: () => 0, input: half };
  },
  // What a weight's rounding misses is parallel to the row, so that the bound is reached: up for some latents, down for others.
  "rounded along the row": (random) => {
    const side = ofRow(() => (random() < 0.5 ? -0.499 : 0.499));
    return {
      weight: (row, col) =>
        col === 0 ? 1 : (Math.floor(random() * 5) - 2 + side(row, col) * sign(col)) / 127,
      bias: () => 0.002 * centred(random),
      input: (_, col) => sign(col) * (random() < 0.02 ? -1 : 1),
    };
  },
  "beside the k-th": (random) => {
    const size = ofRow(() => 1 + Math.floor(random() * 4));
    return {
      weight: (_, col) =>
        col === 0 ? 1 + Math.floor(random() * 4) * 2 ** -23 : centred(random) / 64,
      bias: () => 0,
      input: (row, col) => (col === 0 ? size(row, col) : 0),
    };
  },
  "many sizes": (random) => {
    const any: Value = () => centred(random) * 10 ** (8 * random() - 4);
    return { weight: any, bias: () => centred(random), input: any };
  },
  "not finite": (random) => ({
    weight: () => centred(random),
    bias: () => 0,
    input: (row, col) =>
      row % 3 === 0 && col === 0 ? [NaN, Infinity, 1e38][(row / 3) % 3] : centred(random),
  }),
};

/** Names of the kinds of trials. */
export const TRIALS: readonly string[] = Object.keys(KINDS);

/** What trials of one kind came to. */
export interface TrialResult {
  rows: number;
  /** Rows that the pass encoded; the others it left to the dense product. */
  passed: number;
  /** Sets of weights. */
  weights: number;
  /** Rows whose codes are not the dense product's, each with what makes it again; it ends at the first set of weights that has any. */
  differing: string[];
}

/**
 * Encodes at least `rows` rows of one kind by the first pass and by the dense product, with other weights from seed to seed, each with
 * at most `most` rows. The reason as a string where there can be no pass.
 */
export async function runTrials(
  kind: string,
  rows: number,
  { firstSeed = 1, most = Infinity }: { firstSeed?: number; most?: number } = {},
): Promise<TrialResult | string> {
  const result: TrialResult = { rows: 0, passed: 0, weights: 0, differing: [] };
  for (let seed = firstSeed; result.rows < rows && result.differing.length === 0; seed++) {
    const reason = await runSeed(kind, seed, most, result);
    if (reason !== undefined) return reason;
  }
  return result;
}

async function runSeed(
  kind: string,
  seed: number,
  most: number,
  result: TrialResult,
): Promise<string | undefined> {
  const random = createRandom(1000 + seed);
  const d = WIDTHS[(seed - 1) % WIDTHS.length];
  const count = Math.min(most, d > WIDE ? ROWS.wide : ROWS.narrow);
  const { weights, input } = makeTrial(kind, random, d);
  const pass = await createFirstPass(weights, Math.min(count, ROWS.batch));
  if (typeof pass === "string") return pass;
  const dense = await createOnnxEncoder(weights, "cpu", { firstPass: false });
  try {
    for (let done = 0; done < count; done += ROWS.batch) {
      const x = fill(Math.min(ROWS.batch, count - done), d, input);
      const found = await encodeBy(pass, x, (batch) => dense.encode(batch));
      const at = `${kind}, seed ${seed}: n ${weights.encoder.rows}, d ${d}, k ${weights.k}, row`;
      const expected = await dense.encode(x);
      for (const row of differing(expected, found.codes)) {
        result.differing.push(`${at} ${done + row}`);
      }
      result.rows += x.rows;
      result.passed += x.rows - found.failed;
    }
    result.weights++;
  } finally {
    await Promise.all([pass.dispose(), dense.dispose()]);
  }
  return undefined;
}

/** Weights of one kind, 65 to 512 latents wide, and its rows. */
function makeTrial(
  kind: string,
  random: Random,
  d: number,
): { weights: EncoderWeights; input: Value } {
  const n = 65 + Math.floor(random() ** 3 * 448);
  const k = 1 + Math.floor(random() * Math.min(32, Math.floor(n / 4)));
  const { weight, bias, input } = KINDS[kind](random);
  const offset = random() < 0.5 ? 0.01 : 0;
  return {
    weights: {
      encoder: fill(n, d, weight),
      preBias: fill(1, d, () => offset * random()).data,
      latentBias: fill(1, n, bias).data,
      k,
    },
    input,
  };
}

/** The same number for all columns of a row. */
function ofRow(draw: () => number): Value {
  let value = 0;
  let last = -1;
  return (row, col) => {
    if (row !== last || col === 0) value = draw();
    last = row;
    return value;
  };
}

function fill(rows: number, cols: number, value: Value): Matrix {
  const matrix = createMatrix(rows, cols);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++, at++) matrix.data[at] = value(row, col);
  }
  return matrix;
}

/** Rows whose latents or values differ; NaN is equal to NaN. */
function differing(a: Codes, b: Codes): number[] {
  const rows = new Set<number>();
  for (let i = 0; i < a.indices.length; i++) {
    const [one, other] = [a.values[i], b.values[i]];
    const same = one === other || (Number.isNaN(one) && Number.isNaN(other));
    if (a.indices[i] !== b.indices[i] || !same) rows.add(Math.floor(i / a.k));
  }
  return Array.from(rows);
}
