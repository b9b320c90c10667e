import type { PageState } from "../state/address.js";
import { type AtlasData, familyMembers } from "./atlas.js";

/** Points that stand out on the maps; undefined where all are alike. */
export interface Lit {
  latents?: ReadonlySet<number>;
  documents?: ReadonlySet<number>;
}

/**
 * What a selection, or else what the page is about, lights up on both maps: a family its latents and the documents they
 * are active in, a latent its documents, a document its latents. A selection on one map lights the documents whose
 * strongest latent is in it, or the strongest latents of its documents, on the other.
 */
export async function findLit(
  data: AtlasData,
  { latents, documents, focus }: Pick<PageState, "latents" | "documents" | "focus">,
): Promise<Lit> {
  if (latents.length > 0 || documents.length > 0) return ofSelection(data, latents, documents);
  if (focus === undefined) return {};
  if (focus.kind === "document") {
    const { ids } = await data.codes(focus.id);
    return { latents: new Set(ids), documents: new Set([focus.id]) };
  }
  if (focus.kind === "latent") {
    const { ids } = await data.postings(focus.id);
    return { latents: new Set([focus.id]), documents: new Set(ids) };
  }
  const family = data.familyOf.get(focus.id);
  if (family === undefined) return {};
  const members = familyMembers(family);
  const lists = await Promise.all(members.map((latent) => data.postings(latent)));
  const rows = new Set<number>();
  for (const { ids } of lists) for (const row of ids) rows.add(row);
  return { latents: new Set(members), documents: rows };
}

function ofSelection(
  { strongest }: AtlasData,
  latents: readonly number[],
  documents: readonly number[],
): Lit {
  const chosen = new Set(latents);
  const rows = new Set(documents);
  if (rows.size === 0) strongest.forEach((latent, row) => chosen.has(latent) && rows.add(row));
  else if (chosen.size === 0) for (const row of documents) chosen.add(strongest[row]);
  return { latents: chosen, documents: rows };
}

/** Documents of a family, by the sum of its latents' activations, each as a share of its highest. */
export async function familyDocuments(
  data: AtlasData,
  latents: readonly number[],
): Promise<{ row: number; share: number }[]> {
  const lists = await Promise.all(latents.map((latent) => data.postings(latent)));
  const sums = new Map<number, number>();
  for (const { ids, values } of lists) {
    ids.forEach((row, i) => sums.set(row, (sums.get(row) ?? 0) + values[i] / values[0]));
  }
  return [...sums]
    .map(([row, share]) => ({ row, share }))
    .sort((a, b) => b.share - a.share || a.row - b.row);
}
