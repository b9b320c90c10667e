import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { matrixRows } from "../../../src/core/index.js";
import { readNpyMatrix, writeNpy } from "../../../src/files/index.js";

/** The sample's first documents and their embeddings, as files of `folder`. */
export async function writeSmallCorpus(
  folder: string,
  documents: number,
): Promise<{ corpus: string; embeddings: string }> {
  const lines = (await readFile("data/wordnet/documents.jsonl", "utf8")).split("\n");
  const corpus = path.join(folder, "documents.jsonl");
  await writeFile(corpus, `${lines.slice(0, documents).join("\n")}\n`);
  const all = await readNpyMatrix("data/wordnet/embeddings.npy");
  const { cols, data } = matrixRows(all, 0, documents);
  const embeddings = path.join(folder, "embeddings.npy");
  await writeNpy(embeddings, { shape: [documents, cols], data, dtype: "f4" });
  return { corpus, embeddings };
}
