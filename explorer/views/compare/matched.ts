import type { PageMatch } from "../../../src/explorer/format.js";
import { type AtlasData, type Compared, latentName } from "../../data/atlas.js";
import { plain } from "../../data/text.js";
import type { Focus } from "../../state/address.js";

/** Matched both ways, one way alone, or without a match. */
export type Kind = "both" | "one" | "none";

/** A latent or family of either atlas with its nearest in the other. */
export interface MatchRow {
  /** The one that the row is about, and its nearest on the other side. */
  from: Focus;
  to: Focus;
  kind: Kind;
  /** Cosine of latents, overlap of families. */
  closeness: number;
  /** Documents in which both are active, where they are known. */
  shared: number | null;
  /** Names by atlas. */
  here: string;
  there: string;
}

/** The same thing in the other atlas: a latent's or family's match, the same document; undefined without one. */
export function matchOf({ match }: Pick<Compared, "match">, focus: Focus): Focus | undefined {
  const { kind, id, isOther = false } = focus;
  if (kind === "document") return match.sameDocuments ? thing(kind, id, !isOther) : undefined;
  if (kind === "family") {
    const pairs = isOther ? match.familiesHere : match.familiesThere;
    const pair = pairs.find(([from]) => from === id);
    return pair && thing(kind, pair[1], !isOther);
  }
  const { latents, cosines, threshold } = isOther ? match.here : match.there;
  return cosines[id] > threshold ? thing(kind, latents[id], !isOther) : undefined;
}

/** What an atlas shows of `focus`: itself, or its match. */
export function focusIn(
  compared: Pick<Compared, "match">,
  focus: Focus | undefined,
  isOther: boolean,
): Focus | undefined {
  if (focus === undefined) return undefined;
  return (focus.isOther ?? false) === isOther ? focus : matchOf(compared, focus);
}

/** Every latent of this atlas with its nearest, then those of the other that are not in a pair of both ways. */
export function latentRows(data: AtlasData, { other, match }: Compared): MatchRow[] {
  const rows: MatchRow[] = [];
  for (const isOther of [false, true]) {
    const [own, back] = isOther ? [match.here, match.there] : [match.there, match.here];
    for (const [id, nearest] of own.latents.entries()) {
      const isMatch = own.cosines[id] > own.threshold;
      const isMutual = isMatch && isMutualPair(back, nearest, id);
      // Pairs of both ways stand once.
      if (isOther && isMutual) continue;
      const [here, there] = isOther ? [nearest, id] : [id, nearest];
      rows.push({
        from: thing("latent", id, isOther),
        to: thing("latent", nearest, !isOther),
        kind: isMutual ? "both" : isMatch ? "one" : "none",
        closeness: own.cosines[id],
        shared: match.sameDocuments ? own.shared[id] : null,
        here: latentName(data, here),
        there: latentName(other, there),
      });
    }
  }
  return rows;
}

/** Every family of this atlas with its best one, then the best ones of the other's that are not in a pair of both ways. */
export function familyRows(data: AtlasData, { other, match }: Compared): MatchRow[] {
  const name = (atlas: AtlasData, parent: number): string =>
    plain(atlas.familyOf.get(parent)?.name ?? `family ${parent}`, 80);
  const back = new Map(match.familiesHere.map(([from, to]) => [from, to]));
  const forth = new Map(match.familiesThere.map(([from, to]) => [from, to]));
  const row =
    (isOther: boolean) =>
    ([from, to, overlap]: PageMatch["familiesHere"][number]): MatchRow => ({
      from: thing("family", from, isOther),
      to: thing("family", to, !isOther),
      kind: (isOther ? forth : back).get(to) === from ? "both" : "one",
      closeness: overlap,
      shared: null,
      here: name(data, isOther ? to : from),
      there: name(other, isOther ? from : to),
    });
  return [
    ...match.familiesThere.map(row(false)),
    ...match.familiesHere.map(row(true)).filter(({ kind }) => kind !== "both"),
  ];
}

/** Whether `latent` of one side is what `nearest` of the other is nearest to, in turn. */
function isMutualPair(back: PageMatch["here"], nearest: number, latent: number): boolean {
  return back.latents[nearest] === latent && back.cosines[nearest] > back.threshold;
}

function thing(kind: Focus["kind"], id: number, isOther: boolean): Focus {
  return isOther ? { kind, id, isOther } : { kind, id };
}
