import path from "node:path";
import { runCli } from "../cli/run-cli.js";
import { madeOnce } from "./made-once.js";
import { writeSmallCorpus } from "./small-corpus.js";

/**
 * An atlas of the sample's first rows, k 4 and n 32, without a map of the documents, in `dir`/atlas beside its corpus.jsonl and
 * embeddings.npy; gives its folder. `retitle` changes the documents' titles.
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
  const { corpus, embeddings } = await writeSmallCorpus(dir, rows, "corpus.jsonl", (line) => {
    if (retitle === undefined) return line;
    const row = JSON.parse(line) as { title: string };
    return JSON.stringify({ ...row, title: retitle(row.title) });
  });
  const { code, stderr } = await runCli([
    ...["build", "--corpus", corpus, "--embeddings", embeddings, "--no-document-map"],
    ...["--k", "4", "--n", "32", "--epochs", "4", "--no-figures", "--engine", "cpu"],
    ...["--out", path.join(dir, "atlas")],
  ]);
  if (code !== 0) throw new Error(stderr);
}
