import type { JSX } from "preact";
import { type AtlasData, familyMembers } from "../data/atlas.js";
import { familyDocuments } from "../data/lit.js";
import { plain, shortNumber, wholeNumber } from "../data/text.js";
import { Facts } from "../parts/charts.js";
import { DocumentLine, LatentLink, OfOther } from "../parts/links.js";
import { Term } from "../parts/term.js";
import { useAsync } from "../parts/use-async.js";
import { change } from "../state/state.js";
import { Evidence } from "./evidence.js";
import { Correction } from "./correction.js";

const FIRST = 5;
const SHOWN = 15;

/** Everything about a family: its tree, and documents near to its centre and far from it. */
export function FamilyPage({ data, parent }: { data: AtlasData; parent: number }): JSX.Element {
  const family = data.familyOf.get(parent);
  const documents = useAsync(
    () => family && familyDocuments(data, familyMembers(family)),
    [data, parent],
  ).value;
  const record = useAsync(
    () => family && data.family(data.families.indexOf(family)),
    [data, parent],
  ).value;
  if (family === undefined) return <p class="problem">no family of latent {parent}</p>;
  const { columns } = data;
  const ownLatents = familyMembers(family).filter(
    (latent) => columns.family[latent] === parent,
  ).length;
  const share = (latent: number): string => wholeNumber(columns.active[latent]);
  // So that the nearest leave room for the farthest in a small family, too.
  const near = Math.min(SHOWN, Math.ceil((documents?.length ?? 0) / 2));
  type Rows = readonly { row: number; share: number }[];
  const list = (rows: Rows): JSX.Element => (
    <ol class="documents">
      {rows.map(({ row, share: sum }) => (
        <li key={row}>
          <span
            class="strength"
            title="sum of the latents’ activations, each as a share of its highest"
          >
            <i style={{ width: `${(100 * sum) / (documents?.[0].share ?? 1)}%` }} />
            {shortNumber(sum)}
          </span>
          <DocumentLine data={data} row={row} most={140} />
        </li>
      ))}
    </ol>
  );
  const lines = (rows: Rows): JSX.Element => (
    <>
      {list(rows.slice(0, FIRST))}
      {rows.length > FIRST && (
        <details>
          <summary>{rows.length - FIRST} more</summary>
          {list(rows.slice(FIRST))}
        </details>
      )}
    </>
  );
  return (
    <article class="page" aria-label={`family ${parent}`}>
      <p class="eyebrow">
        family of latent {parent}
        <OfOther data={data} />
      </p>
      <h2>
        <bdi>{plain(family.name, 160)}</bdi>
      </h2>
      <div class="actions">
        {!data.isOther && (
          <>
            <button
              type="button"
              onClick={() => change({ view: "search", query: { family: parent }, sliders: [] })}
            >
              Search by this family
            </button>
            <button
              type="button"
              onClick={() =>
                change({ latents: familyMembers(family).sort((a, b) => a - b), documents: [] })
              }
            >
              Select its latents
            </button>
          </>
        )}
        <Correction
          data={data}
          of="family"
          id={parent}
          label={family.name}
          source={family.source}
        />
      </div>
      <Facts
        facts={[
          [
            "latents",
            `${wholeNumber(familyMembers(family).length)}${ownLatents < familyMembers(family).length ? `, of which ${wholeNumber(ownLatents)} have it as their first family and take its colour on the map` : ""}`,
          ],
          ["documents", wholeNumber(family.documents)],
          ["score of the name", shortNumber(family.score)],
          [
            "stability",
            family.stability !== null &&
              `${shortNumber(family.stability)} over resampled documents`,
          ],
          [
            "best class",
            family.className && (
              <>
                {plain(family.className, 80)} (<Term of="F1" /> {shortNumber(family.agreement)})
              </>
            ),
          ],
        ]}
      />
      {documents && documents.length > 0 && (
        <>
          <h3>
            Documents nearest to its <Term of="centre" />
          </h3>
          {lines(documents.slice(0, near))}
          {documents.length > near && (
            <>
              <h3>In the family, but far from its centre</h3>
              {lines(documents.slice(Math.max(near, documents.length - SHOWN)).reverse())}
            </>
          )}
        </>
      )}
      <Evidence
        data={data}
        label={record?.label}
        kind="families"
        at={data.families.indexOf(family)}
      />
      <h3>Tree</h3>
      <ul class="tree" aria-label="latents of the family">
        {[[parent, 0, parent, 1] as const, ...family.members].map(
          ([latent, depth, , weight], i) => (
            <li key={i} style={{ paddingLeft: `${1.1 * depth}rem` }}>
              <LatentLink data={data} latent={latent} />
              <span class="muted">
                {" "}
                {share(latent)} doc.{depth > 0 ? ` · edge ${shortNumber(weight)}` : ""}
              </span>
            </li>
          ),
        )}
      </ul>
    </article>
  );
}
