import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { AtlasData } from "./data/atlas.js";
import { plain, wholeNumber } from "./data/text.js";
import type { View } from "./state/address.js";
import { atlas } from "./state/atlas-state.js";
import { canRedo, canUndo, change, redo, state, undo } from "./state/state.js";
import { Catalog } from "./views/catalog.js";
import { DocumentPage } from "./views/document.js";
import { Families } from "./views/families.js";
import { FamilyPage } from "./views/family.js";
import { Find } from "./views/find.js";
import { LatentPage } from "./views/latent.js";
import { Maps } from "./views/maps.js";
import { Search } from "./views/search/search.js";
import { SelectionBar } from "./views/selection.js";

/** A view beside the maps: its tab, and what it needs of the source. */
interface ViewEntry {
  view: View;
  title: string;
  /** What stands beside the maps; views without it are the maps alone. */
  side?: (data: AtlasData) => JSX.Element | null;
  /** Whether it takes the place of the maps. */
  isWide?: boolean;
}

const ENTRIES: readonly ViewEntry[] = [
  { view: "map", title: "Maps" },
  { view: "families", title: "Families", side: (data) => <Families data={data} /> },
  { view: "search", title: "Search", side: (data) => <Search data={data} /> },
  { view: "catalog", title: "Catalog", side: (data) => <Catalog data={data} />, isWide: true },
];

/** The whole page. */
export function App(): JSX.Element {
  const data = atlas.value;
  useEffect(listenToKeys, []);
  const { latents, documents } = state.value;
  useEffect(
    () => data?.source.report?.({ latents: [...latents], documents: [...documents] }),
    [data, latents, documents],
  );
  if (data === undefined) return <p class="waiting">Loading the atlas.</p>;
  const entries = ENTRIES;
  const entry = entries.find(({ view }) => view === state.value.view) ?? entries[0];
  return (
    <>
      <header class="top">
        <h1 title={data.index.name}>
          <bdi>{plain(data.index.name, 60)}</bdi>
          <small>
            {wholeNumber(data.index.latents)} latents, {wholeNumber(data.index.documents)} documents
          </small>
        </h1>
        <nav aria-label="views">
          {entries.map(({ view, title }) => (
            <button
              key={view}
              type="button"
              aria-current={view === entry.view ? "page" : undefined}
              onClick={() => change({ view })}
            >
              {title}
            </button>
          ))}
        </nav>
        <Find data={data} />
        <span class="history">
          <button
            type="button"
            aria-label="Undo"
            title="Undo (Ctrl+Z)"
            disabled={!canUndo.value}
            onClick={undo}
          >
            ↶
          </button>
          <button
            type="button"
            aria-label="Redo"
            title="Redo (Ctrl+Shift+Z)"
            disabled={!canRedo.value}
            onClick={redo}
          >
            ↷
          </button>
        </span>
      </header>
      <main
        class={`view-${entry.view}${entry.isWide ? " wide" : ""}${entry.side ? "" : " alone"}${state.value.focus ? " detailed" : ""}`}
      >
        {entry.side?.(data)}
        {!entry.isWide && (
          <div class="middle">
            <MapSwitch />
            <Maps data={data} />
          </div>
        )}
        <Detail data={data} />
      </main>
      <SelectionBar data={data} />
    </>
  );
}

function MapSwitch(): JSX.Element {
  const { maps, fade, regions } = state.value;
  return (
    <div class="map-switch">
      <span class="segmented" role="group" aria-label="maps shown">
        {(["both", "latents", "documents"] as const).map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={maps === one}
            onClick={() => change({ maps: one })}
          >
            {one === "both" ? "Both maps" : one === "latents" ? "Latents" : "Documents"}
          </button>
        ))}
      </span>
      <label>
        <input type="checkbox" checked={regions} onChange={() => change({ regions: !regions })} />
        outline families
      </label>
      <label title="Latents whose label's score has a wide interval are drawn faint">
        <input type="checkbox" checked={fade} onChange={() => change({ fade: !fade })} />
        faint where uncertain
      </label>
    </div>
  );
}

function Detail({ data }: { data: AtlasData }): JSX.Element | null {
  const { focus } = state.value;
  if (focus === undefined) return null;
  const { kind, id } = focus;
  const count = { latent: data.index.latents, document: data.index.documents, family: Infinity };
  return (
    <aside class="detail" aria-label="detail">
      <button
        type="button"
        class="close"
        aria-label="Close"
        onClick={() => change({ focus: undefined })}
      >
        ×
      </button>
      {id >= count[kind] ? (
        <p class="problem">
          no {kind} {id}: there are {wholeNumber(count[kind])}
        </p>
      ) : kind === "latent" ? (
        <LatentPage key={id} data={data} latent={id} />
      ) : kind === "document" ? (
        <DocumentPage key={id} data={data} row={id} />
      ) : (
        <FamilyPage key={id} data={data} parent={id} />
      )}
    </aside>
  );
}

function listenToKeys(): () => void {
  const onKeyDown = (event: KeyboardEvent): void => {
    const isTyping =
      event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
    if (isTyping) return;
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) {
      event.preventDefault();
      if (key === "y" || event.shiftKey) redo();
      else undo();
    } else if (key === "/" && !event.ctrlKey) {
      event.preventDefault();
      document.querySelector<HTMLElement>(".find input")?.focus();
    } else if (key === "escape") change({ focus: undefined });
  };
  addEventListener("keydown", onKeyDown);
  return () => removeEventListener("keydown", onKeyDown);
}
