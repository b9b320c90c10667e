import { join } from "node:path";
import type { Matrix } from "../src/core/index.js";
import { readClassTree, readCorpus } from "../src/corpus/index.js";
import { readNpyMatrix } from "../src/files/index.js";
import { type ClassIndex, buildClassIndex } from "../src/taxonomy/index.js";

/** The sample in `folder`: its classes, document by document, and its embeddings [N, d]. */
export async function readSample(
  folder: string,
): Promise<{ index: ClassIndex; embeddings: Matrix }> {
  const documents = await readCorpus(join(folder, "documents.jsonl"));
  const { parents: tree } = await readClassTree(join(folder, "classes.jsonl"));
  const index = buildClassIndex(
    documents.map(({ classes }) => classes),
    { tree },
  );
  return { index, embeddings: await readNpyMatrix(join(folder, "embeddings.npy")) };
}
