import { documentStability } from "../../src/compare/index.js";
import { measureAuc } from "../../src/core/index.js";
import {
  type FamilyOptions,
  computeCoactivation,
  extractFamilies,
} from "../../src/families/index.js";
import { readCodes } from "../../src/files/index.js";
import {
  type LatentMatch,
  familyAgreement,
  isAboveOrEqual,
  latentAgreement,
} from "../../src/taxonomy/index.js";
import { readAtlasOptions, readManifest } from "../../src/atlas/files/index.js";
import { openStore } from "../../src/atlas/index.js";
import { figure, seconds } from "../format.js";
import type { Part, Section, TaskContext } from "../part.js";
import { rankCorrelation } from "../rank-correlation.js";
import { markdownTable } from "../report.js";
import { type SchemeTable, judgeOnHalves, judgeOnPlanted } from "../stability-schemes.js";
import { codesFolder, prepareCodes } from "./coactivation.js";
import { atlasFolder, sampleAtlas } from "./demo.js";

/** F1 over which a latent counts as matching a class, as in the taxonomy's report. */
const LEVEL = 0.2;
const RESAMPLES = 100;
/** Resamples that are timed at full size. */
const TIMED = 3;

/** [what, figure with its interval, and what it is about], rows of a table. */
type Rows = string[][];

interface Judged {
  planted: [number, SchemeTable][];
  halves: SchemeTable;
  edges: Rows;
  families: Rows;
  judged: number;
}

interface Timed {
  seconds: number;
  resample: number;
}

async function compareSchemes({ folder, quick }: TaskContext): Promise<object> {
  const sizes = quick ? [1000] : [2000, 8000];
  const many = quick
    ? { seeds: [1], fresh: 3, resamples: 3 }
    : { seeds: [1, 2, 3, 4], fresh: 60, resamples: 60 };
  const planted: Judged["planted"] = [];
  for (const documents of sizes) planted.push([documents, await judgeOnPlanted(documents, many)]);
  const { threshold, leading, training } = await readAtlasOptions(atlasFolder(folder));
  const codes = await readCodes(atlasFolder(folder));
  const rules = { threshold, leading, prefixes: training?.prefixes };
  return { planted, halves: await judgeOnHalves(codes, rules, many) };
}

async function judge({ folder }: TaskContext): Promise<object> {
  const data = await openStore(atlasFolder(folder));
  const report = await data.stability();
  const index = await data.classIndex();
  if (!report || !index) throw new Error("the sample's atlas has no stability or no classes");
  const postings = await data.postings();
  const { matches } = latentAgreement(postings, index, { seeds: [1] });
  const isAbove = (upper: LatentMatch, lower: LatentMatch): boolean =>
    isAboveOrEqual(index, upper.classIndex, lower.classIndex);
  const isMatched = ({ classIndex, f1 }: LatentMatch): boolean => classIndex >= 0 && f1 > LEVEL;

  const { weight } = await data.forest();
  const edges = report.edges
    .map((edge, e) => ({ ...edge, weight: weight[e] }))
    .filter(({ parent, child }) => isMatched(matches[parent]) && isMatched(matches[child]));
  const agrees = edges.map(({ parent, child }) => isAbove(matches[parent], matches[child]));
  const edgeRow = (name: string, scores: number[]): string[] => [name, aucText(scores, agrees)];

  const families = await data.families();
  const { families: judged } = familyAgreement(
    families.map(({ parent, members }) => ({
      parent,
      members: members.map(({ latent }) => latent),
    })),
    postings,
    index,
    { minMembers: 2, seeds: [1] },
  );
  const coherence = judged.map((each) => each.coherence);
  const f1 = judged.map(({ union }) => union.f1);
  const familyRow = (name: string, scores: number[]): string[] => [
    name,
    rankText(scores, coherence),
    rankText(scores, f1),
  ];
  const meanWeights = families.map(
    ({ members }) => members.reduce((sum, member) => sum + member.weight, 0) / members.length,
  );
  return {
    judged: edges.length,
    edges: [
      edgeRow(
        "stability over documents",
        edges.map(({ stability }) => stability),
      ),
      edgeRow(
        "edge weight",
        edges.map((edge) => edge.weight),
      ),
      edgeRow(
        "stability of the less stable latent over seeds",
        edges.map(({ parent, child }) =>
          Math.min(...[parent, child].map((i) => report.latents?.[i].stability ?? NaN)),
        ),
      ),
    ],
    families: [
      familyRow(
        "stability over documents",
        report.families.map((each) => each.stability),
      ),
      familyRow(
        "stability over seeds",
        report.families.map((each) => each.seeds?.stability ?? NaN),
      ),
      familyRow("mean weight of its edges", meanWeights),
      familyRow(
        "members",
        families.map(({ members }) => members.length),
      ),
    ],
  };
}

/** Time of a resample, with its forest and families. */
function timer(folderOf: (folder: string) => string, options: FamilyOptions, resamples: number) {
  return async ({ folder, quick }: TaskContext): Promise<Timed> => {
    const codes = await readCodes(folderOf(folder));
    const find = (co: Parameters<typeof extractFamilies>[0]) => extractFamilies(co, options);
    const result = find(computeCoactivation(codes));
    const start = performance.now();
    const times = quick ? 1 : resamples;
    await documentStability(codes, result, find, { resamples: times });
    const taken = (performance.now() - start) / 1000;
    return { seconds: taken, resample: taken / times };
  };
}

export const stabilityPart: Part = {
  name: "stability",
  title: "Stability of families",
  onlyByName: true,
  tasks: {
    prepare: prepareCodes,
    schemes: compareSchemes,
    judge,
    sample: timer(atlasFolder, { threshold: 0.15 }, RESAMPLES),
    large: timer(codesFolder, {}, TIMED),
  },
  async run(bench): Promise<Section> {
    const atlas = await sampleAtlas(bench);
    const counts = bench.quick
      ? ["--resamples", "3", "--seeds", "1"]
      : ["--resamples", String(RESAMPLES), "--seeds", "3"];
    await bench.cli("stability", "--atlas", atlas, ...counts);
    const step = (await readManifest(atlas))?.steps.stability;
    const found = await bench.task<Judged>("judge");
    const schemes = await bench.task<Judged>("schemes");
    const sample = await bench.task<Timed>("sample");
    await bench.task("prepare");
    const large = await bench.task<Timed>("large");
    return {
      body: `${schemeText(schemes)}

${agreementText(found)}

A resample of half the documents with its forest and families takes ${figure(1000 * sample.resample)} ms on the sample and ${seconds(large.resample)}
at 272,000 × 64 of 9,216; ${RESAMPLES} of them on the sample, with those of permuted codes and the comparison with the SAEs
of 3 other seeds, take ${seconds(step?.seconds ?? NaN)} (without training those SAEs).`,
    };
  },
};

function schemeText({ planted, halves }: Judged): string {
  const columns = ["documents of a resample"];
  const tables = [...planted.map(([, table]) => table), halves];
  for (const [documents] of planted) {
    columns.push(
      ...["AUC", "edges", "families"].map((what) => `planted, ${figure(documents)}: ${what}`),
    );
  }
  columns.push(...["AUC", "edges", "families"].map((what) => `sample: ${what}`));
  const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
  const rows = halves.rows.map(({ name }, s) => [
    name,
    ...tables.flatMap(({ rows: each }) => [
      each[s].auc.toFixed(3),
      signed(each[s].edgeBias),
      `${signed(each[s].familyBias)} (${each[s].familyError.toFixed(2)})`,
    ]),
  ]);
  const weights = [
    "none: the edge's weight",
    ...tables.flatMap((table) => [table.weightAuc.toFixed(3), "", ""]),
  ];
  return `Stability should predict what other documents would give. Planted codes (30 families of five strengths among 200 unrelated
latents, \`bench/planted.ts\`) can be drawn again: "AUC" measures how well an edge's stability separates planted edges from the
rest, "edges" and "families" how much mean stability exceeds the reproducibility in 60 fresh corpora of the same size (in
brackets the root mean square over families). On the sample, families of one half of the documents are compared with those
of the other half: "AUC" is for whether an edge recurs there. Means over ${planted.length > 1 ? 4 : 1} draws; ${figure(Math.round(halves.edges))} edges and
${figure(Math.round(halves.families))} families of the sample's halves.

${markdownTable(columns, [...rows, weights])}`;
}

function agreementText({ edges, families, judged }: Judged): string {
  return `Does stability predict agreement with WordNet? For the sample's ${figure(judged)} edges whose two latents match a class (F1 above
${LEVEL}), the AUC for the parent's class being above or equal to the child's, with its 95 % interval:

${markdownTable(["edges by", "AUC"], edges)}

For its families, the rank correlation with coherence (share of matched members whose class is within the family's) and
with the F1 of the family's documents, with the middle 95 % of a bootstrap over the families:

${markdownTable(["families by", "coherence", "F1"], families)}`;
}

function aucText(scores: readonly number[], isTrue: readonly boolean[]): string {
  const pick = (wanted: boolean): number[] => scores.filter((_, i) => isTrue[i] === wanted);
  const auc = measureAuc(pick(true), pick(false));
  return auc === undefined ? "none" : withInterval(auc.value, auc.interval);
}

function rankText(a: readonly number[], b: readonly number[]): string {
  const { value, interval } = rankCorrelation(a, b);
  return withInterval(value, interval);
}

function withInterval(value: number, [low, high]: readonly [number, number]): string {
  return `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}
