import path from "node:path";
import { writeFileAtomic } from "../data/files.js";
import { catalogToCsv, catalogToJsonl, catalogToParquet } from "../labels/catalog-export.js";
import { type CatalogRow } from "../labels/catalog.js";
import { readCatalog } from "../labels/catalog-read.js";
import { ATLAS_FILES } from "../pipeline/files.js";
import { catalogDiff } from "./catalog-diff.js";
import { type Command, UsageError, defineCommand } from "./command.js";
import { formatRows } from "./text.js";

const WRITERS: Record<string, (rows: readonly CatalogRow[]) => string | Uint8Array> = {
  ".jsonl": catalogToJsonl,
  ".csv": catalogToCsv,
  ".parquet": catalogToParquet,
};

const SHOWN = 20;

export const catalogCommand: Command = defineCommand({
  name: "catalog",
  summary: "Search an atlas's catalog of latents, or export it.",
  details:
    "Without --out the rows are shown, the best labels first; words that are given must occur in the\n" +
    "label, keywords or family names. With --out those rows are written as .csv, .jsonl or .parquet.\n" +
    "diff A B lists the latents whose label, source or score differs between two atlases or catalog.jsonl.",
  example: "feature-families catalog dog --min-score 0.5",
  positionals: "WORD… | diff A B",
  options: {
    atlas: {
      type: "string",
      value: "DIR",
      about: "folder of the atlas (default families/wordnet)",
    },
    out: { type: "string", value: "FILE", about: ".csv, .jsonl or .parquet" },
    "min-score": { type: "number", about: "least score of the label" },
    "max-density": { type: "number", about: "largest density" },
    latent: { type: "integer", about: "this latent alone" },
    limit: { type: "integer", least: 1, about: `most rows shown (default ${SHOWN})` },
  },
  async run(values, words) {
    if (words[0] === "diff") return catalogDiff(words.slice(1), values.limit ?? SHOWN);
    const write = values.out === undefined ? undefined : WRITERS[path.extname(values.out)];
    if (values.out !== undefined && !write) {
      throw new UsageError(
        `catalog: --out must end in .csv, .jsonl or .parquet, got "${values.out}"`,
      );
    }
    const atlas = values.atlas ?? "families/wordnet";
    const all = await readCatalog(path.join(atlas, ATLAS_FILES.catalogJsonl));
    const rows = all.filter(
      (row) =>
        (values.latent === undefined || row.index === values.latent) &&
        (values["min-score"] === undefined || (row.score ?? -Infinity) >= values["min-score"]) &&
        (values["max-density"] === undefined || row.density <= values["max-density"]) &&
        words.every((word) => mentions(row, word.toLowerCase())),
    );
    if (values.out !== undefined && write) {
      await writeFileAtomic(values.out, write(rows));
      return {
        json: { out: values.out, rows: rows.length },
        lines: [`wrote ${rows.length} latents to ${values.out}`],
      };
    }
    const best = [...rows].sort((a, b) => (b.score ?? -1) - (a.score ?? -1) || a.index - b.index);
    const shown = best.slice(0, values.limit ?? SHOWN);
    return {
      json: shown,
      lines: [
        ...formatRows([
          ["latent", "label", "score", "density", "family", "strongest document"],
          ...shown.map(describe),
        ]),
        `${shown.length} of ${rows.length} latents`,
      ],
    };
  },
});

function mentions({ label, keywords, families }: CatalogRow, word: string): boolean {
  const texts = [label, ...keywords, ...families.map(({ name }) => name)];
  return texts.some((text) => text.toLowerCase().includes(word));
}

function describe(row: CatalogRow): string[] {
  return [
    String(row.index),
    row.label || "(none)",
    row.score?.toFixed(2) ?? "",
    row.density.toFixed(4),
    row.families[0]?.name ?? "",
    (row.top_documents[0]?.title ?? "").slice(0, 50),
  ];
}
