import type { Postings } from "../../core/codes.js";
import { countShared } from "../../core/collections.js";
import { once } from "../../core/once.js";
import { postingsOf } from "../../core/postings.js";
import type { ComparedFiles } from "../../explorer/data-files.js";
import type { MatchedLatents, PageMatch } from "../../explorer/format.js";
import { comparedStore, compareSaes } from "../compare.js";
import { type AtlasStore, openStore } from "../store.js";
import { atlasFiles } from "./inputs.js";

/** Another atlas: opened, or its folder. */
export type OtherAtlas = string | { readonly store: AtlasStore };

/** An atlas to compare with, as the page reads it. */
export interface Compared extends ComparedFiles {
  store: AtlasStore;
  /** Frees what was opened for it. */
  close(): Promise<void>;
}

/**
 * Puts another atlas beside one for the explorer; undefined without another. The latents are matched when the page first asks.
 * Throws RangeError where the SAEs read embeddings of different widths.
 */
export async function openCompared(
  store: AtlasStore,
  other: OtherAtlas | undefined,
): Promise<Compared | undefined> {
  if (other === undefined) return undefined;
  const there = typeof other === "string" ? await openStore(other) : other.store;
  const close = async (): Promise<void> => {
    if (typeof other === "string") await there.close();
  };
  try {
    const [own, its] = [await store.sae(), await there.sae()];
    if (own.d !== its.d) {
      throw new RangeError(
        `explore: both atlases must be of the same embeddings, got widths ${own.d} of ${store.dir} and ${its.d} of ${there.dir}`,
      );
    }
    const match = once(() => matchAtlases(store, there));
    return { store: there, name: there.name, files: await atlasFiles(there), match, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Explorer files of an atlas, with those of another beside it, for as long as `use` needs them. */
export async function withFiles<T>(
  store: AtlasStore,
  other: OtherAtlas | undefined,
  use: (files: Awaited<ReturnType<typeof atlasFiles>>) => Promise<T>,
): Promise<T> {
  const compared = await openCompared(store, other);
  try {
    return await use(await atlasFiles(store, { compared }));
  } finally {
    await compared?.close();
  }
}

async function matchAtlases(here: AtlasStore, there: AtlasStore): Promise<PageMatch> {
  const sides = [await comparedStore(here), await comparedStore(there)] as const;
  const found = await compareSaes(...sides, await here.engine());
  const [own, its] = [await here.documents(), await there.documents()];
  const sameDocuments = own.length === its.length && own.every(({ id }, row) => id === its[row].id);
  const postings = [await here.postings(), await there.postings()] as const;
  const side = (
    latents: Uint32Array,
    cosines: Float32Array,
    threshold: number,
    [from, to]: readonly [Postings, Postings],
  ): MatchedLatents => ({
    latents: [...latents],
    cosines: [...cosines],
    threshold,
    shared: sameDocuments ? Array.from(latents, (to_, at) => sharedRows(from, at, to, to_)) : [],
  });
  const { match, toLarge, toSmall, families } = found;
  const pairs = (list: { from: number; to?: number; overlap: number }[] = []) =>
    list.flatMap(({ from, to, overlap }): [number, number, number][] =>
      to === undefined ? [] : [[from, to, overlap]],
    );
  return {
    there: side(match.toLarge, match.toLargeCosine, toLarge.threshold, postings),
    here: side(match.toSmall, match.toSmallCosine, toSmall.threshold, [postings[1], postings[0]]),
    familiesThere: pairs(families?.toLarge),
    familiesHere: pairs(families?.toSmall),
    sameDocuments,
  };
}

/** Documents in which a latent of one atlas and one of another are both active. */
function sharedRows(from: Postings, latent: number, to: Postings, other: number): number {
  return countShared(new Set(postingsOf(from, latent).rows), new Set(postingsOf(to, other).rows));
}
