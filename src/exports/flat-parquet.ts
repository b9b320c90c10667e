import { parquetWriteBuffer } from "hyparquet-writer";
import type { CatalogRow } from "../catalog/row.js";

const REPLACED = /\p{Surrogate}/gu;

/**
 * The catalog as a flat Parquet table with one row per latent and only numbers and texts as columns: embedding-atlas
 * and other map viewers open it directly (`x`, `y`, `text`), and DuckDB without unnesting. Latents without a place are
 * omitted. Columns: id, x, y, label, text (label, keywords and strongest documents, one per line), label_source, score,
 * score_name, score_n, score_low, score_high, active, density, log10_density, mean_activation, max_activation, family,
 * family_name, role, class_name, class_f1.
 */
export function catalogToFlatParquet(rows: readonly CatalogRow[]): Uint8Array {
  const placed = rows.filter(({ x, y }) => x !== null && y !== null);
  const text = (name: string, of: (row: CatalogRow) => string | null): Column => ({
    name,
    type: "STRING",
    data: placed.map((row) => of(row)?.replace(REPLACED, "\ufffd") ?? null),
  });
  const real = (name: string, of: (row: CatalogRow) => number | null): Column => ({
    name,
    type: "DOUBLE",
    data: placed.map(of).map((value) => (Number.isFinite(value) ? value : null)),
  });
  const whole = (name: string, of: (row: CatalogRow) => number | null): Column => ({
    name,
    type: "INT32",
    data: placed.map(of),
  });
  const columnData = [
    whole("id", ({ index }) => index),
    real("x", ({ x }) => x),
    real("y", ({ y }) => y),
    text("label", ({ label, index }) => label || `latent ${index}`),
    text("text", describe),
    text("label_source", (row) => row.label_source),
    real("score", ({ score }) => score),
    text("score_name", (row) => row.score_name),
    whole("score_n", (row) => row.score_n),
    real("score_low", (row) => row.score_low),
    real("score_high", (row) => row.score_high),
    whole("active", ({ active }) => active),
    real("density", ({ density }) => density),
    real("log10_density", ({ density }) => (density > 0 ? Math.log10(density) : null)),
    real("mean_activation", (row) => row.mean_activation),
    real("max_activation", (row) => row.max_activation),
    whole("family", ({ families }) => families[0]?.id ?? null),
    text("family_name", ({ families }) => families[0]?.name ?? null),
    text("role", ({ families }) => families[0]?.role ?? null),
    text("class_name", (row) => row.class_name ?? row.class),
    real("class_f1", (row) => row.class_f1),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: "feature-families" }));
}

interface Column {
  name: string;
  type: "STRING" | "DOUBLE" | "INT32";
  data: (string | number | null)[];
}

function describe({ label, index, keywords, top_documents: top }: CatalogRow): string {
  const titles = top.slice(0, 5).map(({ title }) => title);
  return [label || `latent ${index}`, keywords.join(", "), ...titles]
    .filter((line) => line !== "")
    .join("\n");
}
