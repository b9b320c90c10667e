import { totalmem } from "node:os";
import { type MatrixFile, readMatrix } from "../../files/matrix.js";
import type { Encoder, Engine } from "../../engine/engine.js";
import { keepDone } from "../../core/once.js";
import type { OnProgress } from "../../core/progress.js";
import type { Sae } from "../../sae/sae.js";
import type { SteeringEdit } from "../../search/edits.js";
import type { Explanation, ExplanationBase } from "../../search/explain.js";
import { compareRankings, explainScore } from "../../search/explain.js";
import type { Hit, SearchQuery } from "../../search/scan/search-rows.js";
import { searchRowsTogether } from "../../search/scan/search-rows.js";
import { type RowStore, openRows } from "../../search/scan/row-store.js";
import { openSearchIndex } from "../../search/scan/search-index.js";
import { type SteeredQuery, type SteeringMethod, steerQuery } from "../../search/steer.js";
import type { AtlasStore } from "../store.js";
import { type NameVectors, createNameVectors } from "./name-vectors.js";

/** What a steered search found. */
export interface DocumentHits {
  hits: Hit[];
  /** Rank of each hit without the edits, from 1; undefined below the first 1,000. */
  before: (number | undefined)[];
  /** Of as many results without the edits, those that are no longer there, by their rank. */
  left: { row: number; before: number }[];
  /** Undefined without edits. */
  steered?: SteeredQuery;
}

/** How an atlas is searched. */
export interface DocumentSearchOptions {
  /** Results. Default 10. */
  count?: number;
  edits?: readonly SteeringEdit[];
  /** Default "residual". */
  method?: SteeringMethod;
  /** Rows that may be found. Default all. */
  accept?: (row: number) => boolean;
}

/** An atlas's documents, opened for searches. */
export interface DocumentSearch {
  /** Documents. */
  readonly rows: number;
  /** Width of the embeddings. */
  readonly cols: number;
  /** Labels by latent, empty where there is none. */
  readonly labels: readonly string[];
  search(query: ArrayLike<number>, options?: DocumentSearchOptions): Promise<DocumentHits>;
  /** The query after edits. */
  steer(
    query: ArrayLike<number>,
    edits: readonly SteeringEdit[],
    method?: SteeringMethod,
  ): Promise<SteeredQuery>;
  /** The score of document `row` as a sum, relative to the corpus's mean document by default; see explainScore. */
  explain(query: ArrayLike<number>, row: number, from?: ExplanationBase): Promise<Explanation>;
  /** Vectors of names, kept in the atlas's folder for the next call. */
  readonly nameVectors: NameVectors;
  /** Frees the encoder, the embeddings and their threads; the atlas stays open. */
  close(): Promise<void>;
}

/** What an atlas is opened for. */
export interface OpenSearchOptions {
  /**
   * Whether one search is all that is wanted: it then reads the embeddings' file as it goes, or the index that is kept of a large one.
   * Default false: they are made ready for many searches, in memory where they fill less than half of it.
   */
  once?: boolean;
  /** Bytes of embeddings from which they stay on disk, with an index of each shard in the atlas's folder. Default 1 GiB. */
  mostInMemory?: number;
  /** Called while the embeddings are made ready, with step "index". */
  onProgress?: OnProgress;
  /** Stops that. */
  signal?: AbortSignal;
}

/** Larger embeddings stay on disk, of which a search reads the few rows that its index cannot exclude. */
const MOST_IN_MEMORY = 2 ** 30;

/** How deep ranks without the edits are looked for. */
export const RANKS_BEFORE = 1000;

/** An atlas's searches: those on an index of the embeddings, and those that read the file as they go. */
export interface DocumentSearches {
  /** The index where there is one or `once` is false, else a search that reads the file as it goes. */
  open(once: boolean): Promise<DocumentSearch>;
  close(): Promise<void>;
}

/** Searches that are opened when they are first asked for, and kept; what failed is tried again at the next call. */
export function documentSearches(
  data: AtlasStore,
  options: Omit<OpenSearchOptions, "once"> = {},
): DocumentSearches {
  const opened = new Map<boolean, Promise<DocumentSearch>>();
  return {
    open(isOnly) {
      const open = (): Promise<DocumentSearch> =>
        openDocumentSearch(data, { ...options, once: isOnly });
      return opened.get(false) ?? keepDone(opened, isOnly, open);
    },
    async close() {
      const searches = [...opened.values()];
      opened.clear();
      for (const search of searches) await (await search.catch(() => undefined))?.close();
    },
  };
}

/** Opens an atlas's documents for searches; its codes and the encoder are only opened for the first need of them. */
export async function openDocumentSearch(
  data: AtlasStore,
  options: OpenSearchOptions = {},
): Promise<DocumentSearch> {
  const [sae, records] = [await data.sae(), await data.labels()];
  const keep = data.file("searchIndex");
  const embeddings = await openEmbeddings(await data.embeddingsFile(), keep, options);
  const labels = Array.from({ length: sae.n }, (_, latent) => records.get(latent)?.text ?? "");
  let opened: Promise<Encoder> | undefined;
  const model = async (): Promise<{ engine: Engine; sae: Sae; encoder: Encoder }> => {
    const engine = await data.engine();
    return { engine, sae, encoder: await (opened ??= engine.createEncoder(sae)) };
  };
  const steer: DocumentSearch["steer"] = async (query, edits, method) => {
    const typical = await data.typical();
    const directions = method === "documents" ? await data.directions() : undefined;
    return steerQuery({ ...(await model()), typical, directions }, query, edits, method);
  };
  const rankBefore = rememberRanking(embeddings);
  return {
    rows: embeddings.store.rows,
    cols: embeddings.store.cols,
    labels,
    async search(query, { count = 10, edits = [], method, accept } = {}) {
      if (edits.length === 0) {
        const [hits] = await embeddings.search([{ query, count }], accept);
        return { hits, before: hits.map((_, i) => i + 1), left: [] };
      }
      const steered = await steer(query, edits, method);
      const before = { query, count: Math.max(count, RANKS_BEFORE) };
      const [plain, hits] = await rankBefore(before, { query: steered.query, count }, accept);
      const ranks = new Map(plain.map(({ row }, i) => [row, i + 1]));
      const left = compareRankings(plain.slice(0, count), hits).flatMap(({ row, before, after }) =>
        before !== undefined && after === undefined ? [{ row, before }] : [],
      );
      return { hits, before: hits.map(({ row }) => ranks.get(row)), left, steered };
    },
    steer,
    async explain(query, row, from = "mean") {
      const document = await embeddings.store.read(row, row + 1);
      const mean = from === "mean" ? await data.meanDocument() : undefined;
      return explainScore(await model(), query, document.data, { mean });
    },
    nameVectors: createNameVectors(data.file("nameVectors")),
    async close() {
      await embeddings.close();
      await (await opened?.catch(() => undefined))?.dispose();
    },
  };
}

/**
 * Finds the ranking before and after edits in one pass. That before, the longer one, is kept: it stays the same while a
 * slider moves. Not with `accept`, which may answer otherwise the next time.
 */
function rememberRanking(
  embeddings: Embeddings,
): (before: SearchQuery, after: SearchQuery, accept?: Accept) => Promise<Hit[][]> {
  let kept: { before: SearchQuery; hits: Hit[] } | undefined;
  return async (before, after, accept) => {
    if (accept === undefined && kept !== undefined && isSame(kept.before, before)) {
      return [kept.hits, ...(await embeddings.search([after]))];
    }
    const [plain, hits] = await embeddings.search([before, after], accept);
    if (accept === undefined) {
      kept = { before: { ...before, query: Float64Array.from(before.query) }, hits: plain };
    }
    return [plain, hits];
  };
}

function isSame(a: SearchQuery, b: SearchQuery): boolean {
  return a.count === b.count && Array.from(a.query).every((value, j) => value === b.query[j]);
}

type Accept = (row: number) => boolean;

interface Embeddings {
  store: RowStore;
  search(queries: readonly SearchQuery[], accept?: Accept): Promise<Hit[][]>;
  close(): Promise<void>;
}

async function openEmbeddings(
  file: MatrixFile,
  keep: string,
  { once = false, mostInMemory = MOST_IN_MEMORY, onProgress, signal }: OpenSearchOptions,
): Promise<Embeddings> {
  const onDisk = await openRows(file);
  const fits = 4 * onDisk.rows * onDisk.cols < Math.min(mostInMemory, totalmem() / 2);
  if (once && fits) {
    return {
      store: onDisk,
      search: (queries, accept) => searchRowsTogether(file, queries, { accept }),
      close: () => onDisk.close(),
    };
  }
  try {
    const base = fits ? await readMatrix(file) : file;
    const mostHeld = once ? 0 : undefined;
    const index = await openSearchIndex(base, { keep, mostHeld, onProgress, signal });
    return {
      store: base === file ? onDisk : await openRows(base),
      search: (queries, accept) => index.searchTogether(queries, { accept }),
      async close() {
        await index.close();
        await onDisk.close();
      },
    };
  } catch (error) {
    await onDisk.close();
    throw error;
  }
}
