// Writes an atlas's catalog for people and for other programs: the explorer as one file, Parquet, and a CSV of one's own choice.
//   node examples/export-catalog.js [ATLAS] [OUT]        default families/wordnet and build/catalog
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { openAtlas } from "feature-families";
import { formatCsv } from "feature-families/files";

const [folder = "families/wordnet", out = "build/catalog"] = process.argv.slice(2);
const atlas = await openAtlas(folder);

console.log(await atlas.export("page", path.join(out, "atlas.html")));
console.log(await atlas.export("parquet", path.join(out, "catalog.parquet")));
console.log(await atlas.export("graphml", path.join(out, "forest.graphml")));

// Latents whose label holds, in few documents: the catalog is plain records.
const rows = (await atlas.catalog()).filter(
  ({ label, score, density }) => label !== "" && (score ?? 0) >= 0.5 && density <= 0.02,
);
const columns = ["index", "label", "score", "active", "families"];
const table = rows.map(({ index, label, score, active, families }) => [
  index,
  label,
  score,
  active,
  families.map(({ name }) => name).join("; "),
]);
await writeFile(path.join(out, "rare.csv"), formatCsv(columns, table));
console.log(`rare.csv: ${rows.length} latents`);

await atlas.close();
