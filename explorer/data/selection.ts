import { ownValue } from "../../src/core/collections.js";
import { formatCsv } from "../../src/files/csv.js";
import type { PageIndex } from "../../src/explorer/format.js";
import type { AtlasData } from "./atlas.js";

type Value = string | number | null;

/** The selected latents' columns, or the documents with their texts, as a file. */
export async function selectionFile(
  data: AtlasData,
  kind: "latents" | "documents",
  ids: readonly number[],
  ending: "csv" | "json",
): Promise<string> {
  const rows = await (kind === "latents" ? latentRows(data, ids) : documentRows(data, ids));
  if (ending === "json") return `${JSON.stringify(rows, undefined, 1)}\n`;
  const names = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => names.map((name) => ownValue<Value>(row, name)));
  return formatCsv(names, values);
}

/** The program that gives the same selection. */
export function selectionProgram(
  { name, dir = `families/${name}` }: Pick<PageIndex, "name" | "dir">,
  kind: "latents" | "documents",
  ids: readonly number[],
): string {
  const what = kind === "latents" ? "await atlas.catalog()" : "await atlas.documents()";
  return `import { openAtlas } from "feature-families";

const atlas = await openAtlas(${JSON.stringify(dir)});
const ${kind} = ${what};
const selected = [${ids.join(", ")}].map((row) => ${kind}[row]);
`;
}

async function latentRows(
  { columns, verdicts }: AtlasData,
  ids: readonly number[],
): Promise<Record<string, Value>[]> {
  const all = Object.entries<readonly Value[]>({ ...columns, ...(await verdicts()) });
  return ids.map((latent) => ({
    index: latent,
    ...Object.fromEntries(all.map(([name, values]) => [name, values[latent]])),
  }));
}

async function documentRows(
  data: AtlasData,
  ids: readonly number[],
): Promise<Record<string, Value>[]> {
  const rows: Record<string, Value>[] = [];
  for (const row of ids) {
    const { id, title, text, classes } = await data.document(row);
    rows.push({ row, id, title, text, classes: classes.join("; ") });
  }
  return rows;
}
