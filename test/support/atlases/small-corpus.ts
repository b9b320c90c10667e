import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { AtlasOptions } from "../../../src/atlas/index.js";
import { buildFolder } from "../../../src/atlas/steps/index.js";
import { openMatrix, writeNpy } from "../../../src/files/index.js";
import { madeOnce } from "./made-once.js";

/** The sample's first documents, each line as `change` gives it, and their embeddings, as files of `folder`. */
export async function writeSmallCorpus(
  folder: string,
  documents: number,
  name = "documents.jsonl",
  change: (line: string) => string = (line) => line,
): Promise<{ corpus: string; embeddings: string }> {
  const lines = (await readFile("data/wordnet/documents.jsonl", "utf8")).split("\n");
  const corpus = path.join(folder, name);
  await writeFile(corpus, lines.slice(0, documents).map(change).join("\n"));
  const all = await openMatrix("data/wordnet/embeddings.npy");
  const { cols, data } = await all.read(0, documents);
  await all.close();
  const embeddings = path.join(folder, "embeddings.npy");
  await writeNpy(embeddings, { shape: [documents, cols], data, dtype: "f4" });
  return { corpus, embeddings };
}

/** Builds the atlas of `options`, whose inputs lie in its folder too, in `folder`, once per run of the tests for a name. */
export async function buildOnce(
  name: string,
  folder: string,
  options: (folder: string) => Promise<AtlasOptions>,
): Promise<AtlasOptions> {
  await madeOnce(name, folder, async (into) => buildFolder(await options(into)));
  return options(folder);
}
