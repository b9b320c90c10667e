import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Codes, createCodes } from "../../src/core/index.js";
import { computeCoactivation, denseCosines, denseCounts } from "../../src/families/index.js";
import { readCodes, readNpyIndices, readNpyMatrix } from "../../src/files/index.js";
import { tiny } from "../format.js";
import type { Bench, Part, Section, TaskContext } from "../part.js";
import { markdownTable } from "../report.js";

const REFERENCE = "../shared/reference";
const PAPER = "../shared/data/paper";
const SAES = [
  { k: 8, n: 512, file: "csLG_8_512_16.pth" },
  { k: 16, n: 1024, file: "csLG_16_1024_32.pth" },
];
const inReference = (name: string): string => join(REFERENCE, name);
const EMBEDDINGS = inReference("abstract_embeddings.npy");

/** What a comparison found, and what counts as agreement: one row of the table. */
type Row = [what: string, found: string, wanted: string];

interface Compared {
  /** Share of documents with equal sets of latents, and the largest difference of their values. */
  equal: number;
  values: number;
  /** Entries of C that differ, and the largest difference of D. */
  counts: number;
  cosines: number;
}

function codesTask({ k, n }: { k: number; n: number }) {
  return async ({ folder }: TaskContext): Promise<Compared> => {
    const expected = `expected/topk_indices_${k}_${n}.npy`;
    const indices = await readNpyIndices(inReference(expected));
    const values = await readNpyMatrix(inReference(expected.replace("indices", "values")));
    const theirs = createCodes(indices.rows, k, n, indices.data, values.data);
    const found = compareCodes(await readCodes(codesFolder(folder, n), { k, n }), theirs);
    // From the reference's own codes, so that only the counting is compared.
    const coactivation = computeCoactivation(theirs);
    const matrix = async (name: string): Promise<Float32Array> =>
      (await readNpyMatrix(inReference(`expected/${name}_${k}_${n}.npy`))).data;
    const counts = differences(denseCounts(coactivation).data, await matrix("unnorm_cooccurrence"));
    const cosines = differences(denseCosines(coactivation).data, await matrix("actsims"));
    return { ...found, counts: counts.unequal, cosines: cosines.largest };
  };
}

function codesFolder(folder: string, n: number): string {
  return join(folder, `agreement-${n}`);
}

function compareCodes(ours: Codes, theirs: Codes): { equal: number; values: number } {
  const { rows, k } = ours;
  let equal = 0;
  let values = 0;
  for (let row = 0; row < rows; row++) {
    const expected = new Map<number, number>();
    for (let s = row * k; s < (row + 1) * k; s++) expected.set(theirs.indices[s], theirs.values[s]);
    const apart = Array.from(ours.indices.subarray(row * k, (row + 1) * k), (latent, s) =>
      Math.abs((expected.get(latent) ?? Infinity) - ours.values[row * k + s]),
    );
    const largest = Math.max(...apart);
    if (largest === Infinity) continue;
    equal++;
    values = Math.max(values, largest);
  }
  return { equal: equal / rows, values };
}

function differences(
  ours: Float32Array,
  theirs: Float32Array,
): { unequal: number; largest: number } {
  let unequal = 0;
  let largest = 0;
  for (let i = 0; i < theirs.length; i++) {
    const apart = Math.abs(ours[i] - theirs[i]);
    if (apart !== 0) unequal++;
    largest = Math.max(largest, apart);
  }
  return { unequal, largest };
}

async function readReference<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(inReference(name), "utf8")) as T;
}

type Numbers = Record<string, number>;

async function compareSae(bench: Bench, sae: (typeof SAES)[number]): Promise<Row[]> {
  const { k, n, file } = sae;
  const folder = codesFolder(bench.folder, n);
  const model = ["--sae", inReference(file), "--embeddings", EMBEDDINGS, "--engine", "cpu"];
  const metrics = JSON.parse((await bench.cli("metrics", ...model, "--json")).stdout) as Numbers;
  await bench.cli("encode", ...model, "--out", folder);
  const compared = await bench.task<Compared>(`codes${n}`);
  const expected = (
    await readReference<Record<string, Numbers & { families: Numbers }>>("expected/metrics.json")
  )[file];
  const families = JSON.parse(
    (
      await bench.cli(
        ...["families", "--codes", folder, "--compat", "--out", join(folder, "families.json")],
        ...["--analysis", inReference(`feature_analysis_results_${k}.json`)],
        ...["--compare", inReference(`expected/clean_families_${k}_${n}.json`), "--json"],
      )
    ).stdout,
  ) as Numbers & { comparison: Numbers };
  const { comparison } = families;
  return [
    [`k ${k}, n ${n}: documents with the same latents`, `${100 * compared.equal} %`, "≥ 99.9 %"],
    ["their values, largest difference", tiny(compared.values), "≤ 1e-4"],
    ["metrics, largest difference", worst(metrics, expected, false), "≤ 1e-4"],
    ["C, entries that differ", String(compared.counts), "0"],
    ["D, largest difference", tiny(compared.cosines), "≤ 1e-4"],
    [
      `families (\`--compat\`): of ${comparison.reference}, the same name and members`,
      `${comparison.equal}, mean best Jaccard ${comparison.meanBestJaccard.toFixed(3)}`,
      "Jaccard ≥ 0.98",
    ],
    [
      "family statistics, largest relative difference",
      worst(families, expected.families, true),
      "≤ 1e-4",
    ],
  ];
}

/** The largest difference of numbers that both sides have, with the key's name. */
function worst(found: Numbers, expected: Numbers, relative: boolean): string {
  let [largest, at] = [0, ""];
  for (const [key, value] of Object.entries(expected)) {
    if (typeof value !== "number") continue;
    const apart = Math.abs(found[key] - value) / (relative ? Math.max(1, Math.abs(value)) : 1);
    if (!(apart <= largest)) [largest, at] = [apart, key];
  }
  return at === "" ? "0" : `${tiny(largest)} (${at})`;
}

async function compareTraining(bench: Bench): Promise<Row[]> {
  const log = join(bench.folder, "agreement-train.jsonl");
  await bench.cli(
    ...["train", "--embeddings", EMBEDDINGS, "--k", "4", "--n", "1024", "--auxk", "8"],
    ...["--batch", "256", "--lr", "1e-3", "--clip", "1", "--dead-steps", "3", "--steps", "60"],
    ...["--order", "file", "--init", inReference("training/init.pth"), "--log", log],
    ...["--out", join(bench.folder, "agreement.safetensors")],
  );
  const lines = (await readFile(log, "utf8")).trim().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as Numbers);
  const { log: expected } = await readReference<{ log: number[][] }>("training/trajectory.json");
  const names = ["loss", "reconstruction", "aux", "grad_norm"];
  const largest = names.map(() => 0);
  let dead = 0;
  expected.forEach((wanted, i) => {
    names.forEach((name, c) => {
      const value = wanted[c + 1];
      const apart = Math.abs(rows[i][name] - value) / (Math.abs(value) || 1);
      largest[c] = Math.max(largest[c], apart);
    });
    if (rows[i].dead !== wanted[5]) dead++;
  });
  const found = names.map((name, c) => `${name} ${tiny(largest[c])}`).join(", ");
  return [
    [`training, ${expected.length} steps: largest relative difference`, found, "≤ 1e-4"],
    ["steps with another number of dead latents", String(dead), "0"],
  ];
}

async function comparePaper(bench: Bench): Promise<Row[]> {
  if (!existsSync(join(PAPER, "mst.graphml"))) return [];
  const { stdout } = await bench.cli(
    ...["families", "--forest-in", join(PAPER, "mst.graphml"), "--json"],
    ...["--out", join(bench.folder, "paper-families.json")],
    ...["--compare", join(PAPER, "clean_families.json")],
  );
  const { count, comparison } = JSON.parse(stdout) as { count: number; comparison: Numbers };
  return [
    [
      "the paper's forest (`mst.graphml`), grouped in one pass",
      `${comparison.shared} of ${count} roots are names of the paper's families, ${comparison.equal} equal, mean Jaccard ${comparison.meanJaccard.toFixed(2)}`,
      "93 of 107, 29, 0.82",
    ],
  ];
}

export const agreementPart: Part = {
  name: "agreement",
  title: "Agreement with the authors' code",
  tasks: Object.fromEntries(SAES.map((sae) => [`codes${sae.n}`, codesTask(sae)])),
  async run(bench): Promise<Section | string> {
    if (!existsSync(REFERENCE)) return "the reference kit is not next to the project";
    const rows: Row[] = [];
    for (const sae of SAES) rows.push(...(await compareSae(bench, sae)));
    rows.push(...(await compareTraining(bench)), ...(await comparePaper(bench)));
    return {
      body: `The commands \`encode\`, \`metrics\`, \`families --compat\` and \`train\` compared with the results of the authors' Python code (PyTorch, NumPy,
networkx) for 6,000 arXiv abstracts. Tests enforce the same bounds.

${markdownTable(["what", "found", "bound"], rows)}`,
    };
  },
};
