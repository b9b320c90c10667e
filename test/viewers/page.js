// The page that shows a table in embedding-atlas; the test answers its queries with a real DuckDB.
import { tableFromArrays } from "@uwdata/flechette";
import { Coordinator } from "@uwdata/mosaic-core";
import { EmbeddingAtlas } from "embedding-atlas";

async function query({ type, sql }) {
  const response = await fetch("/query", { method: "POST", body: sql });
  const columns = await response.json();
  if (columns.error) throw new Error(columns.error);
  if (type === "exec") return undefined;
  if (type !== "json") return tableFromArrays(columns);
  const names = Object.keys(columns);
  const rows = columns[names[0]] ?? [];
  return rows.map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
}

new EmbeddingAtlas(document.getElementById("atlas"), {
  coordinator: new Coordinator({ query }, { logger: null }),
  data: { table: "latents", id: "id", projection: { x: "x", y: "y" }, text: "text" },
});
