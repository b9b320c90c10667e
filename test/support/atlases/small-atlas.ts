import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { readNpyMatrix, writeNpy } from "../../../src/files/index.js";
import { runCli } from "../cli/run-cli.js";
import { madeOnce } from "./made-once.js";

/**
 * An atlas of the sample's first rows, k 4 and n 32, in `dir`/atlas beside its corpus.jsonl and embeddings.npy; gives its
 * folder. `retitle` changes the documents' titles.
 */
export async function makeSmallAtlas(
  dir: string,
  rows: number,
  retitle?: (title: string) => string,
): Promise<string> {
  if (retitle !== undefined) await buildSmallAtlas(dir, rows, retitle);
  else await madeOnce(`small-${rows}`, dir, (into) => buildSmallAtlas(into, rows));
  return path.join(dir, "atlas");
}

async function buildSmallAtlas(
  dir: string,
  rows: number,
  retitle?: (title: string) => string,
): Promise<void> {
  const lines = (await readFile("data/wordnet/documents.jsonl", "utf8")).split("\n");
  const changed = (line: string): string => {
    if (retitle === undefined) return line;
    const row = JSON.parse(line) as { title: string };
    return JSON.stringify({ ...row, title: retitle(row.title) });
  };
  await writeFile(path.join(dir, "corpus.jsonl"), lines.slice(0, rows).map(changed).join("\n"));
  const { cols, data } = await readNpyMatrix("data/wordnet/embeddings.npy");
  const embeddings = path.join(dir, "embeddings.npy");
  await writeNpy(embeddings, {
    shape: [rows, cols],
    data: data.slice(0, rows * cols),
    dtype: "f4",
  });
  const { code, stderr } = await runCli([
    ...["build", "--corpus", path.join(dir, "corpus.jsonl"), "--embeddings", embeddings],
    ...["--k", "4", "--n", "32", "--epochs", "4", "--no-figures", "--engine", "cpu"],
    ...["--out", path.join(dir, "atlas")],
  ]);
  if (code !== 0) throw new Error(stderr);
}
