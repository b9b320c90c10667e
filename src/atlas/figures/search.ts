import { compact } from "../../core/collections.js";
import { topDocuments } from "../../core/codes.js";
import { postingsOf } from "../../core/postings.js";
import { slopes } from "../../figures/charts/slopes.js";
import { waterfall } from "../../figures/charts/waterfall.js";
import { CATEGORIES, RULE } from "../../figures/theme/palette.js";
import { readRows } from "../../sae/embedding-source.js";
import { type DocumentSearch, openDocumentSearch } from "../search/document-search.js";
import type { AtlasStore } from "../store.js";
import { type FigureEntry, type ReadOptions, Undrawn, figure, inGroup } from "./entry.js";
import { labeller } from "./reading.js";
import { FAMILIES, PLAIN_TOP_K } from "./requirements.js";
import type { FigureSources } from "./sources.js";
import { STEERING_FIGURES } from "./steering.js";

/** Strengths of the example's edit, in typical values: the first that reaches half of the results is taken. */
const STRENGTHS: readonly number[] = [1, 2, 3, 5];
const RESULTS = 8;
/** Latents of an explanation with a bar of their own. */
const BARS = 8;

/** Figures of search and steering. */
export const SEARCH_FIGURES: readonly FigureEntry[] = inGroup("search", [
  figure({
    name: "steering-before-after",
    shows: "results of one search without and with an edit",
    requires: [FAMILIES, PLAIN_TOP_K],
    from: "search",
    read: (sources, { search }) => (search ? givenSteering(search) : exampleSteering(sources)),
    title: ({ query }) => `Steering “${query}”`,
    draw: ({ edits, cosine, before, after, ranksBefore }, options) => {
      const items = (list: readonly Result[]): { key: number; label: string }[] =>
        list.map(({ row, title }) => ({ key: row, label: title }));
      return slopes({
        ...options,
        ...{ before: items(before), after: items(after), ranksBefore },
        heads: ["without edits", "with edits"],
        notes: [...edits, `cosine to the query without edits ${cosine.toFixed(2)}`],
      });
    },
  }),
  figure({
    name: "explanation-bars",
    shows: "one result's score as a sum over latents",
    requires: [FAMILIES, PLAIN_TOP_K],
    from: "search",
    read: (sources, { search }) =>
      search ? givenExplanation(search) : exampleExplanation(sources),
    title: ({ query, result }) => `Why “${result}” answers “${query}”`,
    draw: ({ latents, labels, mean, others: silent, bias, residual, score }, options) => {
      const bar = (
        name: string,
        value: number,
      ): { name: string; value: number; colour: string } => ({
        ...{ name, value, colour: value < 0 ? CATEGORIES[1] : CATEGORIES[0] },
      });
      const others = latents.slice(BARS);
      const rest = others.reduce((all, { contribution }) => all + contribution, 0);
      return waterfall({
        ...options,
        bars: compact([
          mean !== 0 && { name: "in common with the mean document", value: mean, colour: RULE },
          ...latents
            .slice(0, BARS)
            .map(({ latent, contribution }, i) =>
              bar(labels[i] || `latent ${latent}`, contribution),
            ),
          others.length > 0 && bar(`${others.length} other latents`, rest),
          mean !== 0 && bar("latents the query lacks", silent),
          // Relative to the mean document the bias is 0, or next to it.
          Math.abs(bias) >= 5e-4 && { name: "bias", value: bias, colour: RULE },
          { name: "not reconstructed", value: residual, colour: RULE },
        ]),
        total: { name: "score", value: score },
        x: "cosine, summed from the top",
      });
    },
  }),
  ...STEERING_FIGURES,
]);

type Search = NonNullable<ReadOptions["search"]>;
type Explained = Pick<
  NonNullable<Search["hits"][number]["explanation"]>,
  "latents" | "labels" | "mean" | "others" | "bias" | "residual" | "score"
> & { query: string; result: string };

interface Result {
  row: number;
  title: string;
}

/** Results of one query without and with edits, best first. */
interface Steered {
  query: string;
  edits: string[];
  /** Of the steered query to the original. */
  cosine: number;
  before: readonly Result[];
  after: readonly Result[];
  /** Ranks without the edits, from 1, by row. */
  ranksBefore: ReadonlyMap<number, number>;
}

/** Results of a steered search, beside those that it would have had without its edits. */
function givenSteering(search: Search): Promise<Steered | Undrawn> {
  const { text: query = "the query", hits: after, left = [], cosine } = search;
  if (cosine === undefined) return Promise.resolve(new Undrawn("the search has no edits"));
  const ranked = after.flatMap(({ row, title, before }) =>
    before === undefined ? [] : [{ row, title, before }],
  );
  const before = [...ranked.filter((hit) => hit.before <= after.length), ...left];
  return Promise.resolve({
    ...{ query, edits: search.edits.map(({ name }) => name), cosine, after },
    before: before.sort((a, b) => a.before - b.before),
    ranksBefore: new Map(ranked.map((hit) => [hit.row, hit.before])),
  });
}

/** Why the first result of a search has its score. */
function givenExplanation({ text, hits: [hit] }: Search): Promise<Explained | Undrawn> {
  if (hit?.explanation === undefined) {
    const reason = "the search was not explained: pass explain: true to it";
    return Promise.resolve(new Undrawn(reason));
  }
  return Promise.resolve({ ...hit.explanation, query: text ?? "the query", result: hit.title });
}

function exampleSteering(sources: FigureSources): Promise<Steered | Undrawn> {
  return withExample(sources, async ({ atlas, search, row, query, title, towards }) => {
    const accept = (other: number): boolean => other !== row;
    const plain = await search.search(query, { count: RESULTS, accept });
    const wanted = new Set(postingsOf(await atlas.postings(), towards).rows);
    let strength = 0;
    let steered = plain;
    for (const next of STRENGTHS) {
      const edits = [{ latents: [towards], kind: "up" as const, strength: (strength = next) }];
      steered = await search.search(query, { count: RESULTS, accept, edits });
      if (2 * steered.hits.filter((hit) => wanted.has(hit.row)).length >= RESULTS) break;
    }
    const documents = await atlas.documents();
    const titled = (hits: readonly { row: number }[]): Result[] =>
      hits.map((hit) => ({ row: hit.row, title: documents[hit.row].title }));
    const ranks = steered.hits.flatMap((hit, at): [number, number][] => {
      const rank = steered.before[at];
      return rank === undefined ? [] : [[hit.row, rank]];
    });
    const label = (await labeller(atlas))(towards);
    return {
      query: title,
      edits: [`more of latent ${towards} (${label}) × ${strength}`],
      cosine: steered.steered?.cosine ?? NaN,
      ...{ before: titled(plain.hits), after: titled(steered.hits), ranksBefore: new Map(ranks) },
    };
  });
}

function exampleExplanation(sources: FigureSources): Promise<Explained | Undrawn> {
  return withExample(sources, async ({ atlas, search, row, query, title }) => {
    const { hits } = await search.search(query, { count: 1, accept: (other) => other !== row });
    const explanation = await search.explain(query, hits[0].row);
    const label = await labeller(atlas);
    const labels = explanation.latents.map(({ latent }) => label(latent));
    const result = (await atlas.documents())[hits[0].row].title;
    return { ...explanation, labels, query: title, result };
  });
}

// One search as an example: the strongest document of a family's parent, turned towards a member that it lacks.
interface Example {
  atlas: AtlasStore;
  search: DocumentSearch;
  row: number;
  query: Float32Array;
  title: string;
  towards: number;
}

async function withExample<T>(
  { atlas }: FigureSources,
  read: (example: Example) => Promise<T>,
): Promise<T | Undrawn> {
  const chosen = await chooseExample(atlas);
  if (chosen === undefined) {
    return new Undrawn(
      "needs a family with a member that is inactive in its parent's strongest document",
    );
  }
  const search = await openDocumentSearch(atlas);
  try {
    const query = await embeddingOf(atlas, chosen.row);
    const { title } = (await atlas.documents())[chosen.row];
    return await read({ atlas, search, query, title, ...chosen });
  } finally {
    await search.close();
  }
}

/**
 * A document and a latent whose rise leads to results that make sense: a family's strongest document and a member that is
 * silent in it. Of all such pairs, those first that have enough documents in common to fill the results, then the one whose
 * documents have the highest cosine to those of the family's parent.
 */
async function chooseExample(
  atlas: AtlasStore,
): Promise<Pick<Example, "row" | "towards"> | undefined> {
  const postings = await atlas.postings();
  let best: (Pick<Example, "row" | "towards"> & { fills: boolean; cosine: number }) | undefined;
  for (const { parent, members } of await atlas.families()) {
    const [{ document: row }] = topDocuments(postings, parent, 1);
    const active = new Set(postingsOf(postings, parent).rows);
    for (const { latent: towards } of members) {
      const { rows } = postingsOf(postings, towards);
      const both = rows.filter((one) => active.has(one)).length;
      if (both === 0 || rows.includes(row)) continue;
      const fills = both >= RESULTS;
      const cosine = both / Math.sqrt(active.size * rows.length);
      const isBetter = fills === best?.fills ? cosine > best.cosine : fills || !best;
      if (isBetter) best = { row, towards, fills, cosine };
    }
  }
  return best;
}

async function embeddingOf(atlas: AtlasStore, row: number): Promise<Float32Array> {
  const { data } = await readRows(await atlas.embeddingsFile(), row, row + 1);
  return data;
}
