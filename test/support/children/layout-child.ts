// Run as a program by layout-process.test.ts.
import { createHash } from "node:crypto";
import {
  type Matrix,
  createMatrix,
  createRandom,
  matrixRows,
  normalizeRows,
} from "../../../src/core/index.js";
import { openEngine } from "../../../src/engine/index.js";
import { readMatrix } from "../../../src/files/index.js";
import { cosineNeighbours, placeOnMap, projectUmap } from "../../../src/projection/index.js";
import { plainEngine } from "../projection.js";

/** SHA-256 of places, by threads: 1, 2 and 8. */
export interface LayoutAnswer {
  /** Of made-up points, and new ones placed among them. */
  points: string[];
  /** Of the sample's first 3,000 documents. */
  sample: string[];
}

const THREADS = [1, 2, 8];

function points(rows: number, seed: number): Matrix {
  const random = createRandom(seed);
  const data = Float32Array.from({ length: 16 * rows }, () => random() * random() - 0.25);
  return normalizeRows(createMatrix(rows, 16, data));
}

const digest = (...places: Matrix[]): string =>
  places.reduce((hash, { data }) => hash.update(data), createHash("sha256")).digest("hex");

async function answer(): Promise<LayoutAnswer> {
  const [base, extra] = [points(1100, 1), points(70, 2)];
  const neighbours = await cosineNeighbours(base, 12, plainEngine);
  const among = await plainEngine.nearest(extra, base, 12);
  const engine = await openEngine("cpu");
  const documents = matrixRows(await readMatrix("data/wordnet/embeddings.npy"), 0, 3000);
  const exact = await cosineNeighbours(documents, 15, engine);
  await engine.dispose();
  const found: LayoutAnswer = { points: [], sample: [] };
  for (const threads of THREADS) {
    const places = await projectUmap(neighbours, { threads, epochs: 60, seed: 7 });
    const added = await placeOnMap(among, places, { threads, seed: 7 });
    found.points.push(digest(places, added));
    found.sample.push(digest(await projectUmap(exact, { threads, epochs: 100 })));
  }
  return found;
}

if (process.send) void answer().then((found) => process.send?.(found, () => process.exit()));
