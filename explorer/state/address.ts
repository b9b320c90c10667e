import type { ColumnFilter } from "../../src/explorer/format.js";
import { STEERING_METHODS, type SteeringMethod } from "../../src/search/steering-methods.js";
import type { Look } from "../map/camera.js";
import { packNumbers, unpackNumbers } from "./number-list.js";

/** Views of the page. */
export const VIEWS = ["map", "families", "search", "catalog", "compare"] as const;
export type View = (typeof VIEWS)[number];

/** What the page is about: shown beside every view. */
export interface Focus {
  kind: "latent" | "document" | "family";
  id: number;
  /** Of the atlas that is compared. */
  isOther?: boolean;
}

/** How the list of a view is filtered and sorted. */
export interface ListState {
  /** Words that its lines must have. */
  words: string;
  /** Which lines are shown, as the view's choice has it. */
  only: string;
  /** Column that it is sorted by; "-" before it turns the order. */
  sort: string;
}

/** What is searched for. */
export type Query =
  | { text: string }
  | { words: string }
  | { document: number }
  | { latent: number }
  | { family: number };

/** A slider: a latent set to, or a family moved by, a strength in typical activations. */
export interface Slider {
  kind: "latent" | "family";
  id: number;
  value: number;
}

/** The maps that can be moved, each with the name of its look in the address. */
const LOOKS = { latents: "look", documents: "dlook", other: "olook" } as const;
export type MapSide = keyof typeof LOOKS;

/** All that the address holds. */
export interface PageState {
  view: View;
  focus?: Focus;
  /** Selected latents and documents, ascending. */
  latents: readonly number[];
  documents: readonly number[];
  /** Which maps are shown. */
  maps: "both" | "latents" | "documents";
  /** What is seen of each; all of it where it was not moved. */
  looks: Partial<Record<MapSide, Look>>;
  /** What points are coloured by. */
  colour: string;
  documentColour: string;
  /** Entries of the legends that are switched off. */
  hidden: readonly string[];
  /** Whether opacity shows how certain a label is; whether families are outlined. */
  fade: boolean;
  regions: boolean;
  /** Each view's own list; as NO_LIST where nothing was chosen. */
  lists: Partial<Record<View, ListState>>;
  columns: readonly string[];
  query?: Query;
  sliders: readonly Slider[];
  /** Conditions on columns of the corpus that results must hold. */
  filters: readonly ColumnFilter[];
  method: SteeringMethod;
}

export const NO_LIST: ListState = { words: "", only: "", sort: "" };

export const START: PageState = {
  view: "map",
  latents: [],
  documents: [],
  maps: "both",
  looks: {},
  colour: "family",
  documentColour: "family",
  hidden: [],
  fade: false,
  regions: true,
  lists: {},
  columns: ["label", "score", "active", "family", "keywords"],
  sliders: [],
  filters: [],
  method: "residual",
};

/** The state of an address's fragment; what is missing or malformed is as at the start, and what `counts` has not is not selected. */
export function readAddress(
  hash: string,
  counts?: Readonly<Record<"latents" | "documents", number>>,
): PageState {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const text = (name: string): string | undefined => given.get(name) ?? undefined;
  const list = (name: string): string[] | undefined => text(name)?.split("~").filter(Boolean);
  const view = VIEWS.find((one) => one === text("view"));
  const maps = (["latents", "documents"] as const).find((one) => one === text("maps"));
  const focus = readThing(text("at"));
  const asked = readThing(text("near"));
  const query: Query | undefined = given.has("q")
    ? { text: text("q") ?? "" }
    : given.has("qwords")
      ? { words: text("qwords") ?? "" }
      : asked && ({ [asked.kind]: asked.id } as unknown as Query);
  return {
    ...START,
    view: view ?? START.view,
    ...(focus && { focus }),
    latents: unpackNumbers(text("latents") ?? "", counts?.latents),
    documents: unpackNumbers(text("documents") ?? "", counts?.documents),
    maps: maps ?? START.maps,
    looks: Object.fromEntries(
      Object.entries(LOOKS).flatMap(([map, name]) => {
        const look = readLook(text(name));
        return look === undefined ? [] : [[map, look]];
      }),
    ),
    colour: text("colour") ?? START.colour,
    documentColour: text("dcolour") ?? START.documentColour,
    hidden: list("hidden") ?? START.hidden,
    fade: given.has("fade"),
    regions: !given.has("plain"),
    lists: readLists(view ?? START.view, text),
    columns: list("columns") ?? START.columns,
    ...(query && { query }),
    sliders: (list("sliders") ?? []).flatMap(readSlider),
    filters: readFilters(text("filters")),
    method: STEERING_METHODS.find((one) => one === text("method")) ?? START.method,
  };
}

/** The fragment of a state: what is as at the start is left out. */
export function writeAddress(state: PageState): string {
  const out = new URLSearchParams();
  const put = (name: string, value: string, start = ""): void => {
    if (value !== start) out.set(name, value);
  };
  const { focus, query } = state;
  put("view", state.view, START.view);
  if (focus) put("at", `${focus.isOther ? "other." : ""}${focus.kind}.${focus.id}`);
  put("latents", packNumbers(state.latents));
  put("documents", packNumbers(state.documents));
  put("maps", state.maps, START.maps);
  for (const map of Object.keys(LOOKS) as MapSide[]) {
    put(LOOKS[map], state.looks[map]?.join("_") ?? "");
  }
  put("colour", state.colour, START.colour);
  put("dcolour", state.documentColour, START.documentColour);
  put("hidden", state.hidden.join("~"));
  if (state.fade) out.set("fade", "1");
  if (!state.regions) out.set("plain", "1");
  for (const [view, list] of Object.entries(state.lists)) {
    for (const name of LIST_PARTS) put(listKey(view, state.view, name), list[name]);
  }
  put("columns", state.columns.join("~"), START.columns.join("~"));
  if (query && "text" in query) out.set("q", query.text);
  else if (query && "words" in query) out.set("qwords", query.words);
  else if (query) put("near", Object.entries(query).flat().join("."));
  put("sliders", state.sliders.map(({ kind, id, value }) => `${kind}.${id}.${value}`).join("~"));
  if (state.filters.length > 0) out.set("filters", JSON.stringify(state.filters));
  put("method", state.method, START.method);
  return out.toString();
}

function readThing(text = ""): Focus | undefined {
  const match = /^(other\.)?(latent|document|family)\.(\d+)$/.exec(text);
  if (match === null) return undefined;
  const thing = { kind: match[2] as Focus["kind"], id: Number(match[3]) };
  return match[1] === undefined ? thing : { ...thing, isOther: true };
}

function readLook(text = ""): Look | undefined {
  const [x, y, zoom, ...more] = text.split("_").map(Number);
  const isLook = Number.isFinite(x + y) && zoom > 0 && zoom < Infinity && more.length === 0;
  return isLook ? [x, y, zoom] : undefined;
}

const LIST_PARTS = ["words", "only", "sort"] as const;

/** The shown view's list is named plainly; those of others have their view before the name. */
function listKey(view: string, shown: View, name: keyof ListState): string {
  return view === shown ? name : `${view}.${name}`;
}

function readLists(shown: View, text: (name: string) => string | undefined): PageState["lists"] {
  const lists: PageState["lists"] = {};
  for (const view of VIEWS) {
    for (const name of LIST_PARTS) {
      const value = text(listKey(view, shown, name));
      if (value !== undefined) lists[view] = { ...NO_LIST, ...lists[view], [name]: value };
    }
  }
  return lists;
}

function readFilters(text = "[]"): ColumnFilter[] {
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return [];
    return (list as Partial<ColumnFilter>[]).flatMap(
      ({ column, word, from, to }): ColumnFilter[] => {
        if (typeof column !== "string") return [];
        if (typeof word === "string") return [{ column, word }];
        const range = {
          ...(typeof from === "number" && { from }),
          ...(typeof to === "number" && { to }),
        };
        return [{ column, ...range }];
      },
    );
  } catch {
    return [];
  }
}

function readSlider(text: string): Slider[] {
  const match = /^(latent|family)\.(\d+)\.(-?\d+(?:\.\d+)?)$/.exec(text);
  if (!match) return [];
  return [{ kind: match[1] as Slider["kind"], id: Number(match[2]), value: Number(match[3]) }];
}
