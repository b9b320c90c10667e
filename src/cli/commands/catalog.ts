import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import type { CatalogRow } from "../../catalog/row.js";
import { atlasOption, chooseAtlas, movedOptions, withAtlas } from "../atlas-option.js";
import type { Command, CommandContext, CommandOutput, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { refuseOptions } from "../option-rules.js";
import { describeChanges, describeImport } from "../results/catalog-changes.js";
import { formatRows } from "../results/rows.js";
import { ownValue } from "../../core/collections.js";

const SHOWN = 20;
const KINDS = [".csv", ".jsonl", ".parquet"] as const;

const options = {
  ...atlasOption,
  ...movedOptions,
  out: option.path("write the rows to a .csv, .jsonl or .parquet", { excludes: ["limit"] }),
  "min-score": option.number("show only latents with at least this label score"),
  "max-density": option.number("show only latents with at most this density"),
  latent: option.integer("show only this latent", { least: 0 }),
  limit: option.count(`rows shown (default ${SHOWN})`),
  raw: option.flag("do not escape texts that a spreadsheet would read as formulas in a .csv", {
    needs: ["out"],
  }),
  "dry-run": option.flag("import: show what would change, and change nothing"),
  force: option.flag("import: accept labels whose densities do not match this atlas"),
  note: option.text("label: the reason, which is kept with the label", { value: "TEXT" }),
  family: option.text("label: name this family instead of a latent, by parent latent or name", {
    value: "FAMILY",
  }),
};

type Values = OptionValues<typeof options>;

const ROWS = ["out", "raw", "min-score", "max-density", "latent"] as const;
const IMPORT = ["dry-run", "force"] as const;
const LABEL = ["note", "family"] as const;

// Options that an action, or a search without one, has no use for.
const UNUSED: Partial<Record<string, readonly string[]>> = {
  diff: [...ROWS, ...IMPORT, ...LABEL, "atlas"],
  import: [...ROWS, ...LABEL],
  label: [...ROWS, ...IMPORT, "limit"],
  export: [...IMPORT, ...LABEL],
};

export const catalogCommand: Command = defineCommand({
  name: "catalog",
  group: "explore",
  summary: "Search the catalog of latents; export, import, compare and correct its labels.",
  details:
    "WORD...: list the latents whose label, keywords or family names contain every word, best scores first.\n" +
    "export WORD... --out FILE: write those rows as .csv, .jsonl or .parquet.\n" +
    "import FILE...: take labels and family names from feature_analysis_results and family_analysis files of the paper, " +
    "or from the labels or catalog (.jsonl) of another atlas. They are kept in labels.import.jsonl and override keywords " +
    "and models.\n" +
    "diff A B: list latents whose label, source or score differs between two atlases or catalog.jsonl files.\n" +
    "label LATENT WORD...: write your own label, which overrides all others, to labels.overrides.jsonl. LATENT is a " +
    'number, or words of its label in quotes: label "old label" "new label". With --family, name a family: ' +
    "label --family 12 WORD...",
  example: "feature-families catalog dog --min-score 0.5",
  positionals: "[WORD...]",
  options,
  async run(values, positionals, context) {
    const [action, ...rest] = positionals;
    const unused = ownValue(UNUSED, action ?? "");
    if (unused === undefined) refuseOptions("catalog: a search", values, [...IMPORT, ...LABEL]);
    else refuseOptions(`catalog ${action}`, values, unused);
    switch (action) {
      case "diff":
        return diff(rest, values.limit ?? SHOWN, context.onWarning);
      case "import":
        return importFiles(rest, values, context);
      case "label":
        return correct(rest, values, context);
      case "export":
        if (values.out === undefined) {
          throw new UsageError("catalog export: --out is required");
        }
        return find(rest, values, context);
      default:
        return find(positionals, values, context);
    }
  },
});

async function find(
  words: readonly string[],
  values: Values,
  { onWarning }: CommandContext,
): Promise<CommandOutput> {
  const { out, raw, limit = SHOWN, latent, minScore, maxDensity } = values;
  if (out !== undefined && !KINDS.some((ending) => out.endsWith(ending))) {
    throw new UsageError(`catalog: --out must end in ${KINDS.join(" or ")}, got "${out}"`);
  }
  const dir = await chooseAtlas("catalog", values);
  const { findRows, sortByScore } = await import("../../catalog/find-rows.js");
  const catalog = await withAtlas(dir, { onWarning }, (atlas) => atlas.catalog());
  if (latent !== undefined && !catalog.some(({ index }) => index === latent)) {
    throw new UsageError(
      `catalog: no latent ${latent} in ${dir}, which has ${catalog.length} latents`,
    );
  }
  const rows = findRows(catalog, { words, latent, minScore, maxDensity });
  if (out !== undefined) {
    const { writeCatalogFile } = await import("../../catalog/write.js");
    await writeCatalogFile(out, rows, { raw });
    return {
      json: { out, rows: rows.length },
      lines: [`wrote ${rows.length} latents to ${out}`],
    };
  }
  const { searchLabels } = await import("../../search/names/search-labels.js");
  // Labels with the words first, best match first; then what has them elsewhere.
  const labels = rows.map(({ label }) => label);
  const named = searchLabels(labels, words.join(" ")).map(({ index }) => rows[index]);
  const shown = [...new Set([...named, ...sortByScore(rows)])].slice(0, limit);
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
}

async function diff(
  files: readonly string[],
  limit: number,
  onWarning: CommandContext["onWarning"],
): Promise<CommandOutput> {
  if (files.length !== 2) {
    throw new UsageError("catalog diff: pass two atlases or two catalog.jsonl files");
  }
  const { diffCatalogs } = await import("../../catalog/diff.js");
  const [before, after] = await Promise.all(files.map((file) => readRows(file, onWarning)));
  const changes = diffCatalogs(before, after);
  return {
    json: changes,
    lines:
      changes.length === 0
        ? ["labels, sources and scores are the same"]
        : describeChanges(changes, limit, "changes"),
  };
}

async function importFiles(
  files: readonly string[],
  { limit = SHOWN, dryRun, force, ...given }: Values,
  options: Pick<CommandContext, "onProgress" | "onWarning" | "signal">,
): Promise<CommandOutput> {
  if (files.length === 0) throw new UsageError("catalog import: pass at least one file");
  const dir = await chooseAtlas("catalog import", given);
  const report = await withAtlas(dir, options, (atlas) => atlas.import(files, { dryRun, force }));
  return { json: report, lines: describeImport(report, limit) };
}

async function correct(
  positionals: readonly string[],
  { note, family, ...given }: Values,
  options: Pick<CommandContext, "onProgress" | "onWarning" | "signal">,
): Promise<CommandOutput> {
  const [term = "", ...words] = family === undefined ? positionals : [family, ...positionals];
  const label = words.join(" ").trim();
  // Without quotes, words that name a latent would run into those of its label.
  const isClear = family !== undefined || /^\d+$/.test(term) || words.length === 1;
  if (term.trim() === "" || label === "" || !isClear) {
    throw new UsageError(
      'catalog label: pass a latent and its label, such as: catalog label 12 "hunting dogs" or catalog label "dogs" "hunting dogs"',
    );
  }
  const dir = await chooseAtlas("catalog label", given);
  const { findLatent } = await import("../../search/names/names.js");
  const { namesOf } = await import("../../atlas/search/search.js");
  const of = family === undefined ? ("latent" as const) : ("family" as const);
  return withAtlas(dir, options, async (atlas) => {
    const latent =
      of === "family"
        ? (await atlas.family(term)).parent
        : findLatent(await namesOf(atlas.store), term);
    const build = await atlas.rename(latent, label, { of, note });
    return {
      json: { latent, label, of, note, build },
      lines: [
        `${of} ${latent} is now "${label}": saved in labels.overrides.jsonl, catalog updated`,
      ],
    };
  });
}

/** The rows of a catalog.jsonl, or of the atlas in a folder. */
async function readRows(
  file: string,
  onWarning: CommandContext["onWarning"],
): Promise<readonly CatalogRow[]> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory() && existsSync(path.join(file, "manifest.json"))) {
    return withAtlas(file, { onWarning }, (atlas) => atlas.catalog());
  }
  const { readCatalog } = await import("../../catalog/read.js");
  return readCatalog(found?.isDirectory() ? path.join(file, "catalog.jsonl") : file);
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
