import type { Postings } from "../../core/codes.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import { jaccard } from "../../core/collections.js";
import { postingsOf } from "../../core/postings.js";

/** The documents that a family is about, latent by latent. */
export interface FamilyDocuments {
  /** The documents in which the family's latents are most active together, most first [m]. */
  documents: Uint32Array;
  /** Activation of each latent in them [latents, m]; 0 where it is not active. */
  activations: Matrix;
  /** Place of each document among the latent's own by activation, from 1 [latents, m]; 0 where it is not active. */
  ranks: Matrix;
  /** Shared documents over all of two latents' strongest ones [latents, latents]; 1 on the diagonal. */
  overlap: Matrix;
}

/** What is compared. */
export interface FamilyDocumentsOptions {
  /** Documents of the family. Default 20. */
  count?: number;
  /** Strongest documents of each latent for the overlap. Default 50. */
  strongest?: number;
}

/**
 * How the latents of a family share documents: activations and ranks in the family's strongest documents (by the sum of
 * the latents' activations, ties by document) and the overlap of the latents' own strongest ones.
 */
export function familyDocuments(
  latents: readonly number[],
  postings: Postings,
  { count = 20, strongest = 50 }: FamilyDocumentsOptions = {},
): FamilyDocuments {
  const lists = latents.map((latent) => rankDocuments(postings, latent));
  const sums = new Map<number, number>();
  for (const list of lists) {
    for (const { row, value } of list) sums.set(row, (sums.get(row) ?? 0) + value);
  }
  const order = [...sums].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, count);
  const documents = Uint32Array.from(order, ([row]) => row);
  const column = new Map(order.map(([row], at) => [row, at]));
  const activations = createMatrix(latents.length, documents.length);
  const ranks = createMatrix(latents.length, documents.length);
  for (const [i, list] of lists.entries()) {
    for (const [rank, { row, value }] of list.entries()) {
      const at = column.get(row);
      if (at === undefined) continue;
      activations.data[i * documents.length + at] = value;
      ranks.data[i * documents.length + at] = rank + 1;
    }
  }
  const heads = lists.map((list) => new Set(list.slice(0, strongest).map(({ row }) => row)));
  return { documents, activations, ranks, overlap: overlaps(heads) };
}

interface Slot {
  row: number;
  value: number;
}

/** The latent's documents with an activation above 0, strongest first. */
function rankDocuments(postings: Postings, latent: number): Slot[] {
  const { rows, values } = postingsOf(postings, latent);
  const slots = Array.from(rows, (row, at) => ({ row, value: values[at] }));
  return slots.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value || a.row - b.row);
}

function overlaps(sets: readonly ReadonlySet<number>[]): Matrix {
  const m = sets.length;
  const out = createMatrix(m, m);
  for (let i = 0; i < m; i++) {
    out.data[i * m + i] = 1;
    for (let j = 0; j < i; j++) {
      const isEmpty = sets[i].size === 0 && sets[j].size === 0;
      out.data[i * m + j] = out.data[j * m + i] = isEmpty ? 0 : jaccard(sets[i], sets[j]);
    }
  }
  return out;
}
