import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { buildAtlas, readNpyMatrix } from "../../../src/index.js";
import { writeNpy } from "../../../src/files/index.js";

/**
 * Builds an atlas of the sample's first 2,500 nouns, k 4 and by default n 128, in `dir`, with labels that name dogs and birds; its
 * corpus.jsonl and embeddings.npy lie in `folder`.
 */
export async function buildSampleAtlas(folder: string, dir: string, n = 128): Promise<void> {
  const rows = 2500;
  const corpus = path.join(folder, "corpus.jsonl");
  const embeddings = path.join(folder, "embeddings.npy");
  const lines = (await readFile("data/wordnet/documents.jsonl", "utf8")).split("\n");
  await writeFile(corpus, lines.slice(0, rows).join("\n"));
  const { cols, data } = await readNpyMatrix("data/wordnet/embeddings.npy");
  await writeNpy(embeddings, {
    shape: [rows, cols],
    data: data.slice(0, rows * cols),
    dtype: "f4",
  });
  const atlas = await buildAtlas({
    dir,
    corpus,
    embeddings,
    training: { k: 4, n, epochs: 10, lr: 3e-3, batch: 256 },
    device: "cpu",
  });
  await atlas.close();
}
