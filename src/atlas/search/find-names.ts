import { requireChoice, requireCount, requireText } from "../../core/arguments.js";
import type { Embedder } from "../../corpus/embedder.js";
import { familyName } from "../../records/family.js";
import type { DocumentSearch } from "./document-search.js";
import type { AtlasStore } from "../store.js";
import { labelTexts } from "../views.js";

/** What is looked for by name, and how. */
export interface FindOptions {
  /** Default "latents". */
  of?: "latents" | "families";
  /** Most names. Default 10. */
  limit?: number;
  /** By words alone: the nearest by meaning need the embedder. Default false. */
  words?: boolean;
  /** Default the atlas's own. */
  embedder?: Embedder | (() => Promise<Embedder>);
}

/** A name that was found, by its words or by its meaning. */
export interface FoundNames {
  /** The latent, or the parent latent of the family. */
  id: number;
  name: string;
  by: "words" | "meaning";
  /** Cosine to the text, where it was found by meaning. */
  score?: number;
}

/** Latents, or families, whose names have the words of a text, and behind those the nearest by meaning. */
export async function findNames(
  store: AtlasStore,
  search: DocumentSearch,
  text: string,
  { of = "latents", limit = 10, words = false, embedder }: FindOptions,
): Promise<FoundNames[]> {
  requireText("find", text);
  requireChoice("find: of", of, ["latents", "families"]);
  requireCount("find: limit", limit);
  const families = of === "families" ? await store.families() : [];
  const names = of === "families" ? families.map(familyName) : await labelTexts(store);
  const given = words ? undefined : embedder;
  const model = typeof given === "function" ? await given() : given;
  const found = await search.findNames(names, text, { count: limit, embedder: model });
  return found.map(({ index, by, score }) => ({
    id: of === "families" ? families[index].parent : index,
    name: names[index],
    by,
    ...(score !== undefined && { score }),
  }));
}
