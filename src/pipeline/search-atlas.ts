import type { Embedder } from "../data/embedder.js";
import { readNpyMatrix } from "../data/npy.js";
import { type Matrix, matrixRow } from "../matrix.js";
import { type Explanation, explainScore } from "../search/explain.js";
import { searchLabels } from "../search/labels.js";
import { type Hit, searchRows } from "../search/nearest.js";
import {
  type SteeredQuery,
  type SteeringEdit,
  type SteeringMethod,
  steerQuery,
  typicalActivations,
} from "../search/steer.js";
import type { AtlasData } from "./context.js";

/** What a steered search found. */
export interface AtlasResults {
  hits: Hit[];
  /** Rank of each hit without the edits, from 1; undefined below the first 1,000. */
  before: (number | undefined)[];
  /** Undefined without edits. */
  steered?: SteeredQuery;
}

/** How an atlas is searched. */
export interface AtlasSearchOptions {
  /** Results. Default 10. */
  count?: number;
  edits?: readonly SteeringEdit[];
  /** Default "residual". */
  method?: SteeringMethod;
  /** Rows that may be found. Default all. */
  accept?: (row: number) => boolean;
}

/** An atlas's documents, opened for many searches: the embeddings stay in RAM, the encoder stays open. */
export interface AtlasSearch {
  readonly embeddings: Matrix;
  /** Labels by latent, empty where there is none. */
  readonly labels: readonly string[];
  search(query: ArrayLike<number>, options?: AtlasSearchOptions): Promise<AtlasResults>;
  /** The score of document `row` as a sum; see explainScore. */
  explain(query: ArrayLike<number>, row: number): Promise<Explanation>;
  /** Places in `names` by their words and, with an embedder, behind those by meaning; a place comes once. */
  findNames(names: readonly string[], text: string, embedder?: Embedder): Promise<FoundName[]>;
  /** Frees the encoder; the atlas stays open. */
  close(): Promise<void>;
}

/** A name that was found: by its words, or by its cosine to the text. */
export interface FoundName {
  index: number;
  by: "words" | "meaning";
  score?: number;
}

const RANKS_BEFORE = 1000;
const NAMES_FOUND = 20;

/** Opens an atlas's documents for searches; its codes are only read for the first edit. */
export async function openAtlasSearch(data: AtlasData): Promise<AtlasSearch> {
  const embeddings = await readNpyMatrix(data.embeddings);
  const [sae, engine, records] = [await data.sae(), await data.engine(), await data.labels()];
  const encoder = await engine.createEncoder(sae);
  const labels = Array.from({ length: sae.n }, (_, latent) => records.get(latent)?.label ?? "");
  let typical: Float64Array | undefined;
  return {
    embeddings,
    labels,
    async search(query, { count = 10, edits = [], method, accept } = {}) {
      const plain = await searchRows(embeddings, query, Math.max(count, RANKS_BEFORE), { accept });
      const ranks = new Map(plain.map(({ row }, i) => [row, i + 1]));
      let steered: SteeredQuery | undefined;
      let hits = plain.slice(0, count);
      if (edits.length > 0) {
        typical ??= typicalActivations(await data.postings());
        steered = await steerQuery({ engine, sae, typical, encoder }, query, edits, method);
        hits = await searchRows(embeddings, steered.query, count, { accept });
      }
      return { hits, before: hits.map(({ row }) => ranks.get(row)), steered };
    },
    explain: (query, row) =>
      explainScore({ engine, sae, encoder }, query, matrixRow(embeddings, row)),
    findNames,
    close: () => encoder.dispose(),
  };
}

async function findNames(
  names: readonly string[],
  text: string,
  embedder?: Embedder,
): Promise<FoundName[]> {
  const byWords = searchLabels(names, text).map(({ index }) => index);
  const found: FoundName[] = byWords.map((index) => ({ index, by: "words" }));
  if (!embedder) return found;
  const places = names.flatMap((name, index) => (name.trim() === "" ? [] : [index]));
  if (places.length === 0) return found;
  const rows = await embedder.embed(places.map((index) => names[index]));
  const query = matrixRow(await embedder.embed([text]), 0);
  const near = await searchRows(rows, query, NAMES_FOUND + byWords.length);
  const known = new Set(byWords);
  for (const { row, score } of near) {
    if (!known.has(places[row])) found.push({ index: places[row], by: "meaning", score });
  }
  return found;
}
