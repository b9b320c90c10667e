// Trains SAEs of several k and n on the sample and prints, as a markdown table, how well their latents agree with
// WordNet's classes: which k and n the demo should use.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Codes, invertCodes } from "../src/core/index.js";
import { openEngine } from "../src/engine/index.js";
import { forestPairs } from "../src/families/forest/index.js";
import {
  type EdgeWeightName,
  computeCoactivation,
  extractFamilies,
} from "../src/families/index.js";
import {
  type Sae,
  computeMetrics,
  encodeEmbeddings,
  loadSae,
  saveSae,
  trainSae,
} from "../src/sae/index.js";
import { reportTaxonomy } from "../src/taxonomy/index.js";
import { readSample } from "./sample-data.js";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: "data/wordnet" },
    k: { type: "string", default: "4,8,16,32" },
    n: { type: "string", default: "256,512,768,1024,1536,2048,3072" },
    epochs: { type: "string", default: "25" },
    batch: { type: "string", default: "256" },
    lr: { type: "string", default: "1e-3" },
    seed: { type: "string", default: "0" },
    weight: { type: "string" },
    keep: { type: "string" },
  },
});
const numbers = (list: string): number[] => list.split(",").map(Number);

const { index, embeddings } = await readSample(options.data);
const engine = await openEngine("cpu");

const COLUMNS = [
  ...["k", "n", "epochs", "batch", "lr", "seed", "normalised MSE", "dead"],
  ...["mean F1", "by chance", "F1 > 0.5"],
  ...["own threshold: mean F1", "by chance", "F1 > 0.5", "held out: mean F1", "F1 > 0.5"],
  ...["edges", "matching", "agree", "by chance", "families", "coherence", "by chance"],
  ...["F1", "by chance", "training, s"],
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

interface Settings {
  k: number;
  n: number;
  epochs: number;
  lr: number;
  seed: number;
  batch: number;
}

async function measure(settings: Settings): Promise<void> {
  const { k, n, epochs, batch, lr, seed } = settings;
  const { sae, seconds } = await train(settings);
  const codes = await encodeEmbeddings(sae, embeddings, { engine });
  const metrics = await computeMetrics(sae, embeddings, { codes, engine });
  print([
    ...[k, n, epochs, batch, lr, seed].map(String),
    metrics.normalized_mse.toFixed(3),
    String(metrics.dead),
    ...describe(codes),
    seconds?.toFixed(0) ?? "",
  ]);
}

// With --keep, trained SAEs are kept in a folder and not trained again.
async function train(settings: Settings): Promise<{ sae: Sae; seconds?: number }> {
  const { k, n, epochs, batch, lr, seed } = settings;
  const name = `${k}_${n}_${epochs}_${batch}_${lr}_${seed}.safetensors`;
  const path = options.keep === undefined ? undefined : join(options.keep, name);
  if (path !== undefined && existsSync(path)) return { sae: await loadSae(path) };
  const started = performance.now();
  const { sae } = await trainSae(embeddings, settings);
  const seconds = (performance.now() - started) / 1000;
  if (path !== undefined) await saveSae(path, sae);
  return { sae, seconds };
}

function describe(codes: Codes): string[] {
  const postings = invertCodes(codes, { skipZeros: true });
  const coactivation = computeCoactivation(codes, { skipZeros: true });
  const { families, forest } = extractFamilies(coactivation, {
    weight: options.weight as EdgeWeightName | undefined,
  });
  const report = reportTaxonomy(postings, index, {
    edges: forestPairs(forest).map(([parent, child], e) => ({
      parent,
      child,
      weight: forest.weight[e],
    })),
    families: families.map(({ parent, members }) => ({
      parent,
      members: members.map(({ latent }) => latent),
    })),
    seeds: [1, 2],
  });
  const over = ({ count, share }: { count: number; share: number }): string =>
    `${count} (${(100 * share).toFixed(1)} %)`;
  const at = report.active.over.findIndex(({ level }) => level === 0.5);
  const [edges] = report.edges;
  const found = report.families;
  return [
    ...[report.active, report.tuned].flatMap(({ meanF1, meanF1Null, over: levels }) => [
      meanF1.toFixed(3),
      meanF1Null.mean.toFixed(3),
      over(levels[at]),
    ]),
    ...[report.heldOut.meanF1.toFixed(3), over(report.heldOut.over[at])],
    ...[edges.total, edges.edges].map(String),
    ...[edges.share, edges.shuffledNull.mean].map((share) => share.toFixed(2)),
    String(families.length),
    ...(found === undefined
      ? ["", "", "", ""]
      : [
          found.meanCoherence,
          found.meanCoherenceNull.mean,
          found.meanF1,
          found.meanF1Null.mean,
        ].map((share) => share.toFixed(2))),
  ];
}

function print(cells: string[]): void {
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
