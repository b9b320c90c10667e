import type { ScalarColumn } from "../../src/catalog/columns.js";
import type { PageFamily } from "../../src/explorer/format.js";
import { type AtlasData, familyMembers, familyOfLatent } from "./atlas.js";
import { plain, shortNumber } from "./text.js";

/** Paul Tol's muted palette, which stays apart to colour-blind eyes, on white and on black. */
const CATEGORIES = [
  "#4477aa",
  "#cc6677",
  "#228833",
  "#ddaa33",
  "#66ccee",
  "#aa3377",
  "#44aa99",
  "#ee8866",
  "#999933",
  "#9988cc",
  "#b07050",
];
const COLUMN = "column:";
const REST = "#8b93a0";
const NONE = "#b9bec6";
/** From low to high: light to dark blue on white; the middle of it shows on black too. */
const SCALE = ["#bcd9ee", "#8fc3e6", "#5aa9dc", "#2f8bc9", "#1a6dab", "#164e86", "#1b2f5e"];

/** What a set of points is coloured by. */
export interface ColourChoice {
  name: string;
  title: string;
}

/** An entry of a legend. */
export interface LegendEntry {
  key: string;
  title: string;
  colour: string;
  count: number;
  /** What the count counts, where its number alone would mislead. */
  note?: string;
}

/** Points by category, with the legend that explains and filters them. */
export interface Colouring {
  title: string;
  entries: LegendEntry[];
  /** Place in `entries` of each point. */
  category: Uint16Array;
}

const NUMBERS: Partial<Record<ScalarColumn, string>> = {
  density: "density",
  score: "label score",
  stability: "stability",
  class_f1: "agreement with a class",
  max_activation: "highest activation",
};
const WORDS: Partial<Record<ScalarColumn, string>> = {
  label_source: "label by",
  class_name: "best class",
  model: "model",
};

/** What latents can be coloured by: the columns that have values. */
export function latentChoices({ columns }: AtlasData): ColourChoice[] {
  const known = (name: ScalarColumn): boolean => columns[name].some((value) => value !== null);
  return [
    { name: "family", title: "family" },
    ...Object.entries({ ...NUMBERS, ...WORDS })
      .filter(([name]) => known(name as ScalarColumn))
      .map(([name, title]) => ({ name, title })),
  ];
}

/** What documents can be coloured by: what their strongest latents can, and the corpus's own columns. */
export function documentChoices(data: AtlasData): ColourChoice[] {
  return [
    { name: "family", title: "family of the strongest latent" },
    ...data.index.columns.map((name) => ({ name: COLUMN + name, title: plain(name, 40) })),
    ...latentChoices(data)
      .slice(1)
      .map(({ name, title }) => ({ name, title: `${title}, strongest latent` })),
  ];
}

const made = new WeakMap<AtlasData, Map<string, Colouring>>();

/** Latents coloured by one of the choices; by family for an unknown one. Kept, since maps, lists and legends all ask for it. */
export function colourLatents(data: AtlasData, name: string): Colouring {
  const known = made.get(data) ?? new Map<string, Colouring>();
  made.set(data, known);
  const colouring = known.get(name) ?? makeColouring(data, name);
  known.set(name, colouring);
  return colouring;
}

function makeColouring(data: AtlasData, name: string): Colouring {
  const { columns, index } = data;
  if (Object.hasOwn(NUMBERS, name)) {
    const column = name as keyof typeof NUMBERS;
    return byNumber(NUMBERS[column] ?? name, columns[column] as (number | null)[]);
  }
  if (Object.hasOwn(WORDS, name)) {
    const column = name as keyof typeof WORDS;
    const words = (columns[column] as (string | null)[]).map((word) => word ?? undefined);
    return byCategory(WORDS[column] ?? name, words, (word) => plain(word, 60));
  }
  const families = Array.from({ length: index.latents }, (_, latent) =>
    familyOfLatent(data, latent),
  );
  const coloured = byCategory(
    "family",
    families.map((family) => family && String(family.parent)),
    (key) => plain(data.familyOf.get(Number(key))?.name ?? "", 60),
  );
  for (const entry of coloured.entries) {
    const family = data.familyOf.get(Number(entry.key));
    if (family === undefined) continue;
    const size = familyMembers(family).length;
    entry.note = `first family of ${entry.count} latents${size > entry.count ? `; ${size - entry.count} more of its latents have another first family` : ""}`;
  }
  return coloured;
}

/** Documents coloured by a column of the corpus, or as their strongest latents are. */
export async function colourDocuments(data: AtlasData, name: string): Promise<Colouring> {
  if (name.startsWith(COLUMN)) {
    const columns = await data.documentColumns();
    const own = name.slice(COLUMN.length);
    const column = Object.hasOwn(columns, own) ? columns[own] : undefined;
    if (column?.kind === "number") return byNumber(own, column.values);
    const { words, at } = column ?? { words: [], at: Array.from(data.strongest, () => -1) };
    const keys = at.map((place): string | undefined => words[place]);
    return byCategory(own, keys, (word) => plain(word, 60));
  }
  const latents = colourLatents(data, name);
  const none = latents.entries.findIndex(({ key }) => key === "none");
  const category = Uint16Array.from(data.strongest, (latent) =>
    latent < latents.category.length ? latents.category[latent] : Math.max(0, none),
  );
  const entries = latents.entries.map((entry) => ({ ...entry, note: undefined }));
  return { ...latents, category, entries: counted(entries, category) };
}

/** The colour of each family on the maps, by its parent. */
export function familyColours(data: AtlasData): (family: PageFamily) => string {
  const { entries } = colourLatents(data, "family");
  const colours = new Map(entries.map(({ key, colour }) => [key, colour]));
  return ({ parent }) => colours.get(String(parent)) ?? REST;
}

function byCategory(
  title: string,
  keys: readonly (string | undefined)[],
  name: (key: string) => string,
): Colouring {
  const counts = new Map<string, number>();
  for (const key of keys) if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const named = ranked.slice(0, CATEGORIES.length);
  const entries = named.map(([key, count], i) => ({
    key,
    title: name(key),
    colour: CATEGORIES[i],
    count,
  }));
  const places = new Map(entries.map(({ key }, i) => [key, i]));
  const [rest, none] = [entries.length, entries.length + 1];
  const others = ranked.length - named.length;
  const category = Uint16Array.from(keys, (key) =>
    key === undefined ? none : (places.get(key) ?? rest),
  );
  const more = [
    { key: "rest", title: `${others} more`, colour: REST, count: 0 },
    { key: "none", title: "none", colour: NONE, count: 0 },
  ];
  return { title, category, entries: counted([...entries, ...more], category) };
}

/** Seven steps with about as many points in each. */
function byNumber(title: string, values: readonly (number | null)[]): Colouring {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const bounds = [
    ...new Set(
      SCALE.map(
        (_, i) =>
          sorted[Math.min(sorted.length - 1, Math.floor((i * sorted.length) / SCALE.length))],
      ),
    ),
  ];
  const entries: LegendEntry[] = bounds.map((from, i) => {
    const to = bounds.at(i + 1) ?? sorted[sorted.length - 1];
    const at = Math.round((i * (SCALE.length - 1)) / Math.max(1, bounds.length - 1));
    const title = `${shortNumber(from, 3)} – ${shortNumber(to, 3)}`;
    return { key: `step${i}`, title, colour: SCALE[at], count: 0 };
  });
  const none = entries.length;
  const category = Uint16Array.from(values, (value) => {
    if (value === null) return none;
    let place = 0;
    while (place + 1 < bounds.length && value >= bounds[place + 1]) place++;
    return place;
  });
  const all = [...entries, { key: "none", title: "not known", colour: NONE, count: 0 }];
  return { title, category, entries: counted(all, category) };
}

function counted(entries: readonly LegendEntry[], category: Uint16Array): LegendEntry[] {
  const counts = new Uint32Array(entries.length);
  for (const place of category) counts[place]++;
  return entries.map((entry, i) => ({ ...entry, count: counts[i] }));
}
