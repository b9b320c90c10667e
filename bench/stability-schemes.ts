// How well resampling schemes predict what recurs in documents that they have not seen.
import { type ResampleScheme, documentStability } from "../src/compare/index.js";
import {
  type Codes,
  createCodes,
  createRandom,
  meanOf,
  measureAuc,
  sampleIndices,
} from "../src/core/index.js";
import { bestFamily, familyLatents, indexFamilies } from "../src/families/extract/index.js";
import {
  type Coactivation,
  type FamilyOptions,
  type PairOptions,
  type FamilyResult,
  type Forest,
  computeCoactivation,
  extractFamilies,
} from "../src/families/index.js";
import { plantCodes } from "./planted.js";

/** The schemes compared, by name. */
export const SCHEMES: readonly (ResampleScheme & { name: string })[] = [
  { name: "bootstrap", scheme: "bootstrap" },
  { name: "a quarter", share: 0.25 },
  { name: "a third", share: 1 / 3 },
  { name: "half (default)", share: 0.5 },
  { name: "63 %", share: 0.632 },
  { name: "80 %", share: 0.8 },
];

/** One scheme compared with fresh documents. Biases are stability minus the share that recurred there. */
export interface SchemeFigures {
  name: string;
  /** AUC of an edge's stability for whether it recurs or, for planted codes, whether it was planted. */
  auc: number;
  edgeBias: number;
  familyBias: number;
  /** Root mean square of the families' biases. */
  familyError: number;
}

/** Results of the schemes, and the AUC of the weight. */
export interface SchemeTable {
  weightAuc: number;
  edges: number;
  families: number;
  rows: SchemeFigures[];
}

/** On planted codes: the truth about an edge or family is how often it occurs in `fresh` new corpora. */
export async function judgeOnPlanted(
  documents: number,
  { seeds, fresh, resamples }: { seeds: readonly number[]; fresh: number; resamples: number },
): Promise<SchemeTable> {
  const find = finder({});
  const runs = [];
  for (const seed of seeds) {
    const { codes, families } = plantCodes({ documents, seed });
    const own = find(computeCoactivation(codes));
    const again = Array.from({ length: fresh }, (_, f) =>
      find(computeCoactivation(plantCodes({ documents, seed: 1000 * seed + f + 1 }).codes)),
    );
    const homes = new Map(
      families.flatMap(({ parent, members }, f) =>
        [parent, ...members].map((latent) => [latent, f] as const),
      ),
    );
    const isPlanted = Array.from(own.forest.from, (parent, e) => {
      const home = homes.get(parent);
      return home !== undefined && home === homes.get(own.forest.to[e]);
    });
    runs.push(await judge(codes, own, find, { again, isTrue: isPlanted, resamples }));
  }
  return meanTable(runs);
}

/** On real codes: families of one half of the documents, and what recurs in the other half. */
export async function judgeOnHalves(
  codes: Codes,
  { leading, ...options }: FamilyOptions & PairOptions,
  { seeds, resamples }: { seeds: readonly number[]; resamples: number },
): Promise<SchemeTable> {
  const find = finder(options);
  const half = codes.rows >> 1;
  const runs = [];
  for (const seed of seeds) {
    const order = sampleIndices(codes.rows, codes.rows, createRandom(seed));
    const seen = takeDocuments(codes, order.subarray(0, half));
    const unseen = takeDocuments(codes, order.subarray(half, 2 * half));
    const other = find(computeCoactivation(unseen, { leading }));
    const own = find(computeCoactivation(seen, { leading }));
    const there = edgeKeys(other.forest);
    const isTrue = Array.from(edgeKeys(own.forest), (key) => there.has(key));
    runs.push(await judge(seen, own, find, { again: [other], isTrue, resamples, leading }));
  }
  return meanTable(runs);
}

type Find = (coactivation: Coactivation) => FamilyResult;

function finder(options: FamilyOptions): Find {
  return (coactivation) => extractFamilies(coactivation, options);
}

async function judge(
  codes: Codes,
  own: FamilyResult,
  find: Find,
  truth: {
    again: readonly FamilyResult[];
    isTrue: readonly boolean[];
    resamples: number;
    leading?: boolean;
  },
): Promise<SchemeTable> {
  const { again, isTrue, resamples, leading } = truth;
  const there = again.map(({ forest }) => edgeKeys(forest));
  const edges = Array.from(edgeKeys(own.forest), (key) =>
    meanOf(there.map((keys) => (keys.has(key) ? 1 : 0))),
  );
  const indices = again.map(({ families }) => indexFamilies(families.map(familyLatents)));
  const families = own.families.map((family) =>
    meanOf(indices.map((index) => bestFamily(index, familyLatents(family)).overlap)),
  );
  const aucOf = (scores: ArrayLike<number>): number => {
    const pick = (wanted: boolean): number[] =>
      Array.from(scores).filter((_, e) => isTrue[e] === wanted);
    return measureAuc(pick(true), pick(false))?.value ?? NaN;
  };
  const rows: SchemeFigures[] = [];
  for (const { name, ...scheme } of SCHEMES) {
    const found = await documentStability(codes, own, find, { resamples, leading, ...scheme });
    const apart = found.families.map((family, f) => family.mean - families[f]);
    rows.push({
      name,
      auc: aucOf(found.edges),
      edgeBias: meanOf(found.edges) - meanOf(edges),
      familyBias: meanOf(apart),
      familyError: Math.sqrt(meanOf(apart.map((value) => value ** 2))),
    });
  }
  const weightAuc = aucOf(own.forest.weight);
  return { weightAuc, edges: edges.length, families: families.length, rows };
}

function meanTable(runs: readonly SchemeTable[]): SchemeTable {
  const over = (of: (run: SchemeTable) => number): number => meanOf(runs.map(of));
  return {
    weightAuc: over((run) => run.weightAuc),
    edges: over((run) => run.edges),
    families: over((run) => run.families),
    rows: SCHEMES.map(({ name }, s) => ({
      name,
      auc: over((run) => run.rows[s].auc),
      edgeBias: over((run) => run.rows[s].edgeBias),
      familyBias: over((run) => run.rows[s].familyBias),
      familyError: over((run) => run.rows[s].familyError),
    })),
  };
}

/** Edges without their direction, in the forest's order. */
function edgeKeys({ from, to }: Forest): Set<string> {
  return new Set(Array.from(from, (a, e) => `${Math.min(a, to[e])} ${Math.max(a, to[e])}`));
}

function takeDocuments({ k, n, indices, values }: Codes, rows: Uint32Array): Codes {
  const taken = createCodes(
    rows.length,
    k,
    n,
    new Uint32Array(rows.length * k),
    new Float32Array(rows.length * k),
  );
  rows.forEach((row, at) => {
    taken.indices.set(indices.subarray(row * k, (row + 1) * k), at * k);
    taken.values.set(values.subarray(row * k, (row + 1) * k), at * k);
  });
  return taken;
}
