// Seeded inputs of a given size, each made once per run.
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type Codes,
  type Matrix,
  type Random,
  createCodes,
  createMatrix,
  createRandom,
  matrixRow,
  normalizeRows,
  shuffleInPlace,
} from "../src/core/index.js";
import { createNpyWriter, writeNpy } from "../src/files/index.js";
import { createSae, saveSae } from "../src/sae/index.js";

/** Random unit rows [rows, d]. */
export function randomUnitRows(rows: number, d: number, seed: number): Matrix {
  const random = createRandom(seed);
  const out = createMatrix(rows, d);
  for (let i = 0; i < out.data.length; i++) out.data[i] = random() + random() + random() - 1.5;
  return normalizeRows(out);
}

/** Unit rows [rows, d] around `clusters` centres, like the decoder directions of similar latents. */
export function clusteredRows(rows: number, d: number, clusters: number, seed: number): Matrix {
  const random = createRandom(seed);
  const centres = randomUnitRows(clusters, d, seed + 1);
  const out = randomUnitRows(rows, d, seed + 2);
  for (let i = 0; i < rows; i++) {
    const row = matrixRow(out, i);
    const centre = matrixRow(centres, Math.floor(random() * clusters));
    const share = 0.5 + random();
    for (let j = 0; j < d; j++) row[j] += share * centre[j];
  }
  return normalizeRows(out);
}

/** Unit rows [rows, d], each a mixture of 12 of `directions` hidden directions: what an SAE can learn. */
export function mixedRows(rows: number, d: number, directions: number, seed: number): Matrix {
  const random = createRandom(seed);
  const hidden = randomUnitRows(directions, d, seed + 1);
  const out = createMatrix(rows, d);
  for (let i = 0; i < rows; i++) {
    const row = matrixRow(out, i);
    for (let part = 0; part < 12; part++) {
      const direction = matrixRow(hidden, Math.floor(random() * directions));
      const weight = random();
      for (let j = 0; j < d; j++) row[j] += weight * direction[j];
    }
  }
  return normalizeRows(out);
}

/** Writes random unit embeddings to `path` in blocks, unless they are there. */
export async function writeEmbeddings(path: string, rows: number, d: number): Promise<void> {
  if (existsSync(path)) return;
  const writer = await createNpyWriter(path, { dtype: "f4", cols: d });
  const block = 4096;
  for (let start = 0; start < rows; start += block) {
    await writer.append(randomUnitRows(Math.min(block, rows - start), d, start).data);
  }
  await writer.finish();
}

/** Writes an SAE of random weights to `path`, unless it is there. */
export async function writeRandomSae(
  path: string,
  { d, n, k }: { d: number; n: number; k: number },
): Promise<void> {
  if (existsSync(path)) return;
  const encoder = randomUnitRows(n, d, 1);
  const zeros = (length: number): Float32Array => new Float32Array(length);
  const parts = { k, encoder, decoder: encoder, preBias: zeros(d), latentBias: zeros(n) };
  await saveSae(path, createSae(parts));
}

/** Writes codes as encodeToFiles does, unless they are there. */
export async function writeCodes(
  folder: string,
  { rows, k, n }: { rows: number; k: number; n: number },
): Promise<void> {
  const indices = join(folder, `topk_indices_${k}_${n}.npy`);
  if (existsSync(indices)) return;
  const codes = topicalCodes(rows, k, n, 1);
  const shape = [rows, k];
  await writeNpy(join(folder, `topk_values_${k}_${n}.npy`), {
    shape,
    data: codes.values,
    dtype: "f4",
  });
  await writeNpy(indices, { shape, data: codes.indices, dtype: "i4" });
}

/**
 * Codes like those of a corpus: latents' frequencies follow a power law of their rank, and a document takes 70 % of its
 * latents from its three topics of about 40 latents each, so that some pairs co-activate often and most rarely.
 */
export function topicalCodes(rows: number, k: number, n: number, seed: number): Codes {
  const random = createRandom(seed);
  const weights = new Float64Array(n);
  const ranks = Uint32Array.from({ length: n }, (_, i) => i);
  shuffleInPlace(ranks, random);
  for (let i = 0; i < n; i++) weights[i] = (ranks[i] + 10) ** -0.6;
  const all = Uint32Array.from({ length: n }, (_, i) => i);
  const topics = assignTopics(n, random);
  const fromAll = createSampler(all, weights);
  const fromTopic = topics.map((latents) => createSampler(latents, weights));

  const indices = new Uint32Array(rows * k);
  const values = new Float32Array(rows * k);
  const seen = new Uint32Array(n);
  for (let row = 0; row < rows; row++) {
    const chosen = [0, 1, 2].map(() => fromTopic[Math.floor(random() * fromTopic.length)]);
    for (let slot = row * k; slot < (row + 1) * k;) {
      const topical = random() < 0.7;
      const latent = (topical ? chosen[Math.floor(random() * 3)] : fromAll)(random);
      if (seen[latent] === row + 1) continue;
      seen[latent] = row + 1;
      values[slot] = 0.02 - 0.05 * Math.log(1 - random());
      indices[slot++] = latent;
    }
    values
      .subarray(row * k, (row + 1) * k)
      .sort()
      .reverse();
  }
  return createCodes(rows, k, n, indices, values);
}

/** The topic that a latent of `topicalCodes` is first in. */
export function topicOf(latent: number, n: number): number {
  return latent % topicCount(n);
}

function topicCount(n: number): number {
  return Math.max(4, Math.round(n / 30));
}

// Every latent is in one topic of its own, a third of them in a second one.
function assignTopics(n: number, random: Random): Uint32Array[] {
  const topics: number[][] = Array.from({ length: topicCount(n) }, () => []);
  for (let latent = 0; latent < n; latent++) {
    const first = topicOf(latent, n);
    topics[first].push(latent);
    const second = Math.floor(random() * topics.length);
    if (random() < 1 / 3 && second !== first) topics[second].push(latent);
  }
  return topics.map((latents) => Uint32Array.from(latents));
}

/** Draws latents by weight in constant time (Walker's alias method). */
function createSampler(latents: Uint32Array, weights: Float64Array): (random: Random) => number {
  const size = latents.length;
  const total = latents.reduce((sum, latent) => sum + weights[latent], 0);
  const share = Float64Array.from(latents, (latent) => (weights[latent] * size) / total);
  const other = Uint32Array.from({ length: size }, (_, i) => i);
  const light: number[] = [];
  const heavy: number[] = [];
  share.forEach((value, i) => (value < 1 ? light : heavy).push(i));
  while (light.length > 0 && heavy.length > 0) {
    const low = light.pop() ?? 0;
    const high = heavy[heavy.length - 1];
    other[low] = high;
    share[high] -= 1 - share[low];
    if (share[high] < 1) {
      heavy.pop();
      light.push(high);
    }
  }
  return (random) => {
    const at = Math.floor(random() * size);
    return latents[random() < share[at] ? at : other[at]];
  };
}
