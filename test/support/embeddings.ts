import path from "node:path";
import {
  type Codes,
  type Matrix,
  createCodes,
  createMatrix,
  createRandom,
  normalizeRows,
} from "../../src/core/index.js";
import type { Activation } from "../../src/engine/index.js";
import { writeNpy } from "../../src/files/index.js";
import { type Sae, createSae } from "../../src/sae/index.js";

/** Seeded values from -0.5 to 0.5 [rows, cols]. */
export function randomMatrix(rows: number, cols: number, seed: number): Matrix {
  const random = createRandom(seed);
  const size = rows * cols;
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: size }, () => random() - 0.5),
  );
}

/** Seeded embeddings of unit length [rows, d]. */
export function randomEmbeddings(rows: number, d: number, seed: number): Matrix {
  return normalizeRows(randomMatrix(rows, d, seed));
}

/** A seeded, untrained SAE with unit decoder rows and the encoder near them. */
export function randomSae(n: number, d: number, k: number, seed: number): Sae {
  const decoder = normalizeRows(randomMatrix(n, d, seed));
  const noise = randomMatrix(n, d, seed + 1);
  const encoder = createMatrix(
    n,
    d,
    decoder.data.map((value, i) => value + 0.1 * noise.data[i]),
  );
  return createSae({
    k,
    encoder,
    decoder,
    preBias: randomMatrix(1, d, seed + 2).data.map((value) => 0.1 * value),
    latentBias: randomMatrix(1, n, seed + 3).data.map((value) => 0.1 * value),
  });
}

/** A seeded SAE for each kind of activation, with as many slots as latents that may be active. */
export function activationVariants(
  n: number,
  d: number,
  seed: number,
): Record<Activation["kind"], Sae> {
  const sae = randomSae(n, d, 8, seed);
  const vector = (offset: number): Float32Array =>
    randomMatrix(1, n, seed + offset).data.map((value) => 0.2 * value);
  const variant = (activation: Activation): Sae => createSae({ ...sae, k: 150, activation });
  return {
    topk: sae,
    relu: variant({ kind: "relu" }),
    jumprelu: variant({ kind: "jumprelu", threshold: vector(5).map(Math.abs) }),
    gated: variant({
      kind: "gated",
      gateBias: vector(6),
      scale: vector(7).map((value) => 1 + value),
      bias: vector(8),
    }),
  };
}

/** Seeded codes in which low latents are dense and high ones are rare or never active; values from 0 to 1. */
export function unevenCodes(rows: number, k: number, n: number, seed: number): Codes {
  const random = createRandom(seed);
  const indices = new Uint32Array(rows * k);
  for (let r = 0; r < rows; r++) {
    const row = new Set<number>();
    while (row.size < k) row.add(Math.floor(random() ** 2 * n));
    indices.set([...row], r * k);
  }
  const values = Float32Array.from(indices, () => random());
  return createCodes(rows, k, n, indices, values);
}

/** Writes codes into `folder` as readCodes reads them. */
export async function writeCodesPair(
  folder: string,
  { rows, k, n, indices, values }: Codes,
): Promise<void> {
  const name = (kind: string): string => path.join(folder, `topk_${kind}_${k}_${n}.npy`);
  const shape = [rows, k];
  await writeNpy(name("indices"), { shape, dtype: "i4", data: Int32Array.from(indices) });
  await writeNpy(name("values"), { shape, dtype: "f4", data: values });
}
