import { invertCodes } from "../../src/core/index.js";
import { sampleOptions } from "../../src/atlas/steps/index.js";
import { openEngine } from "../../src/engine/index.js";
import { computeCoactivation, edgeHelp, extractFamilies } from "../../src/families/index.js";
import { forestPairs } from "../../src/families/forest/index.js";
import {
  type TrainOptions,
  computeMetrics,
  encodeEmbeddings,
  trainSae,
} from "../../src/sae/index.js";
import { edgeAgreement, matchLatents } from "../../src/taxonomy/index.js";
import type { Part, Section, TaskContext } from "../part.js";
import { ROOT } from "../processes.js";
import { markdownTable } from "../report.js";
import { readSample } from "../sample-data.js";

const SEEDS = [0, 1, 2, 3];
const { training: DEFAULT, threshold: acrossPrefixes } = sampleOptions(ROOT);
/** Weakest edge by co-activation alone, of about as many edges as across the prefixes of the demo's SAE. */
const BY_COACTIVATION = 0.27;
const COMMON = { epochs: 25, batch: 256, lr: 2e-3 };
const PREFIXES = [32, 128, 512, 1024];
const VARIANTS: Record<string, TrainOptions> = {
  "the demo's": { ...DEFAULT },
  "k 8, n 768": { k: 8, n: 768 },
  "k 4, n 1,024": { k: 4, n: 1024 },
  "k 4, n 1,024, k-means": { k: 4, n: 1024, start: "kmeans" },
  "k 4, n 1,024, prefixes": { k: 4, n: 1024, prefixes: PREFIXES },
  "k 8, n 768, prefixes and k-means": {
    ...{ k: 8, n: 768 },
    prefixes: [24, 96, 384, 768],
    start: "kmeans",
  },
};

/** What one SAE reaches, in the order of the columns. */
interface Reached {
  error: number;
  live: number;
  share: number;
  classes: number;
  edges: [judged: number, share: number][];
  /** Share of the edges that only co-occur. */
  idle: number;
}

const LEVELS = [0.2, 0.3];

/** Trains a variant with every seed and compares its latents and edges with the classes of the sample. */
async function measure(options: TrainOptions, { quick }: TaskContext): Promise<object> {
  const { index, embeddings } = await readSample("data/wordnet");
  const engine = await openEngine("cpu");
  const runs: { plain: Reached; across?: Reached }[] = [];
  for (const seed of quick ? SEEDS.slice(0, 1) : SEEDS) {
    const { sae } = await trainSae(embeddings, {
      ...COMMON,
      ...options,
      seed,
      ...(quick && { epochs: 1 }),
    });
    const codes = await encodeEmbeddings(sae, embeddings, { engine });
    const { normalized_mse: error, live } = await computeMetrics(sae, embeddings, {
      codes,
      engine,
    });
    const postings = invertCodes(codes, { skipZeros: true });
    const matches = matchLatents(postings, index);
    const good = matches.filter(({ f1 }) => f1 >= 0.5);
    const classes = new Set(good.map(({ classId }) => classId)).size;
    const reach = (prefixes?: readonly number[]): Reached => {
      const leading = prefixes !== undefined;
      const coactivation = computeCoactivation(codes, { skipZeros: true, leading });
      const threshold = leading ? acrossPrefixes : BY_COACTIVATION;
      const { forest } = extractFamilies(coactivation, { threshold, prefixes });
      const edges = LEVELS.map((threshold): [number, number] => {
        const found = edgeAgreement(forestPairs(forest), matches, index, { threshold });
        return [found.edges, found.share];
      });
      const { decoder, decoderBias: bias } = sae;
      const help = edgeHelp(forest, { codes, embeddings, decoder, bias });
      const idle = help.filter((value) => value <= 0).length / help.length;
      return { error, live, share: good.length / live, classes, edges, idle };
    };
    runs.push({ plain: reach(), ...(sae.prefixes && { across: reach(sae.prefixes) }) });
  }
  await engine.dispose();
  return { runs };
}

/** The cells of one row: mean (least to most) over the seeds. */
function describe(runs: readonly Reached[]): string[] {
  const cell = (of: (run: Reached) => number, digits: number): string => {
    const all = runs.map(of);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    return `${mean.toFixed(digits)} (${Math.min(...all).toFixed(digits)} to ${Math.max(...all).toFixed(digits)})`;
  };
  return [
    cell(({ error }) => error, 3),
    cell(({ live }) => live, 0),
    cell(({ share }) => 100 * share, 1),
    cell(({ classes }) => classes, 0),
    ...LEVELS.flatMap((_, level) => [
      cell(({ edges }) => edges[level][0], 0),
      cell(({ edges }) => edges[level][1], 3),
    ]),
    cell(({ idle }) => 100 * idle, 1),
  ];
}

export const nestedPart: Part = {
  name: "nested",
  title: "Prefixes and a start by k-means",
  onlyByName: true,
  tasks: Object.fromEntries(
    Object.values(VARIANTS).map((options, at) => [
      `variant${at}`,
      (context: TaskContext) => measure(options, context),
    ]),
  ),
  async run(bench): Promise<Section> {
    const rows: string[][] = [];
    for (const [at, name] of Object.keys(VARIANTS).entries()) {
      const { runs } = await bench.task<{ runs: { plain: Reached; across?: Reached }[] }>(
        `variant${at}`,
      );
      rows.push([name, ...describe(runs.map(({ plain }) => plain))]);
      const across = runs.flatMap((run) => run.across ?? []);
      if (across.length > 0) rows.push([`— families across prefixes`, ...describe(across)]);
    }
    return {
      body: `The sample's ${COMMON.epochs} passes with batches of ${COMMON.batch} at lr ${COMMON.lr}, seeds 0 to 3: mean (least to most). "F1 ≥ 0.5" is the share of live latents, in
percent, whose best class reaches that, "classes" how many classes that are; "agree" the share of judged edges of the forest (${BY_COACTIVATION} or more, across prefixes ${acrossPrefixes}) whose parent's class lies above the child's or is the same; "co-occur" the share of edges, in percent,
whose child helps no more to reconstruct what its parent leaves than the documents' other latents do. Families are by co-activation unless they are across prefixes, where a parent is in an earlier prefix than its child and leads its documents.
Prefixes are a thirty-second, an eighth, a half and all of n.

${markdownTable(["SAE", "normalised MSE", "live", "F1 ≥ 0.5, %", "classes", "judged, F1 > 0.2", "agree", "judged, F1 > 0.3", "agree", "co-occur, %"], rows)}`,
    };
  },
};
