import { writeFileSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type AtlasBuild,
  BUILD_STEPS,
  type BuildSize,
  planSizes,
  runSteps,
} from "../../src/atlas/steps/index.js";
import {
  type Matrix,
  createMatrix,
  createRandom,
  matrixRow,
  normalizeRows,
} from "../../src/core/index.js";
import type { Coactivation } from "../../src/families/index.js";
import { writeJsonl, writeNpy } from "../../src/files/index.js";
import { figure } from "../format.js";
import type { Part, Section, TaskContext } from "../part.js";
import { peakOf } from "../processes.js";
import { markdownTable } from "../report.js";
import { randomUnitRows, writeRandomSae } from "../synthetic.js";

const D = 64;
const K = 32;
const WORDS = 12;
const DIRECTIONS = 2000;
/** Documents and latents, each size twice the one before. */
const FULL = [
  { rows: 25_000, n: 32_768 },
  { rows: 50_000, n: 65_536 },
  { rows: 100_000, n: 131_072 },
];
const QUICK = [
  { rows: 500, n: 1024 },
  { rows: 1000, n: 2048 },
  { rows: 2000, n: 4096 },
];

/** What each step makes, exactly, and thus has to do. */
const OUTPUTS = {
  encode: "pre-activation",
  labels: "active latent",
  families: "pair of latents that meet",
  map: "pair of latents with a shared partner",
  catalog: "pair of directions",
} as const;
type StepName = keyof typeof OUTPUTS;

interface StepMeasure {
  /** Of all processors together: the clock also counts what other work takes. */
  seconds: number;
  /** Most resident memory, all that the build keeps till then included; and what checkBuild expects. */
  peakMB: number;
  plannedMB: number;
  /** How many of OUTPUTS it makes. */
  made: number;
}

interface Built {
  steps: Record<StepName, StepMeasure>;
  /** The catalog's three files, and the forest's. */
  megabytes: { catalog: number; forest: number };
  peakMB: number;
}

function folderOf({ folder, quick }: TaskContext, at: number): string {
  return join(folder, `large-${quick ? "quick" : "full"}-${at}`);
}

/** Documents of words, each with a hidden direction, and the weighted sums of those as embeddings [rows, d]. */
function wordedRows(rows: number): { documents: object[]; embeddings: Matrix } {
  const random = createRandom(1);
  const hidden = randomUnitRows(DIRECTIONS, D, 2);
  const embeddings = createMatrix(rows, D);
  const documents: object[] = [];
  for (let i = 0; i < rows; i++) {
    const row = matrixRow(embeddings, i);
    const words: string[] = [];
    for (let w = 0; w < WORDS; w++) {
      const word = Math.floor(random() * DIRECTIONS);
      const weight = random();
      const direction = matrixRow(hidden, word);
      for (let j = 0; j < D; j++) row[j] += weight * direction[j];
      words.push(`word${word}`);
    }
    documents.push({ id: `d${i}`, title: `Document ${i}`, text: words.join(" ") });
  }
  return { documents, embeddings: normalizeRows(embeddings) };
}

async function prepare(context: TaskContext, at: number): Promise<object> {
  const folder = folderOf(context, at);
  const { rows, n } = (context.quick ? QUICK : FULL)[at];
  const { documents, embeddings } = wordedRows(rows);
  await writeJsonl(join(folder, "documents.jsonl"), documents);
  const { data } = embeddings;
  await writeNpy(join(folder, "embeddings.npy"), { shape: [rows, D], data, dtype: "f4" });
  await writeRandomSae(join(folder, "sae.safetensors"), { d: D, n, k: K });
  return {};
}

async function build(context: TaskContext, at: number): Promise<Built> {
  const folder = folderOf(context, at);
  const { rows, n } = (context.quick ? QUICK : FULL)[at];
  const dir = join(folder, "atlas");
  const file = (name: string): string => join(folder, name);
  await rm(dir, { recursive: true, force: true });
  const size: BuildSize = {
    ...{ N: rows, d: D, n, k: K, characters: (await stat(file("documents.jsonl"))).size },
    ...{ isEmbedded: false, latents: "given" },
  };
  const planned = planSizes(size).filter(({ of }) => of === "memory");
  const measured: Partial<Record<StepName, StepMeasure>> = {};
  const measure =
    (name: StepName) =>
    async (build: AtlasBuild): Promise<void> => {
      restartPeak();
      const before = process.cpuUsage();
      await BUILD_STEPS[name](build);
      const { user, system } = process.cpuUsage(before);
      const peakMB = peakOf("self") ?? process.resourceUsage().maxRSS / 1024;
      const coactivation = await build.data.coactivation();
      const made = {
        encode: rows * n,
        labels: rows * K,
        families: coactivation.latents.length,
        map: countSharing(coactivation),
        catalog: (n * (n - 1)) / 2,
      };
      measured[name] = {
        seconds: (user + system) / 1e6,
        peakMB,
        plannedMB: (planned.find(({ step }) => step === name)?.takes ?? 0) / 2 ** 20,
        made: made[name],
      };
      process.stderr.write(`${name}: ${(user + system) / 1e6} s, ${peakMB.toFixed(0)} MB\n`);
    };
  const names = Object.keys(OUTPUTS) as StepName[];
  await runSteps(
    {
      ...{ dir, corpus: file("documents.jsonl"), embeddings: file("embeddings.npy") },
      sae: file("sae.safetensors"),
    },
    names.map(measure),
  );
  const bytes = async (written: readonly string[]): Promise<number> => {
    const stats = await Promise.all(written.map((name) => stat(join(dir, name))));
    return stats.reduce((sum, { size }) => sum + size, 0) / 1e6;
  };
  const steps = measured as Record<StepName, StepMeasure>;
  return {
    steps,
    megabytes: {
      catalog: await bytes(["catalog.jsonl", "catalog.csv", "catalog.parquet"]),
      forest: await bytes(["spanning-forest.graphml"]),
    },
    peakMB: Math.max(...Object.values(steps).map(({ peakMB }) => peakMB)),
  };
}

/** Pairs of latents that have some partner in common, by those of every n / 512-th latent. */
export function countSharing({ n, offsets, latents }: Coactivation): number {
  const partners = Array.from({ length: n }, (): number[] => []);
  for (let i = 0; i < n; i++) {
    for (const j of latents.subarray(offsets[i], offsets[i + 1])) {
      partners[i].push(j);
      partners[j].push(i);
    }
  }
  const step = Math.ceil(n / 512);
  let sharing = 0;
  let looked = 0;
  for (let i = 0; i < n; i += step) {
    sharing += new Set(partners[i].flatMap((partner) => partners[partner])).size - 1;
    looked++;
  }
  return Math.round(((sharing / looked) * n) / 2);
}

/** Counts the peak of memory anew; elsewhere than on Linux a peak includes the steps before. */
function restartPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    return;
  }
}

export const largePart: Part = {
  name: "large",
  title: "A large SAE",
  onlyByName: true,
  tasks: Object.fromEntries(
    FULL.flatMap((_, at) => [
      [`prepare${at}`, (context: TaskContext) => prepare(context, at)],
      [`build${at}`, (context: TaskContext) => build(context, at)],
    ]),
  ),
  async run(bench): Promise<Section> {
    const sizes = bench.quick ? QUICK : FULL;
    const built: Built[] = [];
    for (const at of sizes.keys()) {
      await bench.task(`prepare${at}`);
      built.push(await bench.task<Built>(`build${at}`));
    }
    return report(sizes, built);
  },
};

function report(sizes: typeof FULL, built: readonly Built[]): Section {
  const heads = sizes.map(({ rows, n }) => `N ${figure(rows)}, n ${figure(n)}`);
  const names = Object.keys(OUTPUTS) as StepName[];
  const over = (by: (step: StepMeasure) => string) => (name: StepName) =>
    built.map(({ steps }) => by(steps[name]));
  const times = over(({ seconds }) => figure(Math.round(seconds * 10) / 10));
  const each = over(({ seconds, made }) => figure((seconds / made) * 1e9));
  const peaks = over(({ peakMB }) => figure(Math.round(peakMB)));
  const planned = over(({ plannedMB }) => figure(Math.round(plannedMB)));
  const peak = built[built.length - 1].peakMB;
  const perLatent = (of: keyof Built["megabytes"]): string =>
    built.map(({ megabytes }, at) => figure((megabytes[of] * 1e6) / sizes[at].n)).join(", ");
  return {
    body: `A whole \`build\` of synthetic documents of ${WORDS} words with embeddings of width ${D} and an SAE of random directions, k ${K}, at
three sizes, each of twice the documents and latents. Every step is exact: no latent, pair or neighbour is sampled. Times are those of all processors
together, and in nanoseconds for each of what the step has to make; that number stays where a step grows as its output does.

${markdownTable(
  ["processor seconds", ...heads, "makes", ...heads.map((head) => `ns each, ${head}`)],
  names.map((name) => [name, ...times(name), `each ${OUTPUTS[name]}`, ...each(name)]),
)}

Most resident memory while a step runs, in MB, with all that the build keeps, beside what \`build\` expects of the sizes before it begins:

${markdownTable(
  ["MB", ...heads.flatMap((head) => [head, "expected"])],
  names.map((name) => [name, ...peaks(name).flatMap((value, at) => [value, planned(name)[at]])]),
)}

The catalog's files take ${perLatent("catalog")} bytes for each latent, the forest ${perLatent("forest")}.`,
    targets: [
      {
        what: `\`build\`: ${heads[heads.length - 1]}, d ${D}, map and catalog included`,
        target: "ends, < 4 GB",
        measured: `${figure(peak / 1024)} GB`,
        met: peak < 4e9 / 2 ** 20,
      },
    ],
  };
}
