import type { JSX } from "preact";
import { type AtlasData, familyOfLatent, latentName } from "../data/atlas.js";
import { plain, shortNumber, wholeNumber } from "../data/text.js";
import { useAsync } from "../parts/use-async.js";

/** What the pointer shows of a latent. */
export function LatentCard({ data, latent }: { data: AtlasData; latent: number }): JSX.Element {
  const { columns } = data;
  const family = familyOfLatent(data, latent);
  const score = columns.score[latent];
  return (
    <>
      <strong>{latentName(data, latent)}</strong>
      <span class="muted">
        latent {latent} · {wholeNumber(columns.active[latent])} documents
        {score === null ? "" : ` · score ${shortNumber(score)}`}
      </span>
      {family && <span class="muted">family {plain(family.name, 60)}</span>}
    </>
  );
}

/** What the pointer shows of a document. */
export function DocumentCard({ data, row }: { data: AtlasData; row: number }): JSX.Element {
  const { value, error } = useAsync(() => data.document(row), [row]);
  const latent = data.strongest[row];
  return (
    <>
      <strong>{value ? plain(value.title || value.text, 100) : `document ${row}`}</strong>
      {value?.title && <span>{plain(value.text, 140)}</span>}
      {error && <span class="problem">{error}</span>}
      {latent < data.index.latents && (
        <span class="muted">strongest: {latentName(data, latent)}</span>
      )}
    </>
  );
}
