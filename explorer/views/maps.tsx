import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { PageFamily } from "../../src/explorer/format.js";
import { type AtlasData, familyMembers, latentName } from "../data/atlas.js";
import {
  type Colouring,
  colourDocuments,
  colourLatents,
  documentChoices,
  familyColours,
  latentChoices,
} from "../data/colour.js";
import { type Lit, findLit } from "../data/lit.js";
import { plain } from "../data/text.js";
import type { MapName, Overlay } from "../map/overlay.js";
import { PointMap, type PointMapProps } from "../map/point-map.js";
import { thingOf } from "../parts/links.js";
import { useAsync } from "../parts/use-async.js";
import type { Focus } from "../state/address.js";
import { change, changeLook, found, hovered, ownFocus, show, state } from "../state/state.js";
import { DocumentCard, LatentCard } from "./cards.js";
import { Legend, type Side } from "./legend.js";

type How = Parameters<PointMapProps["onSelect"]>[1];

const NAMED_FAMILIES = 60;
const OUTLINED = 14;

/** The maps of latents and of documents, side by side or one of them. */
export function Maps({ data }: { data: AtlasData }): JSX.Element {
  const { maps, latents, documents } = state.value;
  const focus = ownFocus();
  const own =
    useAsync(() => findLit(data, { focus, latents, documents }), [data, focus, latents, documents])
      .value ?? {};
  const lit = own.latents === undefined && found.value !== undefined ? found.value : own;
  return (
    <div class={`maps ${maps}`}>
      {maps !== "documents" && (
        <LatentMap
          data={data}
          lit={lit}
          focus={focus}
          over={hovered.value}
          select={(ids, how) => change({ latents: combined(latents, ids, how), documents: [] })}
        />
      )}
      {maps !== "latents" && <DocumentMap data={data} lit={lit} />}
    </div>
  );
}

/** The map of an atlas's latents, with what it is about and what the pointer is on. */
export function LatentMap(props: {
  data: AtlasData;
  lit: Lit;
  focus?: Focus;
  over?: Focus;
  select: (ids: readonly number[], how: How) => void;
  /** What the points are, where that is not plain. Default "latents". */
  title?: string;
}): JSX.Element {
  const { data, lit, focus, over, select, title = "latents" } = props;
  const { colour, hidden, fade, regions, looks } = state.value;
  const side = data.isOther ? "o" : "l";
  const map = data.isOther ? "other" : "latents";
  const { columns, latentPoints } = data;
  const colouring = useMemo(() => colourLatents(data, colour), [data, colour]);
  const certainty = useMemo(
    () => (fade ? columns.score.map((_, at) => certaintyOf(data, at)) : undefined),
    [data, fade],
  );
  const style = useMemo(() => {
    const most = columns.density.reduce((all, one) => Math.max(all, one), 1e-9);
    const base = latentPoints.length > 60_000 ? 3 : latentPoints.length > 8000 ? 4 : 5.5;
    return styleOf(colouring, {
      hidden: hiddenOf(hidden, side),
      diameter: (at) => base + 9 * Math.sqrt(columns.density[at] / most),
      opacity: (at) => certainty?.[at] ?? 0.85,
    });
  }, [data, colouring, certainty, hidden]);
  const family = focus?.kind === "family" ? focus.id : undefined;
  const names = useMemo(() => latentNames(data), [data]);
  const overlay = useMemo(
    () => ({ names, ...outlines(data, family, regions) }),
    [data, names, family, regions],
  );
  return (
    <div class="map-frame">
      <PointMap
        title={title}
        points={latentPoints}
        {...style}
        lit={lit.latents}
        look={looks[map]}
        onLook={(look) => changeLook(map, look)}
        overlay={overlay}
        focus={focus?.kind === "latent" ? focus.id : undefined}
        hovered={over?.kind === "latent" ? over.id : undefined}
        onHover={(id) =>
          (hovered.value = id === undefined ? undefined : thingOf(data, "latent", id))
        }
        onClick={(id) => show(thingOf(data, "latent", id))}
        onSelect={select}
        card={(id) => <LatentCard data={data} latent={id} />}
      />
      <Legend
        title={`${title[0].toUpperCase()}${title.slice(1)}`}
        side={side}
        colouring={colouring}
        choices={latentChoices(data)}
        chosen={colour}
        choose={(name) => change({ colour: name, hidden: withoutSide(hidden, "lo") })}
      />
    </div>
  );
}

function DocumentMap({ data, lit }: { data: AtlasData; lit: Lit }): JSX.Element {
  const { documentColour } = state.value;
  const { value, error } = useAsync(
    () => colourDocuments(data, documentColour),
    [data, documentColour],
  );
  if (value !== undefined) return <DocumentPlot data={data} lit={lit} colouring={value} />;
  return <div class="map-frame">{error && <p class="problem">{error}</p>}</div>;
}

function DocumentPlot(props: { data: AtlasData; lit: Lit; colouring: Colouring }): JSX.Element {
  const { data, lit, colouring } = props;
  const { documentColour, hidden, looks, focus, documents } = state.value;
  const { documentPoints } = data;
  const style = useMemo(() => {
    const count = documentPoints.length / 2;
    const size = count > 100_000 ? 2.2 : count > 20_000 ? 3 : count > 3000 ? 4 : 6;
    const opacity = count > 100_000 ? 0.5 : 0.7;
    return styleOf(colouring, {
      hidden: hiddenOf(hidden, "d"),
      diameter: () => size,
      opacity: () => opacity,
    });
  }, [data, colouring, hidden]);
  const overlay = useMemo(() => documentOverlay(data), [data]);
  const over = hovered.value;
  return (
    <div class="map-frame">
      <PointMap
        title="documents"
        points={documentPoints}
        {...style}
        lit={lit.documents}
        look={looks.documents}
        onLook={(look) => changeLook("documents", look)}
        overlay={overlay}
        focus={focus?.kind === "document" ? focus.id : undefined}
        hovered={over?.kind === "document" ? over.id : undefined}
        onHover={(id) => (hovered.value = id === undefined ? undefined : { kind: "document", id })}
        onClick={(id) => show({ kind: "document", id })}
        onSelect={(ids, how) => change({ documents: combined(documents, ids, how), latents: [] })}
        card={(id) => <DocumentCard key={id} data={data} row={id} />}
      />
      <Legend
        title={`Documents, placed by their ${data.index.placedBy}`}
        side="d"
        colouring={colouring}
        choices={documentChoices(data)}
        chosen={documentColour}
        choose={(name) => change({ documentColour: name, hidden: withoutSide(hidden, "d") })}
      />
    </div>
  );
}

/** Legend entries switched off on one side. */
export function hiddenOf(hidden: readonly string[], side: Side): Set<string> {
  return new Set(hidden.filter((key) => key.startsWith(side)).map((key) => key.slice(1)));
}

function withoutSide(hidden: readonly string[], sides: string): string[] {
  return hidden.filter((key) => !sides.includes(key[0]));
}

/** A selection after points were taken, added or subtracted. */
export function combined(before: readonly number[], ids: readonly number[], how: How): number[] {
  if (how === "new") return [...ids];
  const set = new Set(before);
  for (const id of ids)
    if (how === "add") set.add(id);
    else set.delete(id);
  return [...set].sort((a, b) => a - b);
}

/** From 0 to 1: a narrow interval of the label's score is certain. */
function certaintyOf({ columns }: AtlasData, latent: number): number {
  const [low, high] = [columns.score_low[latent], columns.score_high[latent]];
  if (low === null || high === null) return 0.25;
  return 0.15 + 0.8 * Math.max(0, 1 - (high - low));
}

function styleOf(
  { entries, category }: Colouring,
  options: {
    hidden: ReadonlySet<string>;
    diameter: (at: number) => number;
    opacity: (at: number) => number;
  },
): Pick<PointMapProps, "colours" | "sizes"> {
  const { hidden, diameter, opacity } = options;
  const tints = entries.map(({ colour }) =>
    [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)),
  );
  const isHidden = entries.map(({ key }) => hidden.has(key));
  const colours = new Uint8Array(4 * category.length);
  const sizes = new Float32Array(category.length);
  for (let at = 0; at < category.length; at++) {
    const place = category[at];
    const [red, green, blue] = tints[place];
    colours[4 * at] = red;
    colours[4 * at + 1] = green;
    colours[4 * at + 2] = blue;
    colours[4 * at + 3] = Math.round(255 * opacity(at));
    sizes[at] = isHidden[place] ? 0 : diameter(at);
  }
  return { colours, sizes };
}

function placesOf({ latentPoints }: AtlasData): (latent: number) => Place {
  return (latent) => [latentPoints[2 * latent], latentPoints[2 * latent + 1]];
}

function bySize(families: readonly PageFamily[]): PageFamily[] {
  return [...families].sort((a, b) => b.members.length - a.members.length);
}

/** The largest families, then all latents, the most frequent first. */
function latentNames(data: AtlasData): MapName[] {
  const { columns, families, index } = data;
  const place = placesOf(data);
  const ranked = Uint32Array.from({ length: index.latents }, (_, latent) => latent).sort(
    (a, b) => columns.density[b] - columns.density[a],
  );
  return [
    ...bySize(families)
      .slice(0, NAMED_FAMILIES)
      .map((family, i): MapName => {
        const [x, y] = centre(familyMembers(family).map(place));
        const text = (): string => plain(family.name, 60);
        return { x, y, text, isFamily: true, from: i < 12 ? 0 : 0.9 + i / 25 };
      }),
    ...Array.from(ranked, (latent, i): MapName => {
      const [x, y] = place(latent);
      const text = (): string => latentName(data, latent);
      return { x, y, text, isFamily: false, from: i < 200 ? 2 : 3 };
    }),
  ];
}

/** The largest families and the chosen one as regions, and the edges of that. */
function outlines(
  data: AtlasData,
  chosen: number | undefined,
  regions: boolean,
): Pick<Overlay, "regions" | "edges"> {
  const place = placesOf(data);
  const colourOf = familyColours(data);
  const outlined = bySize(data.families)
    .filter(({ parent }, i) => parent === chosen || (regions && i < OUTLINED))
    .sort((a, b) => Number(a.parent === chosen) - Number(b.parent === chosen));
  const own = chosen === undefined ? undefined : data.familyOf.get(chosen);
  return {
    regions: outlined.map((family) => ({
      points: near(familyMembers(family).map(place)),
      colour: colourOf(family),
      isChosen: family.parent === chosen,
    })),
    edges: (own?.members ?? []).map(([latent, , on, weight]) => ({
      from: place(on),
      to: place(latent),
      weight,
    })),
  };
}

/** The families at the means of the documents whose strongest latents are in them. */
function documentOverlay(data: AtlasData): Pick<Overlay, "names" | "regions" | "edges"> {
  const { families, columns, strongest, documentPoints } = data;
  const at = new Map(families.map(({ parent }, i) => [parent, i]));
  const familyOf = Int32Array.from(columns.family, (parent) => at.get(parent) ?? -1);
  const sums = families.map((family) => ({ family, x: 0, y: 0, count: 0 }));
  strongest.forEach((latent, row) => {
    const [x, y] = [documentPoints[2 * row], documentPoints[2 * row + 1]];
    if (!(familyOf[latent] >= 0) || Number.isNaN(x + y)) return;
    const sum = sums[familyOf[latent]];
    sum.x += x;
    sum.y += y;
    sum.count++;
  });
  const ranked = sums.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  return {
    names: ranked.map(({ family, x, y, count }, i) => ({
      x: x / count,
      y: y / count,
      text: () => plain(family.name, 60),
      isFamily: i < NAMED_FAMILIES,
      from: i < 14 ? 0 : 0.9 + i / 25,
    })),
    regions: [],
    edges: [],
  };
}

type Place = readonly [number, number];

/** The median of places, coordinate by coordinate. */
function centre(places: readonly Place[]): Place {
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
  return [median(places.map(([x]) => x)), median(places.map(([, y]) => y))];
}

/** The places without those far from the rest, which would stretch an outline over half of the map. */
function near(places: readonly Place[]): Place[] {
  const [cx, cy] = centre(places);
  const far = places.map(([x, y]) => Math.hypot(x - cx, y - cy));
  const limit = 3 * [...far].sort((a, b) => a - b)[far.length >> 1];
  return places.filter((_, i) => far[i] <= limit || places.length < 4);
}
