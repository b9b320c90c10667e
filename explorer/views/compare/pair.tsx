import type { JSX } from "preact";
import type { Focus } from "../../state/address.js";
import { type AtlasData, type Compared, familyMembers } from "../../data/atlas.js";
import { familyDocuments } from "../../data/lit.js";
import { shortNumber, wholeNumber } from "../../data/text.js";
import { DocumentLine, FamilyLink, LatentLink } from "../../parts/links.js";
import { useAsync } from "../../parts/use-async.js";
import { namesOf } from "./matches.js";

const SHOWN = 6;

/** What a latent or a family is in the other atlas: its match, how close it is, and the documents of both. */
export function Pair(props: {
  data: AtlasData;
  compared: Compared;
  focus: Focus;
}): JSX.Element | null {
  const { data, compared, focus } = props;
  const { kind, id, isOther = false } = focus;
  const { match, other } = compared;
  const [own, its] = isOther ? [other, data] : [data, other];
  const name = namesOf(data, compared)[isOther ? 0 : 1];
  if (kind === "document") return null;
  if (kind === "family") {
    const pairs = isOther ? match.familiesHere : match.familiesThere;
    const [, to, overlap] = pairs.find(([from]) => from === id) ?? [];
    return (
      <section class="pair" aria-label="match">
        {to === undefined || overlap === undefined ? (
          <p>No family of {name} shares a latent with it.</p>
        ) : (
          <>
            <p>
              In {name}: <FamilyLink data={its} parent={to} />, overlap {shortNumber(overlap)}{" "}
              <small>of the latents of both</small>
            </p>
            {match.sameDocuments && <Shared {...{ own, its, kind, id, to }} />}
          </>
        )}
      </section>
    );
  }
  const { latents, cosines, threshold } = isOther ? match.here : match.there;
  const back = isOther ? match.there : match.here;
  const to = latents[id];
  const link = <LatentLink data={its} latent={to} />;
  return (
    <section class="pair" aria-label="match">
      {cosines[id] > threshold ? (
        <p>
          In {name}: {link}, cosine {shortNumber(cosines[id])},{" "}
          {back.latents[to] === id ? "each the other’s nearest" : "nearest from this side only"}
        </p>
      ) : (
        <p>
          No match in {name}: the nearest, {link}, has cosine {shortNumber(cosines[id])}, and 99 %
          of random directions stay below {shortNumber(threshold)}
        </p>
      )}
      {match.sameDocuments && <Shared {...{ own, its, kind, id, to }} />}
    </section>
  );
}

/** The documents in which both are active, the strongest first. */
function Shared(props: {
  own: AtlasData;
  its: AtlasData;
  kind: "latent" | "family";
  id: number;
  to: number;
}): JSX.Element | null {
  const { own, its, kind, id, to } = props;
  const documents = useAsync(
    () => Promise.all([documentsOf(own, kind, id), documentsOf(its, kind, to)]),
    [own, its, kind, id, to],
  ).value;
  if (documents === undefined) return null;
  const [mine, theirs] = documents.map(
    (list) => new Map(list.map(({ row, share }) => [row, share])),
  );
  const both = [...mine]
    .flatMap(([row, share]) =>
      theirs.has(row) ? [{ row, sum: share + (theirs.get(row) ?? 0) }] : [],
    )
    .sort((a, b) => b.sum - a.sum || a.row - b.row);
  return (
    <details>
      <summary>
        {wholeNumber(both.length)} documents in both, {wholeNumber(mine.size - both.length)} in this
        only, {wholeNumber(theirs.size - both.length)} in the other only
      </summary>
      <ol class="results">
        {both.slice(0, SHOWN).map(({ row }) => (
          <li key={row}>
            <span />
            <DocumentLine data={own} row={row} most={100} />
          </li>
        ))}
      </ol>
    </details>
  );
}

function documentsOf(
  data: AtlasData,
  kind: "latent" | "family",
  id: number,
): ReturnType<typeof familyDocuments> {
  const family = kind === "family" ? data.familyOf.get(id) : undefined;
  return familyDocuments(data, family ? familyMembers(family) : [id]);
}
