import type { ColumnFilter } from "../../src/explorer/format.js";
import { STEERING_METHODS, type SteeringMethod } from "../../src/search/steering-methods.js";
import { packNumbers, unpackNumbers } from "./number-list.js";

/** Views of the page. */
export const VIEWS = ["map", "families", "search", "catalog"] as const;
export type View = (typeof VIEWS)[number];

/** What the page is about: shown beside every view. */
export interface Focus {
  kind: "latent" | "document" | "family";
  id: number;
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

/** All that the address holds. */
export interface PageState {
  view: View;
  focus?: Focus;
  /** Selected latents and documents, ascending. */
  latents: readonly number[];
  documents: readonly number[];
  /** Which maps are shown. */
  maps: "both" | "latents" | "documents";
  /** What points are coloured by. */
  colour: string;
  documentColour: string;
  /** Entries of the legends that are switched off. */
  hidden: readonly string[];
  /** Whether opacity shows how certain a label is; whether families are outlined. */
  fade: boolean;
  regions: boolean;
  /** Words that the catalog and the lists of families are filtered by. */
  words: string;
  /** Which labels the catalog shows; see ONLY in views/catalog.tsx. */
  only: string;
  /** Column that the catalog is sorted by; "-" before it turns the order. */
  sort: string;
  columns: readonly string[];
  query?: Query;
  sliders: readonly Slider[];
  /** Conditions on columns of the corpus that results must hold. */
  filters: readonly ColumnFilter[];
  method: SteeringMethod;
}

export const START: PageState = {
  view: "map",
  latents: [],
  documents: [],
  maps: "both",
  colour: "family",
  documentColour: "family",
  hidden: [],
  fade: false,
  regions: true,
  words: "",
  only: "",
  sort: "",
  columns: ["label", "score", "active", "family", "keywords"],
  sliders: [],
  filters: [],
  method: "residual",
};

/** The state of an address's fragment; what is missing or malformed is as at the start. */
export function readAddress(hash: string): PageState {
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
    latents: unpackNumbers(text("latents") ?? ""),
    documents: unpackNumbers(text("documents") ?? ""),
    maps: maps ?? START.maps,
    colour: text("colour") ?? START.colour,
    documentColour: text("dcolour") ?? START.documentColour,
    hidden: list("hidden") ?? START.hidden,
    fade: given.has("fade"),
    regions: !given.has("plain"),
    words: text("words") ?? "",
    only: text("only") ?? "",
    sort: text("sort") ?? "",
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
  if (focus) put("at", `${focus.kind}.${focus.id}`);
  put("latents", packNumbers(state.latents));
  put("documents", packNumbers(state.documents));
  put("maps", state.maps, START.maps);
  put("colour", state.colour, START.colour);
  put("dcolour", state.documentColour, START.documentColour);
  put("hidden", state.hidden.join("~"));
  if (state.fade) out.set("fade", "1");
  if (!state.regions) out.set("plain", "1");
  put("words", state.words);
  put("only", state.only);
  put("sort", state.sort);
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
  const match = /^(latent|document|family)\.(\d+)$/.exec(text);
  return match ? { kind: match[1] as Focus["kind"], id: Number(match[2]) } : undefined;
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
