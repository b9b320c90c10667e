import type { JSX } from "preact";
import { type AtlasData, latentName } from "../data/atlas.js";
import { plain } from "../data/text.js";
import type { Focus } from "../state/address.js";
import { hovered, show } from "../state/state.js";
import { Marked } from "./marked.js";
import { useAsync } from "./use-async.js";

/** A button that shows a latent, a document or a family and lights it up on the maps while the pointer is on it. */
export function Link(props: { to: Focus; children: preact.ComponentChildren }): JSX.Element {
  const { to, children } = props;
  return (
    <button
      type="button"
      class="link"
      data-kind={to.kind}
      onClick={(event) => {
        event.stopPropagation();
        show(to);
      }}
      onMouseEnter={() => (hovered.value = to)}
      onMouseLeave={() => (hovered.value = undefined)}
    >
      <bdi>{children}</bdi>
    </button>
  );
}

/** A latent, a document or a family of one of the atlases. */
export function thingOf({ isOther }: AtlasData, kind: Focus["kind"], id: number): Focus {
  return isOther ? { kind, id, isOther } : { kind, id };
}

/** Says which atlas a page is about, where it is the one that is compared. */
export function OfOther({ data }: { data: AtlasData }): JSX.Element | null {
  return data.isOther ? <b> of {plain(data.index.name, 60)}</b> : null;
}

export function LatentLink({ data, latent }: { data: AtlasData; latent: number }): JSX.Element {
  return <Link to={thingOf(data, "latent", latent)}>{latentName(data, latent)}</Link>;
}

export function FamilyLink({ data, parent }: { data: AtlasData; parent: number }): JSX.Element {
  return (
    <Link to={thingOf(data, "family", parent)}>
      {plain(data.familyOf.get(parent)?.name ?? `family ${parent}`, 80)}
    </Link>
  );
}

/** A document by its title, else the start of its text, with more of its text below. */
export function DocumentLine(props: {
  data: AtlasData;
  row: number;
  words?: readonly string[];
  most?: number;
}): JSX.Element {
  const { data, row, words = [], most = 220 } = props;
  const { value, error } = useAsync(() => data.document(row), [data, row]);
  if (error !== undefined) return <span class="problem">{error}</span>;
  if (value === undefined) return <span class="muted">document {row}</span>;
  return (
    <div class="document-line">
      <Link to={thingOf(data, "document", row)}>{plain(value.title || value.text, 120)}</Link>
      {value.title !== "" && (
        <p>
          <Marked text={value.text} words={words} most={most} />
        </p>
      )}
    </div>
  );
}
