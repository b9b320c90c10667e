import { type Codes, topDocuments } from "../core/codes.js";
import type { Matrix } from "../core/matrix.js";
import { postingsOf } from "../core/postings.js";
import type { Presentable, PresentationPart } from "../core/presentation.js";
import type { CatalogRow } from "../catalog/row.js";
import type { Document } from "../corpus/corpus.js";
import { requireCount, requireText } from "../core/arguments.js";
import { ArgumentError } from "../core/errors.js";
import { searchLabels } from "../search/names/search-labels.js";
import { type Term, findFamily, findLatent } from "../search/names/names.js";
import { type Family, familyName } from "../records/family.js";
import type { AtlasStore } from "./store.js";
import { showsItself } from "../core/self-showing.js";

/** Documents, relatives and members that a view lists, unless it is asked for more. */
const LISTED = 10;

/** A latent with all that the atlas has on it. */
export interface LatentView extends Presentable {
  id: number;
  /** Empty where it has none. */
  label: string;
  /** Its row of the catalog: label, scores, density, place, class and more. */
  row: CatalogRow;
  /** The documents in which it is strongest, strongest first. */
  documents: { row: number; id: string; title: string; activation: number; text: string }[];
  /** Latents of the nearest decoder directions, nearest first. */
  nearest: { latent: number; label: string; cosine: number }[];
  /** Latents with the most similar activations; `documents` counts those that share both. */
  coactive: { latent: number; label: string; cosine: number; documents: number }[];
  /** Families that it belongs to, by their parent latent. */
  families: { parent: number; name: string; role: "parent" | "member" }[];
}

/** A family with the labels of its latents. */
export interface FamilyView extends Presentable {
  parent: number;
  name: string;
  /** How reproducible it is over resamples of the documents; undefined where that was not measured. */
  stability?: number;
  /** The parent first, then the members in the order of the tree; `depth` is 0 for the parent. */
  latents: { latent: number; label: string; depth: number; active: number }[];
  family: Family;
}

/** A document with its active latents. */
export interface DocumentView extends Presentable {
  /** Row in the corpus, from 0. */
  row: number;
  id: string;
  title: string;
  text: string;
  classes: readonly string[];
  /** Its active latents, strongest first; `row` is the latent's row of the catalog. */
  latents: { latent: number; label: string; activation: number; row: CatalogRow }[];
}

/** Codes that a notebook shows as the active latents of each input. */
export interface CodesView extends Codes, Presentable {
  /** What was encoded [rows, d]. */
  embeddings: Matrix;
}

/** The label of every latent [n], empty where there is none. */
export async function labelTexts(store: AtlasStore): Promise<string[]> {
  const [{ n }, labels] = [await store.sae(), await store.labels()];
  return Array.from({ length: n }, (_, latent) => labels.get(latent)?.text ?? "");
}

/** A latent by its number or by words of its label. Throws ArgumentError where there is none. */
export async function viewLatent(
  store: AtlasStore,
  term: Term,
  { limit = LISTED }: { limit?: number } = {},
): Promise<LatentView> {
  requireCount("latent: limit", limit, 0);
  const labels = await labelTexts(store);
  const id = findLatent({ n: labels.length, labels }, term);
  const row = rowOf(await store.catalog(), id);
  const documents = await store.documents();
  const postings = await store.postings();
  const strongest = topDocuments(postings, id, limit);
  const activations = postingsOf(postings, id).values;
  const nameOf = (latent: number): string => labels[latent] || `latent ${latent}`;
  const view = {
    id,
    label: labels[id],
    row,
    documents: strongest.map(({ document, value }) => ({
      row: document,
      id: documents[document].id,
      title: titleOf(documents[document]),
      activation: value,
      text: documents[document].text,
    })),
    nearest: row.nearest.slice(0, limit).map(({ index, cosine }) => ({
      latent: index,
      label: nameOf(index),
      cosine,
    })),
    coactive: row.coactive.slice(0, limit).map(({ index, ...rest }) => ({
      latent: index,
      label: nameOf(index),
      ...rest,
    })),
    families: row.families.map(({ id: parent, name, role }) => ({ parent, name, role })),
  };
  return showsItself({
    ...view,
    present: () => [
      { heading: `Latent ${id}: ${view.label || "no label"}`, rows: [factsOf(row)] },
      { heading: "Activations", text: drawHistogram(activations) },
      {
        heading: "Strongest documents",
        rows: view.documents.map(({ activation, title, text }) => ({ activation, title, text })),
      },
      { heading: "Nearest by direction", rows: view.nearest },
      { heading: "Active in the same documents", rows: view.coactive },
      ...(view.families.length > 0 ? [{ heading: "Families", rows: view.families }] : []),
    ],
  });
}

function factsOf(row: CatalogRow): object {
  const { active, density, max_activation: strongest, score, score_name: measure } = row;
  return {
    "active in": active,
    density,
    "max activation": strongest,
    "label by": row.label_source,
    ...(score !== null && measure !== null && { [measure]: score }),
    ...(row.score_low !== null && { from: row.score_low, to: row.score_high }),
    ...classOf(row),
  };
}

const BARS = "▁▂▃▄▅▆▇█";
const BINS = 24;

/** How many documents have each activation, from 0 to the strongest, as a line of text. */
function drawHistogram(values: Float32Array): string {
  const most = values.reduce((found, value) => Math.max(found, value), 0);
  if (most === 0) return "active in no document";
  const counts = new Uint32Array(BINS);
  for (const value of values) counts[Math.min(BINS - 1, Math.floor((value / most) * BINS))]++;
  const highest = Math.max(...counts);
  const bars = Array.from(counts, (count) =>
    count === 0 ? " " : BARS[Math.ceil((count / highest) * BARS.length) - 1],
  );
  return `0 ${bars.join("")} ${Number(most.toPrecision(3))}`;
}

/** An atlas at a glance: its sizes and its largest families. */
export async function presentAtlas(store: AtlasStore): Promise<PresentationPart[]> {
  const { rows, k, n } = await store.codes();
  const [families, labels] = [await store.families(), await store.labels()];
  const largest = [...families].sort((a, b) => b.members.length - a.members.length);
  return [
    {
      heading: `Atlas ${store.name}`,
      rows: [
        {
          documents: rows,
          latents: n,
          "active per document": k,
          families: families.length,
          labels: labels.size,
        },
      ],
    },
    {
      heading: "Largest families",
      rows: largest.slice(0, LISTED).map((family) => ({
        parent: family.parent,
        name: familyName(family),
        latents: family.members.length + 1,
        ...(family.stability !== undefined && { stability: family.stability }),
      })),
    },
  ];
}

/** The class that a latent matches best, as columns of a table; none where documents have no classes. */
export function classOf({ class_name: name, class_f1: f1 }: CatalogRow): object {
  return name === null ? {} : { "nearest class": name, F1: f1 };
}

/** A family by its parent latent's number or by words of its name. Throws ArgumentError where there is none. */
export async function viewFamily(store: AtlasStore, term: Term): Promise<FamilyView> {
  const family = findFamily(await store.families(), term);
  const labels = await labelTexts(store);
  const { offsets } = await store.postings();
  const latentOf = (latent: number, depth: number): FamilyView["latents"][number] => ({
    latent,
    label: labels[latent] || `latent ${latent}`,
    depth,
    active: offsets[latent + 1] - offsets[latent],
  });
  const { parent, members, stability } = family;
  const name = familyName(family);
  const latents = [
    latentOf(parent, 0),
    ...members.map(({ latent, depth }) => latentOf(latent, depth)),
  ];
  return showsItself({
    parent,
    name,
    ...(stability !== undefined && { stability }),
    latents,
    family,
    present: () => [
      {
        heading: `Family ${parent}: ${name}`,
        rows: latents.map(({ latent, label, depth, active }) => ({
          latent,
          label: `${"· ".repeat(depth)}${label}`,
          "active in": active,
        })),
      },
    ],
  });
}

/** A document by its row, its id, or words of its title (else of its text). Throws ArgumentError where there is none. */
export async function viewDocument(store: AtlasStore, term: Term): Promise<DocumentView> {
  const documents = await store.documents();
  const row = findDocument(documents, term);
  const labels = await labelTexts(store);
  const catalog = await store.catalog();
  const { id, title, text, classes } = documents[row];
  const latents = activeLatents(await store.codes(), row).map(({ latent, activation }) => ({
    latent,
    label: labels[latent] || `latent ${latent}`,
    activation,
    row: rowOf(catalog, latent),
  }));
  return showsItself({
    row,
    id,
    title,
    text,
    classes,
    latents,
    present: () => [
      { heading: title || id, text },
      {
        heading: "Active latents",
        rows: latents.map(({ row: found, ...shown }) => ({
          ...shown,
          "active in": found.active,
          ...classOf(found),
        })),
      },
    ],
  });
}

function findDocument(documents: readonly Document[], term: Term): number {
  if (typeof term !== "number") requireText("document", term);
  if (typeof term === "number") {
    if (Number.isInteger(term) && term >= 0 && term < documents.length) return term;
    throw new ArgumentError(
      `document: no row ${term}; the corpus has ${documents.length} documents`,
    );
  }
  const byId = documents.findIndex(({ id }) => id === term);
  if (byId >= 0) return byId;
  const byTitle = searchLabels(
    documents.map(({ title }) => title),
    term,
  ).at(0)?.index;
  const found =
    byTitle ??
    searchLabels(
      documents.map(({ text }) => text),
      term,
    ).at(0)?.index;
  if (found === undefined)
    throw new ArgumentError(`document: no document contains the words "${term}"`);
  return found;
}

/** The latents of a row of codes whose value is above 0, strongest first. */
function activeLatents(
  { k, indices, values }: Codes,
  row: number,
): { latent: number; activation: number }[] {
  const slots = Array.from({ length: k }, (_, slot) => row * k + slot);
  return slots
    .map((at) => ({ latent: indices[at], activation: values[at] }))
    .filter(({ activation }) => activation > 0)
    .sort((a, b) => b.activation - a.activation);
}

/** Codes with the labels of their latents, under `names` of the inputs where they have some. */
export async function viewCodes(
  store: AtlasStore,
  codes: Codes,
  embeddings: Matrix,
  names: readonly string[] = [],
): Promise<CodesView> {
  const labels = await labelTexts(store);
  return showsItself({
    ...codes,
    embeddings,
    present: () =>
      Array.from({ length: Math.min(codes.rows, LISTED) }, (_, row) => ({
        heading: names.at(row) ?? `row ${row}`,
        rows: activeLatents(codes, row).map(({ latent, activation }) => ({
          latent,
          label: labels[latent] || `latent ${latent}`,
          activation,
        })),
      })),
  });
}

/** A document's title, else the start of its text. */
export function titleOf({ title, text }: Document): string {
  return title || text.slice(0, 80);
}

function rowOf(catalog: readonly CatalogRow[], latent: number): CatalogRow {
  const row = catalog[latent]?.index === latent ? catalog[latent] : undefined;
  const found = row ?? catalog.find(({ index }) => index === latent);
  if (found === undefined) throw new ArgumentError(`latent: ${latent} is not in the catalog`);
  return found;
}
