// Builds forests and families of given SAEs (paths) over the sample with every compared edge weight, and prints as a
// markdown
// table how well they agree with WordNet's classes: which weight should be the default.
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { invertCodes } from "../src/core/index.js";
import { openEngine } from "../src/engine/index.js";
import { forestPairs } from "../src/families/forest/index.js";
import {
  type FamilyOptions,
  buildForest,
  computeCoactivation,
  extractFamilies,
} from "../src/families/index.js";
import { encodeEmbeddings, loadSae } from "../src/sae/index.js";
import { edgeAgreement, familyAgreement, matchLatents } from "../src/taxonomy/index.js";
import { COMPARED_WEIGHTS, comparedWeight } from "./edge-weights.js";
import { readSample } from "./sample-data.js";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", default: "data/wordnet" },
    weights: { type: "string", default: COMPARED_WEIGHTS.join(",") },
    z: { type: "string", default: "1" },
    together: { type: "string", default: "2" },
    /** Edges kept, as shares of the latents. */
    edges: { type: "string", default: "0.5,0.9" },
    /** Also prints a table per SAE. */
    each: { type: "boolean", default: false },
  },
});
const z = Number(options.z);
const minTogether = Number(options.together);

const { index, embeddings } = await readSample(options.data);
const engine = await openEngine("cpu");

/** One weight at one number of edges: the columns of the table. */
type Row = number[];
const COLUMNS = [
  ...["F1 > 0.2: edges", "share", "F1 > 0.3: edges", "share"],
  ...["own threshold, F1 > 0.3: edges", "share"],
  ...["families", "F1", "coherence", "by chance"],
];
const SHARES = options.edges.split(",").map(Number);
const tables: Map<string, Row>[] = [];
for (const path of positionals) {
  tables.push(await measure(path));
  if (options.each) printTable(basename(path), tables.slice(-1));
}
printTable(`mean of ${positionals.map((path) => basename(path)).join(", ")}`, tables);
await engine.dispose();

async function measure(path: string): Promise<Map<string, Row>> {
  const sae = await loadSae(path);
  const codes = await encodeEmbeddings(sae, embeddings, { engine });
  const coactivation = computeCoactivation(codes, { skipZeros: true });
  const postings = invertCodes(codes, { skipZeros: true });
  const plain = matchLatents(postings, index);
  const tuning = { threshold: "best", minActive: 3 } as const;
  const tuned = matchLatents(postings, index, tuning);
  const table = new Map<string, Row>();
  for (const name of options.weights.split(",") as typeof COMPARED_WEIGHTS) {
    const weight = comparedWeight(name, { z, decoder: sae.decoder });
    const base: FamilyOptions = { weight, minTogether };
    const all = buildForest(coactivation, { ...base, threshold: Number.MIN_VALUE });
    for (const share of SHARES) {
      const size = Math.min(all.from.length, Math.round(share * sae.n));
      const pairs = forestPairs(all).slice(0, size);
      const agreements = [
        edgeAgreement(pairs, plain, index, { threshold: 0.2, seeds: [1] }),
        edgeAgreement(pairs, plain, index, { threshold: 0.3, seeds: [1] }),
        edgeAgreement(pairs, tuned, index, { threshold: 0.3, seeds: [1] }),
      ];
      const threshold = all.weight[size - 1];
      const { families } = extractFamilies(coactivation, { ...base, threshold });
      const groups = families.map(({ parent, members }) => ({
        parent,
        members: members.map(({ latent }) => latent),
      }));
      const found = familyAgreement(groups, postings, index, { level: 0.3, seeds: [1], ...tuning });
      table.set(`${name} | ${share}`, [
        ...agreements.flatMap(({ edges, share: agreeing }) => [edges, agreeing]),
        ...[families.length, found.meanF1, found.meanCoherence, found.meanCoherenceNull.mean],
      ]);
    }
  }
  return table;
}

/** Prints the mean of the tables, one row per weight and number of edges. */
function printTable(title: string, means: readonly Map<string, Row>[]): void {
  process.stdout.write(`\n${title}\n\n| weight | edges / n | ${COLUMNS.join(" | ")} |\n`);
  process.stdout.write(
    `| ${Array.from({ length: COLUMNS.length + 2 }, () => "---").join(" | ")} |\n`,
  );
  for (const key of means[0].keys()) {
    const rows = means.map((table) => table.get(key) ?? []);
    const cells = COLUMNS.map((_, c) => {
      const mean = rows.reduce((sum, row) => sum + row[c], 0) / rows.length;
      return mean > 1 ? mean.toFixed(0) : mean.toFixed(2);
    });
    process.stdout.write(`| ${key} | ${cells.join(" | ")} |\n`);
  }
}
