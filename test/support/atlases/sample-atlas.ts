import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { buildAtlas, readNpyMatrix } from "../../../src/index.js";
import { writeNpy } from "../../../src/files/index.js";
import { madeOnce } from "./made-once.js";

const ROWS = 2500;

/**
 * Puts an atlas of the sample's first 2,500 nouns, k 4 and by default n 128, into `dir`, with labels that name dogs and birds; its
 * corpus.jsonl and embeddings.npy lie beside `dir`.
 */
export async function makeSampleAtlas(dir: string, n = 128): Promise<void> {
  const folder = path.dirname(dir);
  await madeOnce(`sample-${n}`, folder, (into) => buildSampleAtlas(into, n));
  await rename(path.join(folder, `atlas-${n}`), dir);
}

async function buildSampleAtlas(folder: string, n: number): Promise<void> {
  const corpus = path.join(folder, "corpus.jsonl");
  const embeddings = path.join(folder, "embeddings.npy");
  const lines = (await readFile("data/wordnet/documents.jsonl", "utf8")).split("\n");
  await writeFile(corpus, lines.slice(0, ROWS).join("\n"));
  const { cols, data } = await readNpyMatrix("data/wordnet/embeddings.npy");
  await writeNpy(embeddings, {
    shape: [ROWS, cols],
    data: data.slice(0, ROWS * cols),
    dtype: "f4",
  });
  const atlas = await buildAtlas({
    dir: path.join(folder, `atlas-${n}`),
    corpus,
    embeddings,
    training: { k: 4, n, epochs: 10, lr: 3e-3, batch: 256 },
    device: "cpu",
  });
  await atlas.close();
}
