import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type BaselineRow, measureBaselines } from "../../src/atlas/index.js";
import { sampleOptions } from "../../src/atlas/steps/index.js";
import { type Codes, type Matrix, invertCodes, spreadOf } from "../../src/core/index.js";
import { type Engine, openEngine } from "../../src/engine/index.js";
import { forestPairs } from "../../src/families/forest/index.js";
import { computeCoactivation, extractFamilies } from "../../src/families/index.js";
import {
  type TrainOptions,
  encodeEmbeddings,
  loadSae,
  saveSae,
  trainSae,
} from "../../src/sae/index.js";
import {
  type ClassIndex,
  type EdgeAgreement,
  FEWEST_EDGES,
  edgeAgreement,
  familyAgreement,
  hardestNull,
  latentAgreement,
} from "../../src/taxonomy/index.js";
import type { Bench, Part, Section, TaskContext } from "../part.js";
import { ROOT } from "../processes.js";
import { markdownTable } from "../report.js";
import { readSample } from "../sample-data.js";
import { WORDNET_CORPORA, type WordNetCorpus, wordNetFolder } from "../wordnet-corpora.js";

const LEVEL = 0.5;
const EDGE_LEVELS = [0.2, 0.3];
/** Shares of the documents in the branches that edgeAgreement draws from. */
const BRANCH_SHARES = [0.025, 0.01, 0.005];
const SEEDS = [0, 1, 2, 3];

/** One seed: units by kind, and the SAE's edges and families. */
interface Run {
  live: number;
  units: BaselineRow[];
  edges: (EdgeAgreement & { level: number })[];
  coherence: number;
  coherenceNull: number;
  families: number;
}

interface Corpus {
  documents: number;
  classes: number;
  runs: Run[];
}

function measureCorpus(corpus: WordNetCorpus) {
  return async ({ folder, quick }: TaskContext): Promise<Corpus> => {
    const dir = await wordNetFolder(corpus, folder);
    const { index, embeddings } = await readSample(dir);
    const engine = await openEngine("cpu");
    const runs: Run[] = [];
    try {
      for (const seed of quick ? [0] : SEEDS) {
        const kept = join(folder, "units", corpus.replace(" ", "-"));
        await mkdir(kept, { recursive: true });
        runs.push(await measureSeed(embeddings, index, { seed, quick, folder: kept, engine }));
      }
    } finally {
      await engine.dispose();
    }
    return { documents: index.documents, classes: index.ids.length, runs };
  };
}

async function measureSeed(
  embeddings: Matrix,
  index: ClassIndex,
  { seed, quick, folder, engine }: { seed: number; quick: boolean; folder: string; engine: Engine },
): Promise<Run> {
  const training: TrainOptions = { ...sampleOptions(ROOT).training, seed };
  const options = { ...training, ...(quick && { epochs: 1 }) };
  const path = join(folder, `sae-${seed}.safetensors`);
  const sae = existsSync(path) ? await loadSae(path) : (await trainSae(embeddings, options)).sae;
  await saveSae(path, sae);
  const units = await measureBaselines(sae, embeddings, { engine, index, training: options, seed });
  const codes = await encodeEmbeddings(sae, embeddings, { engine });
  return { units, ...familiesOf(codes, index, sae.prefixes) };
}

function familiesOf(
  codes: Codes,
  index: ClassIndex,
  prefixes?: readonly number[],
): Omit<Run, "units"> {
  const postings = invertCodes(codes, { skipZeros: true });
  const { threshold } = sampleOptions(ROOT);
  const coactivation = computeCoactivation(codes, { skipZeros: true, leading: true });
  const { families, forest } = extractFamilies(coactivation, { threshold, prefixes });
  const { matches, agreement } = latentAgreement(postings, index, { seeds: [1] });
  const groups = families.map(({ parent, members }) => ({
    parent,
    members: members.map(({ latent }) => latent),
  }));
  const found = familyAgreement(groups, postings, index, { minMembers: 2 });
  const pairs = forestPairs(forest);
  return {
    live: agreement.live,
    edges: EDGE_LEVELS.map((level) => ({
      ...edgeAgreement(pairs, matches, index, { threshold: level }),
      level,
    })),
    coherence: found.meanCoherence,
    coherenceNull: found.meanCoherenceNull.mean,
    families: families.length,
  };
}

/** Units beside baselines, edges beside nulls, on the sample and on corpora that nothing was tuned on. */
export const unitsPart: Part = {
  name: "units",
  title: "Latents beside baselines",
  onlyByName: true,
  tasks: Object.fromEntries(WORDNET_CORPORA.map((corpus) => [corpus, measureCorpus(corpus)])),
  async run(bench: Bench): Promise<Section> {
    const found: [WordNetCorpus, Corpus][] = [];
    for (const corpus of WORDNET_CORPORA) found.push([corpus, await bench.task<Corpus>(corpus)]);
    const runs = found[0][1].runs.length;
    const sizes = found.map(
      ([name, { documents, classes }]) =>
        `${name} (${documents.toLocaleString("en")} documents, ${classes.toLocaleString("en")} classes of 5 or more)`,
    );
    return {
      body: `${sizes.join(", ")}: all from WordNet 3.1, with the embedder of the sample. The demo's options (${describeOptions()}) were
chosen on the sample; the other two are as they come. Mean and standard deviation over ${runs} seeds.

Units, each with its best class by F1, on wherever it is active at all: the SAE's latents, those of an SAE trained alike whose decoder
stays random, clusters of k-means (one per document), and the 8 nearest of as many random documents or random directions.

${markdownTable(UNIT_COLUMNS, found.flatMap(unitRows))}

Edges whose two latents match a class, and the share in which the parent's class is above or equal to the child's. "Same branch" is
the same share with a random denser matching latent in the parent's place, from the smallest class of at least 2.5, 1 or 0.5 % of the documents
around the child's class; in brackets the share of the edges themselves where such a latent exists. Without ${FEWEST_EDGES} judged edges
nothing is said.

${markdownTable(EDGE_COLUMNS, found.flatMap(edgeRows))}`,
    };
  },
};

function describeOptions(): string {
  const { training: { k, n, prefixes = [], start = "random" } = {}, threshold } =
    sampleOptions(ROOT);
  return `k ${k}, n ${n}, prefixes ${prefixes.join(", ")}, start "${start}", edges of ${threshold} or more`;
}

const UNIT_COLUMNS = [
  ...["corpus", "units", "mean F1", `F1 > ${LEVEL}`, `classes with F1 > ${LEVEL}`],
  "normalised MSE",
];
const EDGE_COLUMNS = [
  ...["corpus", "F1 over", "judged", "agree", "shuffled", "any denser"],
  ...["same branch, 2.5 %", "1 %", "0.5 %", "hardest null", "families", "coherence", "by chance"],
];

function unitRows([name, { runs }]: [WordNetCorpus, Corpus]): string[][] {
  return runs[0].units.map(({ units: kind }, at) => {
    const over = (pick: (units: BaselineRow) => number | undefined): number[] =>
      runs.map(({ units }) => pick(units[at]) ?? NaN);
    const errors = over(({ normalizedMse }) => normalizedMse);
    return [
      ...[name, kind, spread(over(({ meanF1 }) => meanF1))],
      spread(
        over(({ share = NaN }) => 100 * share),
        1,
      ) + " %",
      spread(
        over(({ classes }) => classes),
        0,
      ),
      errors.some(Number.isNaN) ? "" : spread(errors),
    ];
  });
}

function edgeRows([name, { runs, documents }]: [WordNetCorpus, Corpus]): string[][] {
  return EDGE_LEVELS.map((level, l) => {
    const edges = runs.map((run) => run.edges[l]);
    const judged = edges.map((each) => each.edges);
    const families = [
      spread(
        runs.map((run) => run.families),
        0,
      ),
      ...[spread(runs.map((run) => run.coherence)), spread(runs.map((run) => run.coherenceNull))],
    ];
    const head = [name, String(level), spread(judged, 0)];
    if (judged.some((count) => count < FEWEST_EDGES)) {
      return [...head, ...Array.from({ length: 7 }, () => "–"), ...families];
    }
    const branches = [1, ...BRANCH_SHARES].map((part) => {
      const each = edges.map(({ branchNulls = [] }) =>
        branchNulls.find(({ atLeast }) => atLeast === Math.ceil(part * documents)),
      );
      const shares = each.map((one) => one?.share ?? NaN);
      const own = spreadOf(each.map((one) => one?.observed ?? NaN)).mean.toFixed(2);
      return part === 1 ? spread(shares) : `${spread(shares)} (${own})`;
    });
    return [
      ...head,
      spread(edges.map(({ share }) => share)),
      spread(edges.map(({ shuffledNull }) => shuffledNull.mean)),
      ...branches,
      spread(edges.map((each) => hardestNull(each).share)),
      ...families,
    ];
  });
}

// A mean over no families is null in a task's JSON.
function spread(values: readonly (number | null)[], digits = 3): string {
  const { mean, sd } = spreadOf(values.map((value) => value ?? NaN));
  if (Number.isNaN(mean)) return "none";
  return `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`;
}
