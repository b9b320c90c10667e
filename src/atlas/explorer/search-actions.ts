import { ArgumentError } from "../../core/errors.js";
import { type Matrix, createMatrix, dot, matrixRow } from "../../core/matrix.js";
import type {
  ColumnFilter,
  DocumentColumns,
  ExplorerActions,
  SearchRequest,
} from "../../explorer/format.js";
import { decodeCodes } from "../../sae/sae.js";
import { openRows } from "../../search/scan/row-store.js";
import type { Atlas } from "../atlas.js";

/** Queries whose embeddings and codes are kept, since a slider asks for the same one again and again. */
const KEPT = 20;

interface EncodedQuery {
  vector: Float32Array;
  latents: { latent: number; activation: number }[];
}

/** What the page asks of an atlas without changing it. */
export function searchActions(
  atlas: Atlas,
  columns: () => Promise<DocumentColumns>,
): Pick<ExplorerActions, "search" | "explain" | "document"> {
  const { store } = atlas;
  const queries = new Map<string, Promise<EncodedQuery>>();
  const encode = (request: SearchRequest): Promise<EncodedQuery> => {
    const { text, document, latents } = request;
    const key = JSON.stringify([text, document, latents]);
    const found = queries.get(key) ?? encodeQuery(atlas, request);
    queries.delete(key);
    queries.set(key, found);
    found.catch(() => queries.delete(key));
    if (queries.size > KEPT) queries.delete(queries.keys().next().value ?? "");
    return found;
  };
  return {
    async search(request) {
      const { edits = [], method, limit = 50, filters = [], words, document } = request;
      const accept = filterOf(filters, filters.length > 0 ? await columns() : {});
      if (words !== undefined) return searchWords(atlas, words, limit, accept);
      const isAll = filters.length === 0 && document === undefined;
      const { vector, latents } = await encode(request);
      const found = await atlas.search(vector, {
        ...{ edits, method, limit },
        accept: isAll ? undefined : (row) => row !== document && accept(row),
      });
      const usual = await store.typical();
      const shown = new Set([
        ...latents.map(({ latent }) => latent),
        ...edits.flatMap((edit) => edit.latents),
      ]);
      return {
        hits: found.hits.map(({ row, score, before }) => ({ row, score, before: before ?? null })),
        query: latents,
        typical: [...shown].map((latent) => ({ latent, activation: usual[latent] })),
        cosine: found.cosine ?? 1,
        others: found.others ?? 0,
        moved: (found.moved ?? []).map(({ latent, before, wanted, after }) => ({
          ...{ latent, before, wanted, after },
        })),
        left: (found.left ?? []).map(({ row, before }) => ({ row, before })),
      };
    },
    async explain({ row, ...request }) {
      const { edits = [], method } = request;
      const { vector } = await encode(request);
      const query =
        edits.length > 0 ? (await atlas.steer(vector, { edits, method })).query : vector;
      const { score, mean, latents, others, bias, residual } = await atlas.explain(query, row);
      return { score, mean, latents, others, bias, residual };
    },
    async document({ row }) {
      const vector = await documentVector(atlas, row);
      const { k, n, indices, values } = await store.codes();
      const [from, to] = [row * k, (row + 1) * k];
      const own = { indices: indices.slice(from, to), values: values.slice(from, to) };
      const decoded = decodeCodes(await store.sae(), { rows: 1, k, n, ...own }).data;
      const left = vector.map((value, j) => value - decoded[j]);
      const { hits } = await atlas.search(vector, { limit: 12, accept: (one) => one !== row });
      return {
        nearest: hits.map((hit) => ({ row: hit.row, cosine: hit.score })),
        missed: dot(left, left) / dot(vector, vector),
      };
    },
  };
}

async function encodeQuery(atlas: Atlas, request: SearchRequest): Promise<EncodedQuery> {
  const codes = await atlas.encode(await inputOf(atlas, request));
  const latents = Array.from(codes.indices, (latent, slot) => ({
    ...{ latent, activation: codes.values[slot] },
  }));
  return {
    vector: codes.embeddings.data,
    latents: latents
      .filter(({ activation }) => activation > 0)
      .sort((a, b) => b.activation - a.activation),
  };
}

/** A text, the embedding of a document, or the sum of latents' directions. */
async function inputOf(
  atlas: Atlas,
  { text, document, latents }: SearchRequest,
): Promise<[string] | Matrix> {
  if (text !== undefined) return [text];
  if (document !== undefined) return asRow(await documentVector(atlas, document));
  if (latents === undefined) {
    throw new ArgumentError("search: expected a text, a document, latents or words");
  }
  const { n, d, decoder } = await atlas.store.sae();
  const sum = new Float32Array(d);
  for (const latent of latents) {
    if (latent >= n)
      throw new ArgumentError(`search: no latent ${latent}; the SAE has ${n} latents`);
    matrixRow(decoder, latent).forEach((value, j) => (sum[j] += value));
  }
  return asRow(sum);
}

function asRow(vector: Float32Array): Matrix {
  return createMatrix(1, vector.length, vector);
}

/** The document's row alone: all embeddings may be gigabytes. */
async function documentVector({ store }: Atlas, row: number): Promise<Float32Array> {
  const embeddings = await openRows(await store.embeddingsFile());
  try {
    if (row < embeddings.rows) return (await embeddings.read(row, row + 1)).data.slice();
    throw new ArgumentError(`document: no row ${row}; the corpus has ${embeddings.rows} documents`);
  } finally {
    await embeddings.close();
  }
}

/** Documents whose texts have all words, in any case, in the corpus's order. */
async function searchWords(
  atlas: Atlas,
  words: string,
  limit: number,
  accept: (row: number) => boolean,
): ReturnType<ExplorerActions["search"]> {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const hits: { row: number; score: null; before: null }[] = [];
  for (const [row, { text }] of (await atlas.documents()).entries()) {
    if (hits.length >= limit) break;
    const lower = text.toLowerCase();
    if (wanted.every((word) => lower.includes(word)) && accept(row)) {
      hits.push({ row, score: null, before: null });
    }
  }
  return { hits, query: [], typical: [], cosine: 1, others: 0, moved: [], left: [] };
}

function filterOf(
  filters: readonly ColumnFilter[],
  columns: DocumentColumns,
): (row: number) => boolean {
  const tests = filters.map(({ column: name, word, from = -Infinity, to = Infinity }) => {
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (column === undefined) throw new ArgumentError(`search: no column "${name}"`);
    if (column.kind === "text") {
      const place = column.words.indexOf(word ?? "");
      return (row: number) => column.at[row] === place;
    }
    return (row: number) => {
      const value = column.values[row];
      return value !== null && value >= from && value <= to;
    };
  });
  return (row) => tests.every((holds) => holds(row));
}
