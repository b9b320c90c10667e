import { once } from "../../core/once.js";
import { ArgumentError } from "../../core/errors.js";
import { createMatrix, dot, matrixRow } from "../../core/matrix.js";
import type { ExplorerFiles } from "../../explorer/data-files.js";
import type { ExplorerActions, SearchRequest } from "../../explorer/format.js";
import { readPage } from "../../explorer/page.js";
import { type ExplorerServer, type ServerOptions, startServer } from "../../explorer/server.js";
import { decodeCodes } from "../../sae/sae.js";
import type { SteeringMethod } from "../../search/steering-methods.js";
import { typicalActivations } from "../../search/steer.js";
import type { Atlas } from "../atlas.js";
import { inTurn } from "../files/lock.js";
import { withdrawLabel } from "../labels/correct-label.js";
import { atlasFiles } from "./inputs.js";

/** Starts the explorer's page on an atlas, on this machine alone; the atlas stays open until the server is closed. */
export async function exploreAtlas(
  atlas: Atlas,
  options: ServerOptions = {},
): Promise<ExplorerServer> {
  let files: Promise<ExplorerFiles> | undefined;
  const current = (): Promise<ExplorerFiles> => (files ??= atlasFiles(atlas.store));
  await current();
  const changed = async (work: () => Promise<unknown>): Promise<{ version: string }> => {
    await work();
    atlas.store.reload();
    files = undefined;
    const index = await (await current()).file("index.json");
    return {
      version: (JSON.parse(Buffer.from(index).toString()) as { version: string }).version,
    };
  };
  const actions: ExplorerActions = {
    ...readActions(atlas),
    correct: ({ latent, label, of, note }) =>
      changed(() => atlas.rename(latent, label, { of, note })),
    withdraw: (label) => changed(() => inTurn(atlas.dir, () => withdrawLabel(atlas.dir, label))),
  };
  return startServer({ page: await readPage(), files: current, actions }, options);
}

function readActions(atlas: Atlas): Pick<ExplorerActions, "search" | "document"> {
  const { store } = atlas;
  const typical = once(async () => typicalActivations(await store.postings()));
  return {
    async search({ edits = [], method, limit = 50, ...asked }) {
      const query = await queryOf(atlas, asked);
      const { hits, ...found } = await atlas.search(query, {
        edits,
        method: method as SteeringMethod | undefined,
        // One more, in place of the document that was asked with.
        limit: asked.document === undefined ? limit : limit + 1,
        explain: true,
      });
      const vector = typeof query === "string" ? undefined : query;
      const codes = await atlas.encode(
        vector === undefined ? [query as string] : createMatrix(1, vector.length, vector),
      );
      const usual = await typical();
      return {
        hits: hits
          .filter(({ row }) => row !== asked.document)
          .slice(0, limit)
          .map(({ row, score, before, explanation }) => ({
            row,
            score,
            before: before ?? null,
            latents: explanation?.latents ?? [],
            bias: explanation?.bias ?? 0,
            residual: explanation?.residual ?? 0,
          })),
        query: [...codes.indices]
          .map((latent, slot) => ({
            latent,
            activation: codes.values[slot],
            typical: usual[latent],
          }))
          .filter(({ activation }) => activation > 0),
        cosine: found.cosine ?? 1,
        others: found.others ?? 0,
        moved: (found.moved ?? []).map(({ latent, before, wanted, after }) => ({
          latent,
          before,
          wanted,
          after,
        })),
        left: (found.left ?? []).map(({ row, before }) => ({ row, before })),
      };
    },
    async document({ row }) {
      const vector = await documentVector(atlas, row);
      const { k, n, indices, values } = await store.codes();
      const own = {
        rows: 1,
        k,
        n,
        indices: indices.slice(row * k, (row + 1) * k),
        values: values.slice(row * k, (row + 1) * k),
      };
      const decoded = decodeCodes(await store.sae(), own).data;
      const left = vector.map((value, j) => value - decoded[j]);
      const { hits } = await atlas.search(vector, { limit: 13 });
      return {
        nearest: hits
          .filter((hit) => hit.row !== row)
          .slice(0, 12)
          .map((hit) => ({ row: hit.row, cosine: hit.score })),
        missed: dot(left, left) / dot(vector, vector),
      };
    },
  };
}

/** A text as it is, a document's embedding, or the sum of latents' directions. */
async function queryOf(
  atlas: Atlas,
  { text, document, latents }: SearchRequest,
): Promise<string | Float32Array> {
  if (text !== undefined) return text;
  if (document !== undefined) return documentVector(atlas, document);
  if (latents === undefined)
    throw new ArgumentError("search: expected a text, a document or latents");
  const { n, d, decoder } = await atlas.store.sae();
  const sum = new Float32Array(d);
  for (const latent of latents) {
    if (latent >= n) throw new ArgumentError(`search: no latent ${latent}; the SAE has ${n}`);
    matrixRow(decoder, latent).forEach((value, j) => (sum[j] += value));
  }
  return sum;
}

async function documentVector(atlas: Atlas, row: number): Promise<Float32Array> {
  const embeddings = await atlas.store.embeddings();
  if (row < embeddings.rows) return matrixRow(embeddings, row).slice();
  throw new ArgumentError(`document: no row ${row}; the corpus has ${embeddings.rows}`);
}
