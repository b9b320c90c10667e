// Trains SAEs of several k and n on the sample and prints, as a markdown table, how well their latents agree with
// WordNet's classes: which k and n the demo should take.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { invertCodes, type Codes } from "../src/codes.js";
import { readNpyMatrix } from "../src/data/npy.js";
import { openEngine } from "../src/engine/auto.js";
import { latentAgreement } from "../src/families/agreement.js";
import { buildClassIndex } from "../src/families/classes.js";
import { matchHeldOut } from "../src/families/held-out.js";
import { encodeEmbeddings } from "../src/sae/encode.js";
import { computeMetrics } from "../src/sae/metrics.js";
import { trainSae } from "../src/sae/train.js";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: "data/wordnet" },
    k: { type: "string", default: "4,8,16,32" },
    n: { type: "string", default: "256,512,768,1024,1536,2048,3072" },
    epochs: { type: "string", default: "25" },
    batch: { type: "string", default: "256" },
    lr: { type: "string", default: "1e-3" },
    seed: { type: "string", default: "0" },
  },
});
const numbers = (list: string): number[] => list.split(",").map(Number);

interface Row {
  id: string;
  classes: string[];
  parents: string[];
}
const readRows = async (name: string): Promise<Row[]> =>
  (await readFile(`${options.data}/${name}`, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
const documents = await readRows("documents.jsonl");
const tree = new Map((await readRows("classes.jsonl")).map(({ id, parents }) => [id, parents]));
const index = buildClassIndex(
  documents.map(({ classes }) => classes),
  { tree },
);
const embeddings = await readNpyMatrix(`${options.data}/embeddings.npy`);
const engine = await openEngine("cpu");

const COLUMNS = [
  ...["k", "n", "epochs", "batch", "lr", "seed", "normalised MSE", "dead"],
  ...["mean F1", "by chance", "F1 > 0.5"],
  ...[
    "own threshold: mean F1",
    "by chance",
    "F1 > 0.5",
    "chosen on the other half: mean F1",
    "F1 > 0.5",
  ],
  "training, s",
];
print(COLUMNS);
print(COLUMNS.map(() => "---"));
for (const k of numbers(options.k)) {
  for (const n of numbers(options.n)) {
    for (const epochs of numbers(options.epochs)) {
      for (const lr of numbers(options.lr)) {
        for (const seed of numbers(options.seed)) {
          await measure({ k, n, epochs, lr, seed, batch: Number(options.batch) });
        }
      }
    }
  }
}

async function measure(settings: {
  k: number;
  n: number;
  epochs: number;
  lr: number;
  seed: number;
  batch: number;
}): Promise<void> {
  const started = performance.now();
  const { sae } = await trainSae(embeddings, settings);
  const seconds = (performance.now() - started) / 1000;
  const codes = await encodeEmbeddings(sae, embeddings, { engine });
  const metrics = await computeMetrics(sae, embeddings, { codes, engine });
  const { k, n, epochs, batch, lr, seed } = settings;
  print([
    ...[k, n, epochs, batch, lr, seed].map(String),
    metrics.normalized_mse.toFixed(3),
    String(metrics.dead),
    ...describe(codes),
    seconds.toFixed(0),
  ]);
}

function describe(codes: Codes): string[] {
  const postings = invertCodes(codes, { skipZeros: true });
  const seeds = [1, 2];
  const plain = latentAgreement(postings, index, { levels: [0.5], seeds }).agreement;
  const tuning = { threshold: "best", minActive: 3 } as const;
  const tuned = latentAgreement(postings, index, { levels: [0.5], seeds, ...tuning }).agreement;
  const heldOut = matchHeldOut(postings, index, tuning).filter(({ classIndex }) => classIndex >= 0);
  const mean = heldOut.reduce((sum, { f1 }) => sum + f1, 0) / heldOut.length;
  const over = heldOut.filter(({ f1 }) => f1 > 0.5).length;
  return [
    ...[plain, tuned].flatMap(({ meanF1, meanF1Null, over: [{ count, share }] }) => [
      meanF1.toFixed(3),
      meanF1Null.mean.toFixed(3),
      `${count} (${(100 * share).toFixed(1)} %)`,
    ]),
    mean.toFixed(3),
    `${over} (${((100 * over) / heldOut.length).toFixed(1)} %)`,
  ];
}

function print(cells: string[]): void {
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
