import type { CatalogRow } from "./row.js";

/** What a column (or a field of a list's entries) holds. */
export type CatalogKind = "integer" | "number" | "text";

/** A column of the catalog's files. */
export interface CatalogColumn {
  name: keyof CatalogRow;
  /** A kind of value; a list of such values; or a list of records with named fields, in order. */
  kind: CatalogKind | { list: CatalogKind } | { records: Record<string, CatalogKind> };
  /** Never null. */
  required?: boolean;
}

/** Columns that hold one value per latent. */
export type ScalarColumn = {
  [K in keyof CatalogRow]: CatalogRow[K] extends string | number | null ? K : never;
}[keyof CatalogRow];

/** The columns in the order of every file. */
export const CATALOG_COLUMNS: readonly CatalogColumn[] = [
  { name: "index", kind: "integer", required: true },
  { name: "label", kind: "text", required: true },
  { name: "label_source", kind: "text" },
  { name: "label_note", kind: "text" },
  { name: "score", kind: "number" },
  { name: "score_name", kind: "text" },
  { name: "score_n", kind: "integer" },
  { name: "score_low", kind: "number" },
  { name: "score_high", kind: "number" },
  {
    name: "scores",
    kind: {
      records: { name: "text", value: "number", n: "integer", low: "number", high: "number" },
    },
  },
  { name: "keywords", kind: { list: "text" } },
  { name: "model", kind: "text" },
  { name: "prompt_version", kind: "text" },
  { name: "label_date", kind: "text" },
  { name: "label_cost", kind: "number" },
  { name: "label_documents", kind: { records: { id: "text", use: "text" } } },
  { name: "active", kind: "integer", required: true },
  { name: "density", kind: "number", required: true },
  { name: "mean_activation", kind: "number" },
  { name: "max_activation", kind: "number" },
  {
    name: "families",
    kind: { records: { id: "integer", name: "text", role: "text", stability: "number" } },
  },
  { name: "stability", kind: "number" },
  { name: "x", kind: "number" },
  { name: "y", kind: "number" },
  { name: "nearest", kind: { records: { index: "integer", cosine: "number" } } },
  {
    name: "coactive",
    kind: { records: { index: "integer", cosine: "number", documents: "integer" } },
  },
  { name: "top_documents", kind: { records: { id: "text", title: "text", value: "number" } } },
  { name: "class", kind: "text" },
  { name: "class_name", kind: "text" },
  { name: "class_f1", kind: "number" },
  { name: "class_low", kind: "number" },
  { name: "class_high", kind: "number" },
  { name: "class_held_out", kind: "number" },
  { name: "class_chance", kind: "number" },
  { name: "class_kmeans", kind: "number" },
  { name: "class_random_documents", kind: "number" },
  { name: "class_random_decoder", kind: "number" },
  {
    name: "contrasts",
    kind: {
      records: { question: "text", group: "text", effect: "number", low: "number", high: "number" },
    },
  },
];

/** Names of the columns of one value per latent. */
export const SCALAR_COLUMNS: readonly ScalarColumn[] = CATALOG_COLUMNS.flatMap(({ name, kind }) =>
  typeof kind === "string" ? [name as ScalarColumn] : [],
);
