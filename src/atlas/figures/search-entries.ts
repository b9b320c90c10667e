import { topDocuments } from "../../core/codes.js";
import { streamNpyRows } from "../../files/numpy/npy.js";
import { drawExplanationBars } from "../../figures/charts/explanation-bars.js";
import type { Figure } from "../../figures/figure.js";
import { drawIterativeOptimisation } from "../../figures/charts/iterative-optimisation.js";
import { drawSteeringBeforeAfter } from "../../figures/charts/steering-before-after.js";
import { drawSteeringContour } from "../../figures/charts/steering-contour.js";
import { drawSteeringTradeoff } from "../../figures/charts/steering-tradeoff.js";
import { matrixRow } from "../../core/matrix.js";
import { type EditOptimisation, optimiseEdits } from "../../search/study/edit-optimisation.js";
import type { AtlasStore } from "../store.js";
import type { SteeringReport } from "../steering-report.js";
import { type DocumentSearch, openDocumentSearch } from "../document-search.js";
import { chooseDisjoint, labeller } from "./atlas-entries.js";
import type { AtlasFigureOptions, FigureEntry, Undrawn } from "./entry.js";
import { FAMILIES, PLAIN_TOP_K, STEERING } from "./requirements.js";
import { liveTypical } from "./sae-entries.js";
import { type FigureSources, type NamedSae, sizesName } from "./sources.js";

/** Documents whose codes are edited and read back. */
const EDITED_DOCUMENTS = 512;
/** Strength of the example's edit, in typical values. */
const STRENGTH = 5;
const RESULTS = 8;

/** Figures of search and steering. */
export const SEARCH_ENTRIES: readonly FigureEntry[] = [
  {
    name: "steering-tradeoff",
    group: "search",
    shows: "what steering brings by its cosine to the query",
    paper: "accuracy_vs_cosine_similarity",
    requires: [STEERING],
    draw: (sources, options) =>
      withReport(sources, (report) => drawSteeringTradeoff(report, options)),
  },
  {
    name: "steering-contour",
    group: "search",
    shows: "cosine to the query by both strengths",
    paper: "cosine_similarity_contour_direct",
    requires: [STEERING],
    draw: (sources, options) =>
      withReport(sources, ({ cells }) => drawSteeringContour(cells, options)),
  },
  {
    name: "steering-before-after",
    group: "search",
    shows: "one search without and with an edit",
    requires: [FAMILIES, PLAIN_TOP_K],
    draw: (sources, options) => withExample(sources, (example) => drawChange(example, options)),
  },
  {
    name: "explanation-bars",
    group: "search",
    shows: "one result's score as a sum over latents",
    requires: [FAMILIES, PLAIN_TOP_K],
    draw: (sources, options) => withExample(sources, (example) => drawReasons(example, options)),
  },
  {
    name: "iterative-optimisation",
    group: "search",
    shows: "how near an input's code comes to an edited one, by step",
    paper: "iterative_optimisation, iterative_optimisation_active_to_zero",
    requires: [PLAIN_TOP_K],
    draw: async (sources, options) =>
      drawIterativeOptimisation(await ownOptimisation(sources), options),
  },
];

async function withReport(
  { atlas }: FigureSources,
  draw: (report: SteeringReport) => Figure,
): Promise<Figure | Undrawn> {
  const report = await atlas.steering();
  return report ? draw(report) : { reason: STEERING.needs };
}

/** Edits read back step by step, of the atlas's SAE or of the headline ones. */
export async function ownOptimisation(
  sources: FigureSources,
): Promise<({ name: string } & EditOptimisation)[]> {
  const { atlas } = sources;
  const embeddings = await sources.sampleEmbeddings(EDITED_DOCUMENTS);
  const own: Pick<NamedSae, "name" | "sae" | "postings">[] =
    sources.compares === "grid"
      ? [...(await sources.headline())]
      : [
          {
            name: sizesName(await atlas.sae()),
            sae: await atlas.sae(),
            postings: () => atlas.postings(),
          },
        ];
  const series = [];
  for (const { name, sae, postings } of own) {
    const typical = liveTypical(await postings());
    const read = await optimiseEdits(sae, embeddings, await atlas.engine(), { typical });
    series.push({ name, ...read });
  }
  return series;
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

async function drawChange(
  { atlas, search, row, query, title, towards }: Example,
  options: AtlasFigureOptions,
): Promise<Figure> {
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
}

async function drawReasons(
  { atlas, search, row, query, title }: Example,
  options: AtlasFigureOptions,
): Promise<Figure> {
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
}
