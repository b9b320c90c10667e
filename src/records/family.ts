import type { Label } from "./label.js";

/** A member of a family: a descendant of its parent latent. */
export interface FamilyMember {
  latent: number;
  /** Edges between it and the family's parent, from 1. */
  depth: number;
  /** The latent it hangs on: the family's parent or another member. */
  parent: number;
  /** Weight of the edge to `parent`. */
  weight: number;
  /** How much more it helps to reconstruct what `parent` leaves than other latents do, where that was measured; 0 or less: they only co-occur. See edgeHelp. */
  help?: number;
  /** Share of resamples in which it goes with the family's parent, where that was measured; see documentStability. */
  stability?: number;
}

/** A latent with its descendants: the groups that the paper calls feature families. */
export interface Family {
  /** The parent latent, which names the family. A latent is the parent of one family at most. */
  parent: number;
  /** Its descendants without itself, depth first. */
  members: FamilyMember[];
  /** Pass in which it was found, from 0. */
  pass: number;
  /** Its name, where it has one: a label with `of` "family". */
  label?: Label;
  /** How reproducible it is over resamples of the documents, 0 to 1, where that was measured; see documentStability. */
  stability?: number;
}

/** The latents of a family, for all that needs no tree. */
export interface FamilyOutline {
  parent: number;
  members: readonly { latent: number }[];
}

/** The latents of a family: its parent, then its members, each once. */
export function familyLatents({ parent, members }: FamilyOutline): number[] {
  return [...new Set([parent, ...members.map(({ latent }) => latent)])];
}

/** A family's name, or "latent 12" after its parent where it has none. */
export function familyName({ parent, label }: Pick<Family, "parent" | "label">): string {
  return label?.text || `latent ${parent}`;
}
