import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildAtlas } from "../../src/atlas/index.js";
import { type Matrix, createMatrix, createRandom, matrixRow } from "../../src/core/index.js";
import { normalizeRows } from "../../src/core/index.js";
import { writeJsonl, writeNpy } from "../../src/files/index.js";
import { figure, seconds } from "../format.js";
import type { Part, Section, TaskContext } from "../part.js";
import { markdownTable } from "../report.js";
import { randomUnitRows, writeRandomSae } from "../synthetic.js";

const D = 64;
const K = 32;
const DIRECTIONS = 2000;
/** Documents and latents, each size four times the one before. */
const FULL = [
  { rows: 25_000, n: 32_768 },
  { rows: 100_000, n: 131_072 },
];
const QUICK = [
  { rows: 500, n: 1024 },
  { rows: 2000, n: 4096 },
];
const STEPS = ["encode", "labels", "families", "map", "catalog"];

interface Built {
  /** Seconds of each step. */
  steps: Record<string, number>;
  /** Bytes of the catalog's three files. */
  catalog: number;
  families: number;
}

function folderOf({ folder, quick }: TaskContext, at: number): string {
  return join(folder, `large-${quick ? "quick" : "full"}-${at}`);
}

/** Documents of twelve words, each with a hidden direction, and the weighted sums of those as embeddings [rows, d]. */
function wordedRows(rows: number): { documents: object[]; embeddings: Matrix } {
  const random = createRandom(1);
  const hidden = randomUnitRows(DIRECTIONS, D, 2);
  const embeddings = createMatrix(rows, D);
  const documents: object[] = [];
  for (let i = 0; i < rows; i++) {
    const row = matrixRow(embeddings, i);
    const words: string[] = [];
    for (let w = 0; w < 12; w++) {
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
  const dir = join(folder, "atlas");
  const atlas = await buildAtlas({
    dir,
    corpus: join(folder, "documents.jsonl"),
    embeddings: join(folder, "embeddings.npy"),
    sae: join(folder, "sae.safetensors"),
    onWarning: () => undefined,
  });
  await atlas.close();
  const manifest = JSON.parse(await readFile(join(dir, "manifest.json"), "utf8")) as {
    steps: Record<string, { seconds: number }>;
  };
  const text = await readFile(join(dir, "catalog.csv"));
  const families = JSON.parse(await readFile(join(dir, "families.json"), "utf8")) as unknown[];
  return {
    steps: Object.fromEntries(STEPS.map((step) => [step, manifest.steps[step].seconds])),
    catalog: text.length,
    families: families.length,
  };
}

export const largePart: Part = {
  name: "large",
  title: "A large SAE",
  onlyByName: true,
  tasks: {
    prepare0: (context) => prepare(context, 0),
    build0: (context) => build(context, 0),
    prepare1: (context) => prepare(context, 1),
    build1: (context) => build(context, 1),
  },
  async run(bench): Promise<Section> {
    const sizes = bench.quick ? QUICK : FULL;
    await bench.task("prepare0");
    const small = await bench.task<Built>("build0");
    await bench.task("prepare1");
    const large = await bench.task<Built>("build1");
    const rows = STEPS.map((step) => [
      step,
      seconds(small.steps[step]),
      seconds(large.steps[step]),
      `${(large.steps[step] / small.steps[step]).toFixed(1)} ×`,
    ]);
    rows.push([
      "catalog.csv, MB",
      figure(small.catalog / 1e6),
      figure(large.catalog / 1e6),
      `${(large.catalog / small.catalog).toFixed(1)} ×`,
    ]);
    const total = Object.values(large.steps).reduce((sum, taken) => sum + taken, 0);
    const [few, many] = sizes.map(({ rows, n }) => `${figure(rows)} documents, n ${figure(n)}`);
    return {
      body: `A whole \`build\` of synthetic documents with embeddings of width ${D} and an SAE of random directions, k ${K}: four times
the documents and the latents. Encoding takes N · n · d products and the catalog's nearest decoder directions n² · d; the
map's neighbours take as many as latents have partners of partners. Peak memory is ${figure(small.peakMB / 1000)} and
${figure(large.peakMB / 1000)} GB, families ${figure(small.families)} and ${figure(large.families)}.

${markdownTable(["step", few, many, "grows by"], rows)}`,
      targets: [
        {
          what: `\`build\`: ${many}, d ${D}`,
          target: "ends, < 4 GB",
          measured: `${seconds(total)}, ${figure(large.peakMB / 1000)} GB`,
          met: large.peakMB < 4000,
        },
      ],
    };
  },
};
