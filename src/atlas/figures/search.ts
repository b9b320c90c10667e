import { type Postings, topDocuments } from "../../core/codes.js";
import { matrixRow } from "../../core/matrix.js";
import { streamNpyRows } from "../../files/numpy/npy.js";
import { drawExplanationBars } from "../../figures/search.js";
import { drawSteeringBeforeAfter } from "../../figures/search.js";
import { drawSteeringContour } from "../../figures/search.js";
import type { Figure, FigureOptions } from "../../figures/figure.js";
import {
  type OptimisationSeries,
  drawIterativeOptimisation,
  drawReadBackError,
  drawSteeringTradeoff,
} from "../../figures/search.js";
import { typicalActivations } from "../../search/steer.js";
import { optimiseEdits } from "../../search/study/edit-optimisation.js";
import { type DocumentSearch, openDocumentSearch } from "../search/document-search.js";
import type { AtlasStore } from "../store.js";
import { type AtlasFigureOptions, type FigureEntry, type Undrawn, inGroup } from "./entry.js";
import { PAPER_OPTIMISATION, PAPER_STEERING_LINES } from "./paper.js";
import { chooseDisjoint, labeller } from "./reading.js";
import { FAMILIES, PLAIN_TOP_K, STEERING } from "./requirements.js";
import { type FigureSources, type NamedSae, sizesName } from "./sources.js";

/** Documents whose codes are edited and read back: step by step, and at once for each number of edits. */
const EDITED_DOCUMENTS = 512;
const READ_BACK_DOCUMENTS = 1024;
/** Latents turned on at once, as in the paper. */
const EDITS: readonly number[] = [1, 2, 4, 8, 16, 32, 64];
/** Strength of the example's edit, in typical values. */
const STRENGTH = 5;
const RESULTS = 8;

/** Figures of search and steering. */
export const SEARCH_FIGURES: readonly FigureEntry[] = inGroup("search", [
  {
    name: "steering-tradeoff",
    shows: "what steering achieves, by how far it moves the query",
    paper: "accuracy_vs_cosine_similarity",
    overlay: "alone",
    requires: [STEERING],
    draw: async ({ atlas }, { paper, ...options }) => {
      const report = (await atlas.steering()) ?? { curves: [] };
      const overlay = paper ? { ...options, references: PAPER_STEERING_LINES } : options;
      return drawSteeringTradeoff(report, overlay);
    },
  },
  {
    name: "steering-contour",
    shows: "cosine to the original query, by both strengths",
    paper: "cosine_similarity_contour_direct",
    requires: [STEERING],
    draw: async ({ atlas }, options) => {
      const report = await atlas.steering();
      return report ? drawSteeringContour(report.cells, options) : { reason: STEERING.needs };
    },
  },
  {
    name: "steering-before-after",
    shows: "results of one search without and with an edit",
    requires: [FAMILIES, PLAIN_TOP_K],
    from: "search",
    draw: (sources, { search: given, ...options }) => {
      if (given !== undefined) return drawGivenSteering(given, options);
      return withExample(sources, async ({ atlas, search, row, query, title, towards }) => {
        const accept = (other: number): boolean => other !== row;
        const edits = [{ latents: [towards], kind: "up" as const, strength: STRENGTH }];
        const plain = await search.search(query, { count: RESULTS, accept });
        const steered = await search.search(query, { count: RESULTS, accept, edits });
        const documents = await atlas.documents();
        const titled = (hits: readonly { row: number }[]): { row: number; title: string }[] =>
          hits.map((hit) => ({ row: hit.row, title: documents[hit.row].title }));
        const ranks = steered.hits.flatMap((hit, at): [number, number][] => {
          const rank = steered.before[at];
          return rank === undefined ? [] : [[hit.row, rank]];
        });
        const label = await labeller(atlas);
        return drawSteeringBeforeAfter(
          {
            query: title,
            edits: [`more of latent ${towards} (${label(towards)}) × ${STRENGTH}`],
            before: titled(plain.hits),
            after: titled(steered.hits),
            ranksBefore: new Map(ranks),
            cosine: steered.steered?.cosine,
          },
          options,
        );
      });
    },
  },
  {
    name: "explanation-bars",
    shows: "one result's score as a sum over latents",
    requires: [FAMILIES, PLAIN_TOP_K],
    from: "search",
    draw: (sources, { search: given, ...options }) => {
      if (given !== undefined) return drawGivenExplanation(given, options);
      return withExample(sources, async ({ atlas, search, row, query, title }) => {
        const { hits } = await search.search(query, { count: 1, accept: (other) => other !== row });
        const explanation = await search.explain(query, hits[0].row);
        const label = await labeller(atlas);
        return drawExplanationBars(
          {
            explanation,
            labels: explanation.latents.map(({ latent }) => label(latent)),
            query: title,
            result: (await atlas.documents())[hits[0].row].title,
          },
          options,
        );
      });
    },
  },
  {
    name: "iterative-optimisation",
    shows: "how near an input's code comes to an edited one, by step",
    paper: "iterative_optimisation, iterative_optimisation_active_to_zero",
    overlay: "beside",
    requires: [PLAIN_TOP_K],
    draw: async (sources, { paper, ...options }) => {
      const series = await ownOptimisation(sources);
      return drawIterativeOptimisation(
        series,
        paper ? { ...options, references: PAPER_OPTIMISATION } : options,
      );
    },
  },
  {
    name: "read-back-error",
    shows: "error of reading back a code with 1 to 64 latents turned on",
    paper: "mse_vs_a_zero_to_active",
    requires: [PLAIN_TOP_K],
    draw: async (sources, options) => drawReadBackError(await readBackAtlas(sources), options),
  },
]);

/** Edits read back step by step, of the atlas's SAE or of the headline ones. */
async function ownOptimisation(sources: FigureSources): Promise<OptimisationSeries[]> {
  const { atlas } = sources;
  const embeddings = await sources.sampleEmbeddings(EDITED_DOCUMENTS);
  const sae = await atlas.sae();
  const own: readonly Pick<NamedSae, "name" | "sae" | "postings">[] =
    sources.compares === "grid"
      ? await sources.headline()
      : [{ name: sizesName(sae), sae, postings: () => atlas.postings() }];
  const series = [];
  for (const one of own) {
    const typical = liveTypical(await one.postings());
    const read = await optimiseEdits(one.sae, embeddings, await atlas.engine(), { typical });
    series.push({ name: one.name, ...read });
  }
  return series;
}

/** Error of the code that comes back, without any optimisation, by the number of latents turned on. */
async function readBackAtlas(
  sources: FigureSources,
): Promise<{ counts: number[]; errors: number[] }> {
  const { atlas } = sources;
  const sae = await atlas.sae();
  const embeddings = await sources.sampleEmbeddings(READ_BACK_DOCUMENTS);
  const typical = liveTypical(await atlas.postings());
  const live = typical.filter((value) => value > 0).length;
  const counts = EDITS.filter((count) => count <= live - sae.k);
  const errors: number[] = [];
  for (const edits of counts) {
    const options = { typical, edits, steps: 1 };
    const read = await optimiseEdits(sae, embeddings, await atlas.engine(), options);
    errors.push(read.zeroToActive[0]);
  }
  return { counts, errors };
}

/** Typical active value of each latent [n]; 0 for a dead one, which is never read back. */
function liveTypical(postings: Postings): Float64Array {
  return typicalActivations(postings).map((value, latent) =>
    postings.offsets[latent] < postings.offsets[latent + 1] ? value : 0,
  );
}

type Search = NonNullable<AtlasFigureOptions["search"]>;

/** Results of a steered search, beside those that it would have had without its edits. */
function drawGivenSteering(
  { text, edits, hits, left = [], cosine }: Search,
  options: FigureOptions,
): Promise<Figure | Undrawn> {
  if (cosine === undefined) return Promise.resolve({ reason: "the search has no edits" });
  const ranked = hits.flatMap(({ row, title, before }) =>
    before === undefined ? [] : [{ row, title, before }],
  );
  const before = [...ranked.filter((hit) => hit.before <= hits.length), ...left];
  const input = {
    query: text ?? "the query",
    edits: edits.map(({ name }) => name),
    before: before.sort((a, b) => a.before - b.before),
    after: hits,
    ranksBefore: new Map(ranked.map((hit) => [hit.row, hit.before])),
    cosine,
  };
  return Promise.resolve(drawSteeringBeforeAfter(input, options));
}

/** Why the first result of a search has its score. */
function drawGivenExplanation(
  { text, hits: [hit] }: Search,
  options: FigureOptions,
): Promise<Figure | Undrawn> {
  if (hit?.explanation === undefined) {
    return Promise.resolve({ reason: "the search was not explained: give it explain: true" });
  }
  const { explanation, title } = hit;
  const labels = explanation.labels.map((label, at) =>
    label === "" ? `latent ${explanation.latents[at].latent}` : label,
  );
  const input = { explanation, labels, query: text ?? "the query", result: title };
  return Promise.resolve(drawExplanationBars(input, options));
}

// One search as an example: the strongest document of a large family's parent, turned towards another family.
interface Example {
  atlas: AtlasStore;
  search: DocumentSearch;
  row: number;
  query: Float32Array;
  title: string;
  towards: number;
}

async function withExample(
  { atlas }: FigureSources,
  draw: (example: Example) => Promise<Figure>,
): Promise<Figure | Undrawn> {
  const [from, to] = chooseDisjoint(await atlas.families());
  if (to === undefined) return { reason: "needs two families without a latent in common" };
  const [{ document: row }] = topDocuments(await atlas.postings(), from.parent, 1);
  const search = await openDocumentSearch(atlas);
  try {
    const query = await embeddingOf(atlas, row);
    const { title } = (await atlas.documents())[row];
    return await draw({ atlas, search, row, query, title, towards: to.parent });
  } finally {
    await search.close();
  }
}

async function embeddingOf(
  { paths: { embeddings } }: AtlasStore,
  row: number,
): Promise<Float32Array> {
  for await (const { block } of streamNpyRows(embeddings, { start: row, end: row + 1 })) {
    return matrixRow(block, 0);
  }
  throw new RangeError(`figures: ${embeddings} has no row ${row}`);
}
