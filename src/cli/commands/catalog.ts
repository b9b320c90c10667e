import path from "node:path";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { catalogToCsv, catalogToJsonl, catalogToParquet } from "../../catalog/write.js";
import { type CatalogRow } from "../../catalog/catalog.js";
import { readCatalog } from "../../catalog/read.js";
import { ATLAS_FILES } from "../../atlas/files.js";
import { catalogDiff } from "./catalog-diff.js";
import { catalogImport, catalogLabel } from "./catalog-import.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import { formatRows } from "../text.js";

const WRITERS: Record<string, (rows: readonly CatalogRow[]) => string | Uint8Array> = {
  ".jsonl": catalogToJsonl,
  ".csv": catalogToCsv,
  ".parquet": catalogToParquet,
};

const SHOWN = 20;

export const catalogCommand: Command = defineCommand({
  name: "catalog",
  summary: "Search an atlas's catalog of latents; export, import, compare and correct its labels.",
  details:
    "Words that are given must occur in the label, keywords or family names; the best labels come first.\n" +
    "export --out FILE writes those rows as .csv, .jsonl or .parquet.\n" +
    "import FILE… takes labels and family names: the paper's feature_analysis_results and family_analysis files,\n" +
    "or another atlas's labels or catalog (.jsonl). They are kept in labels.import.jsonl and win over keywords and models.\n" +
    "diff A B lists the latents whose label, source or score differs between two atlases or catalog.jsonl.\n" +
    "label LATENT WORDS writes a person's label, which wins over all, into labels.overrides.jsonl.",
  example: "feature-families catalog dog --min-score 0.5",
  positionals: "WORD… | export WORD… | import FILE… | diff A B | label LATENT WORDS",
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
    "dry-run": { type: "boolean", about: "import: show what would change, and change nothing" },
    force: { type: "boolean", about: "import: take labels whose densities are of another SAE" },
    note: { type: "string", value: "TEXT", about: "label: why, for readers of the catalog" },
    family: { type: "boolean", about: "label: the family whose parent the latent is" },
  },
  async run(values, positionals, context) {
    const { limit = SHOWN, note, family, force, atlas = "families/wordnet" } = values;
    const [first, ...rest] = positionals;
    if (first === "diff") return catalogDiff(rest, limit);
    if (first === "import") {
      return catalogImport(atlas, rest, { dryRun: values["dry-run"], force, limit }, context);
    }
    if (first === "label") return catalogLabel(atlas, rest, { note, family }, context);
    if (first === "export" && values.out === undefined) {
      throw new UsageError("catalog export: name the file with --out");
    }
    const words = first === "export" ? rest : positionals;
    const write = values.out === undefined ? undefined : WRITERS[path.extname(values.out)];
    if (values.out !== undefined && !write) {
      throw new UsageError(
        `catalog: --out must end in .csv, .jsonl or .parquet, got "${values.out}"`,
      );
    }
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
    const shown = best.slice(0, limit);
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
