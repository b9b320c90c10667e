import type { Postings } from "../core/codes.js";
import { membersOf, postingsOf } from "../core/postings.js";
import type { ClassIndex } from "./class-index.js";
import { matchLatents, unitePostings } from "./best-class.js";

/** How far each latent of a family is about the family's own class. */
export interface MemberCoherence {
  /** The class that fits the family's documents best by F1; undefined where no kept class holds any of them. */
  classId?: string;
  /** F1 of the family's documents, those in which two of its latents are active, with that class. */
  f1: number;
  /** Share of each latent's documents that belong to the class, in the order given; NaN where it is never active. */
  shares: number[];
}

/**
 * Without a language model: the class that a family is about, and the share of each of its latents' documents in it.
 * A family of one voice has shares near 1. `latents` are the family's, its parent among them. Throws RangeError where
 * postings and classes are of different numbers of documents.
 */
export function memberCoherence(
  latents: readonly number[],
  postings: Postings,
  index: ClassIndex,
): MemberCoherence {
  const united = unitePostings(postings, [latents], { minMembers: Math.min(2, latents.length) });
  const [family] = matchLatents(united, index);
  const target = family.classIndex;
  const shares = latents.map((latent) => {
    const { rows } = postingsOf(postings, latent);
    return rows.filter((row) => membersOf(index, row).includes(target)).length / rows.length;
  });
  const { classId, f1 } = family;
  return { ...(classId === undefined ? {} : { classId }), f1, shares };
}
