import type { Postings } from "../../core/codes.js";
import type { ExampleSource } from "../examples/example.js";
import { type FamilyOutline, familyLatents } from "../../records/family.js";
import { postingsOf } from "../../core/postings.js";

/** Most neighbours of a family from which hard inactive documents are drawn. */
const NEIGHBOURS = 30;

/** A family's documents, with the family in place of its parent latent. */
export interface FamilySource extends ExampleSource {
  /** The member that represents a row: the one most active in it, relative to its own maximum. */
  memberOf: (row: number) => number | undefined;
}

/**
 * A source in which the parent latent represents the whole family: active where any member is, as strongly as the
 * strongest of them, and inactive only where none is. Active documents are drawn from the members in turn; neighbours
 * are latents outside the family that co-activate with its members.
 */
export function familySource(source: ExampleSource, family: FamilyOutline): FamilySource {
  const { parent } = family;
  const latents = familyLatents(family);
  const byRow = new Map<number, { share: number; latent: number }>();
  for (const latent of latents) {
    for (const [row, share] of sharesOf(source.postings, latent)) {
      const known = byRow.get(row);
      if (known === undefined || share > known.share) byRow.set(row, { share, latent });
    }
  }
  const rows = Uint32Array.from(byRow.keys()).sort();
  const offsets = new Uint32Array(parent + 2);
  offsets[parent + 1] = rows.length;
  const memberOf = (row: number): number | undefined => byRow.get(row)?.latent;
  return {
    ...source,
    postings: {
      n: parent + 1,
      documents: source.postings.documents,
      offsets,
      rows,
      values: Float32Array.from(rows, (row) => byRow.get(row)?.share ?? 0),
    },
    ...(source.neighbours && {
      neighbours: { ...source.neighbours, of: () => outsiders(latents, source.neighbours) },
    }),
    group: (_latent, row) => memberOf(row) ?? parent,
    memberOf,
  };
}

function* sharesOf(postings: Postings, latent: number): Generator<[row: number, share: number]> {
  const { rows, values } = postingsOf(postings, latent);
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  for (const [at, row] of rows.entries()) {
    if (values[at] > 0) yield [row, values[at] / highest];
  }
}

// First the nearest neighbour of every member, then the second nearest, and so on.
function outsiders(latents: readonly number[], neighbours: ExampleSource["neighbours"]): number[] {
  if (neighbours === undefined) return [];
  const inside = new Set(latents);
  const lists = latents.map((latent) => neighbours.of(latent).filter((one) => !inside.has(one)));
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const found = new Set<number>();
  for (let rank = 0; rank < longest && found.size < NEIGHBOURS; rank++) {
    for (const list of lists) if (rank < list.length) found.add(list[rank]);
  }
  return [...found].slice(0, NEIGHBOURS);
}
