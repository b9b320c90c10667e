import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type AtlasData, familyOfLatent } from "../data/atlas.js";
import { plain, shortNumber, wholeNumber, wordsOf } from "../data/text.js";
import { Bars, Facts } from "../parts/charts.js";
import { DocumentLine, FamilyLink, LatentLink, OfOther } from "../parts/links.js";
import { Marked } from "../parts/marked.js";
import { useAsync } from "../parts/use-async.js";
import { change, hovered } from "../state/state.js";

const SHORT = 2500;

/** Everything about a document. */
export function DocumentPage({ data, row }: { data: AtlasData; row: number }): JSX.Element {
  const { actions } = data.source;
  const { value: record, error } = useAsync(
    async () => ({ row, ...(await data.document(row)) }),
    [data, row],
  );
  const codes = useAsync(() => data.codes(row), [data, row]).value;
  const detail = useAsync(() => actions?.document({ row }), [data, row]);
  const [isWhole, setWhole] = useState(false);
  if (error !== undefined) return <p class="problem">{error}</p>;
  if (record?.row !== row || codes === undefined)
    return <p class="muted">reading document {row}</p>;
  const { id, title, text, classes } = record;
  const latents = [...codes.ids];
  const over = hovered.value;
  const marked = over?.kind === "latent" ? [over.id] : latents.slice(0, 3);
  const words = marked.flatMap((latent) => [
    ...wordsOf(data.columns.label[latent]),
    ...wordsOf(data.columns.keywords[latent]),
  ]);
  const families = [
    ...new Set(latents.flatMap((latent) => familyOfLatent(data, latent)?.parent ?? [])),
  ];
  return (
    <article class="page" aria-label={`document ${row}`}>
      <p class="eyebrow">
        document {wholeNumber(row)} · <code>{plain(id, 80)}</code>
        <OfOther data={data} />
      </p>
      <h2>
        <bdi>{plain(title || text, 160)}</bdi>
      </h2>
      <p class="text">
        <Marked text={text} words={words} most={isWhole ? 50_000 : SHORT} />
      </p>
      {text.length > SHORT && (
        <button type="button" onClick={() => setWhole(!isWhole)}>
          {isWhole ? "Show less" : "Show all"}
        </button>
      )}
      {!data.isOther && (
        <div class="actions">
          <button
            type="button"
            onClick={() => change({ view: "search", query: { document: row }, sliders: [] })}
          >
            Search by this document
          </button>
        </div>
      )}
      <h3>Active latents</h3>
      <Bars
        label="active latents of the document"
        rows={latents.map((latent, i) => ({
          key: String(latent),
          name: <LatentLink data={data} latent={latent} />,
          value: codes.values[i],
        }))}
      />
      <Facts
        facts={[
          [
            "not reconstructed",
            detail.value &&
              `${shortNumber(100 * detail.value.missed, 1)} % of the embedding’s squared length`,
          ],
          [
            "families",
            families.length > 0 &&
              families.map((parent) => (
                <span key={parent} class="item">
                  <FamilyLink data={data} parent={parent} />
                </span>
              )),
          ],
          ["classes", classes.map((one) => plain(one, 80)).join(", ")],
        ]}
      />
      {actions && (
        <>
          <h3>Nearest documents</h3>
          {detail.error && <p class="problem">{detail.error}</p>}
          <ol class="documents">
            {detail.value?.nearest.map((near) => (
              <li key={near.row}>
                <span class="strength" title="cosine">
                  <i style={{ width: `${Math.max(0, 100 * near.cosine)}%` }} />
                  {shortNumber(near.cosine)}
                </span>
                <DocumentLine data={data} row={near.row} most={120} />
              </li>
            ))}
          </ol>
        </>
      )}
    </article>
  );
}
