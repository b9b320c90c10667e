import type { JSX } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import type { AtlasData, Compared } from "./data/atlas.js";
import { plain, wholeNumber } from "./data/text.js";
import { type Outcome, useAsync } from "./parts/use-async.js";
import type { View } from "./state/address.js";
import { atlas } from "./state/atlas-state.js";
import { canRedo, canUndo, change, redo, state, undo } from "./state/state.js";
import { Catalog } from "./views/catalog.js";
import { Words } from "./parts/term.js";
import { ComparedMaps } from "./views/compare/compared-maps.js";
import { Matches } from "./views/compare/matches.js";
import { Pair } from "./views/compare/pair.js";
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
  /** Whether the atlas has it. Default yes. */
  isThere?: (data: AtlasData) => boolean;
  /** Whether it takes the place of the maps. */
  isWide?: boolean;
}

const ENTRIES: readonly ViewEntry[] = [
  { view: "map", title: "Maps" },
  { view: "families", title: "Families", side: (data) => <Families data={data} /> },
  { view: "search", title: "Search", side: (data) => <Search data={data} /> },
  { view: "catalog", title: "Catalog", side: (data) => <Catalog data={data} />, isWide: true },
  { view: "compare", title: "Compare", isThere: ({ index }) => index.other !== undefined },
];

/** The whole page. */
export function App(): JSX.Element {
  const data = atlas.value;
  useLayoutEffect(listenToKeys, []);
  const { latents, documents } = state.value;
  useEffect(
    () => data?.source.report?.({ latents: [...latents], documents: [...documents] }),
    [data, latents, documents],
  );
  const { view, focus } = state.value;
  const wantsOther = view === "compare" || focus?.isOther === true;
  const compared = useAsync(() => (wantsOther ? data?.compared() : undefined), [data, wantsOther]);
  if (data === undefined) return <p class="waiting">Loading the atlas.</p>;
  const entries = ENTRIES.filter(({ isThere }) => isThere?.(data) ?? true);
  const entry = entries.find((one) => one.view === view) ?? entries[0];
  const isCompared = entry.view === "compare";
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
          {entries.map((one) => (
            <button
              key={one.view}
              type="button"
              aria-current={one === entry ? "page" : undefined}
              onClick={() => change({ view: one.view })}
            >
              {one.title}
            </button>
          ))}
        </nav>
        <Find data={data} />
        <span class="history">
          <Words />
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
        class={`view-${entry.view}${entry.isWide ? " wide" : ""}${entry.side || isCompared ? "" : " alone"}${focus ? " detailed" : ""}`}
      >
        {isCompared ? (
          <CompareView data={data} outcome={compared} />
        ) : (
          <>
            {entry.side?.(data)}
            {!entry.isWide && (
              <div class="middle">
                <MapSwitch />
                <Maps data={data} />
              </div>
            )}
          </>
        )}
        <Detail data={data} compared={isCompared || focus?.isOther ? compared.value : undefined} />
      </main>
      <SelectionBar data={data} />
    </>
  );
}

/** Two atlases side by side: their maps and the table of matches. */
function CompareView(props: {
  data: AtlasData;
  outcome: Outcome<Compared | undefined>;
}): JSX.Element {
  const { data, outcome } = props;
  const { value, error } = outcome;
  if (error !== undefined) return <p class="problem waiting">{error}</p>;
  if (value === undefined) return <p class="waiting">Matching the latents of both atlases.</p>;
  return (
    <>
      <Matches data={data} compared={value} />
      <div class="middle">
        <MapSwitch isCompared />
        <ComparedMaps data={data} compared={value} />
      </div>
    </>
  );
}

function MapSwitch({ isCompared = false }: { isCompared?: boolean }): JSX.Element {
  const { maps, fade, regions } = state.value;
  return (
    <div class="map-switch">
      {!isCompared && (
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
      )}
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

function Detail(props: { data: AtlasData; compared: Compared | undefined }): JSX.Element | null {
  const { focus } = state.value;
  const { compared } = props;
  if (focus === undefined) return null;
  const data = focus.isOther ? compared?.other : props.data;
  // The other atlas may be on its way, or there may be none.
  if (data === undefined) return null;
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
      {compared && id < count[kind] && <Pair data={props.data} compared={compared} focus={focus} />}
      {id >= count[kind] ? (
        <p class="problem">
          no {kind} {id}: there are only {wholeNumber(count[kind])}
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
    // Text fields have keys and an undo of their own; sliders, boxes and lists of choices have none.
    const isTyping =
      event.target instanceof HTMLElement &&
      event.target.matches("textarea, input:not([type=range], [type=checkbox])");
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
