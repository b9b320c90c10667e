import { requireChoice, requireCount, requireText } from "../../core/arguments.js";
import { matrixRow } from "../../core/matrix.js";
import type { Embedder } from "../../corpus/embedder.js";
import { familyName } from "../../records/family.js";
import { searchLabels } from "../../search/names/search-labels.js";
import { searchRows } from "../../search/scan/search-rows.js";
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
  const named = (index: number, found: Pick<FoundNames, "by" | "score">): FoundNames => ({
    id: of === "families" ? families[index].parent : index,
    name: names[index],
    ...found,
  });
  const byWords = searchLabels(names, text).slice(0, limit);
  const found = byWords.map(({ index }) => named(index, { by: "words" }));
  const places = [...names.keys()].filter((index) => names[index].trim() !== "");
  if (model === undefined || found.length === limit || places.length === 0) return found;
  const texts = places.map((index) => names[index]);
  const vectors = await search.nameVectors(texts, model);
  const near = await searchRows(vectors, matrixRow(await model.embed([text]), 0), limit);
  const known = new Set(byWords.map(({ index }) => index));
  for (const { row, score } of near) {
    if (!known.has(places[row])) found.push(named(places[row], { by: "meaning", score }));
  }
  return found.slice(0, limit);
}
