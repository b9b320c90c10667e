import { existsSync } from "node:fs";
import path from "node:path";
import { writeJsonl } from "../files/jsonl.js";
import { FormatError } from "../core/errors.js";
import { type CatalogChange, type ComparedRow, diffCatalogs } from "../catalog/diff.js";
import { readCatalog } from "../catalog/read.js";
import { namesFromFamilyAnalysis } from "../labels/paper/family-analysis-names.js";
import { type LabelImport, checkDensities, readLabelImport } from "../catalog/import-file.js";
import { type LabelLine, readLabelLines, recordsOf } from "../labels/label-read.js";
import { type LabelRecord, mergeLabels } from "../labels/label.js";
import type { BuildReport } from "./steps/atlas-build.js";
import { type AtlasFamily, openStore } from "./store.js";
import { ATLAS_FILES } from "./files.js";
import { withLock } from "./lock.js";
import type { AtlasOptions } from "./options.js";
import { refreshLabels } from "./refresh.js";

/** How labels are imported. */
export interface ImportOptions extends Pick<AtlasOptions, "device" | "onProgress" | "signal"> {
  /** Tell what would change, and change nothing. Default false. */
  dryRun?: boolean;
  /** Take labels whose densities do not go with the atlas's. Default false. */
  force?: boolean;
}

/** What a file brought. */
export interface ImportedFile {
  path: string;
  kind: LabelImport["kind"];
  /** Labels of latents and names of families that were taken. */
  labels: number;
  names: number;
  /** Rows without a label, or with one made of keywords, which every build makes by itself. */
  leftOut: number;
  /** Latents that came more than once; the last row counts. */
  repeated: number;
  /** Names of families that this atlas does not have. */
  unmatched: number;
}

/** What an import changed, or would change. */
export interface ImportReport {
  files: ImportedFile[];
  /** Latents, and families by their parent latent, whose label, source or score differs. */
  latents: CatalogChange[];
  families: CatalogChange[];
  /** Labels and names that a person's stand before. */
  overridden: number;
  /** What was made again; absent for a dry run. */
  build?: BuildReport;
}

/**
 * Takes labels and family names of other tools or atlases into the atlas in `dir` (see readLabelImport for the files), where
 * they stand before keywords and models and behind a person's, and brings families and catalog up to date. They are kept in
 * labels.import.jsonl: every later build merges them again; an import replaces an earlier one latent by latent. Throws
 * FormatError for files of another form, of latents that this atlas does not have, of another SAE, and for names of families
 * of which this atlas has none.
 */
export async function importLabels(
  dir: string,
  files: readonly string[],
  { dryRun = false, force = false, ...options }: ImportOptions = {},
): Promise<ImportReport> {
  const data = await openStore(dir);
  const own = await data.labels();
  const families = await data.families();
  const densities = await readDensities(dir);
  const imports: LabelImport[] = [];
  for (const file of files) {
    const found = await readLabelImport(file, densities.length);
    if (!force) checkDensities(found, densities);
    imports.push(found);
  }
  const store = path.join(dir, ATLAS_FILES.imported);
  const before = existsSync(store) ? await readLabelLines(store, densities.length) : [];
  const labels = mergeLabels(recordsOf(before, "latent"), ...imports.map((found) => found.labels));
  const names = imports.map((found) => nameFamilies(found, families, labels, own));
  const merged = mergeLabels(recordsOf(before, "family"), ...names.map(({ taken }) => taken));
  const report: ImportReport = {
    files: imports.map((found, i) => summarise(found, names[i])),
    latents: changes([...own.values()], labels),
    families: changes(families.map(nameRecord), merged),
    overridden:
      countHuman([...own.values()], labels) + countHuman(families.map(nameRecord), merged),
  };
  if (dryRun) return report;
  const lines: LabelLine[] = [
    ...labels.map((record): LabelLine => ({ of: "latent", ...record })),
    ...merged.map((record): LabelLine => ({ of: "family", ...record })),
  ];
  const build = await withLock(dir, async () => {
    await writeJsonl(store, lines);
    return refreshLabels(dir, options);
  });
  return { ...report, build };
}

async function readDensities(dir: string): Promise<number[]> {
  const rows = await readCatalog(path.join(dir, ATLAS_FILES.catalogJsonl));
  const densities: number[] = [];
  for (const { index, density } of rows) densities[index] = density;
  return densities;
}

/** The names that a file gives to families of the atlas, and how many it gives to others. */
function nameFamilies(
  found: LabelImport,
  families: readonly AtlasFamily[],
  imported: readonly LabelRecord[],
  own: ReadonlyMap<number, LabelRecord>,
): { taken: LabelRecord[]; unmatched: number } {
  const parents = new Set(families.map(({ parent }) => parent));
  const direct = found.names.filter(({ latent }) => parents.has(latent));
  const byLatent = new Map(imported.map(({ latent, label }) => [latent, label]));
  const { names, unmatched } = namesFromFamilyAnalysis(
    found.families,
    families,
    (latent) => byLatent.get(latent) ?? own.get(latent)?.label ?? "",
  );
  const given = found.names.length + found.families.length;
  const taken = [...direct, ...names];
  if (found.labels.length === 0 && given > 0 && taken.length === 0) {
    throw new FormatError(
      found.path,
      `none of its ${given} families has the members of one of this atlas's: they are told by label, ` +
        "so import the labels of the latents before it or with it",
    );
  }
  return { taken, unmatched: found.names.length - direct.length + unmatched.length };
}

function summarise(
  { path: file, kind, labels, leftOut, repeated }: LabelImport,
  { taken, unmatched }: { taken: LabelRecord[]; unmatched: number },
): ImportedFile {
  return {
    path: file,
    kind,
    labels: labels.length,
    names: taken.length,
    leftOut,
    repeated,
    unmatched,
  };
}

/** A family's name as the atlas has it, as a record. */
function nameRecord({ parent, name, nameSource, nameScores }: AtlasFamily): LabelRecord {
  const [first] = nameScores;
  return {
    latent: parent,
    label: name,
    source: nameSource ?? "keywords",
    ...(first ? { score: first.value, scoreName: first.name } : {}),
  };
}

function changes(
  before: readonly LabelRecord[],
  imported: readonly LabelRecord[],
): CatalogChange[] {
  const known = new Set(before.map(({ latent }) => latent));
  const after = mergeLabels(
    before,
    imported.filter(({ latent }) => known.has(latent)),
  );
  return diffCatalogs(before.map(catalogColumns), after.map(catalogColumns));
}

function catalogColumns(record: LabelRecord): ComparedRow {
  return {
    index: record.latent,
    label: record.label,
    label_source: record.label === "" ? null : record.source,
    score: record.score ?? null,
    score_name: record.scoreName ?? null,
  };
}

function countHuman(own: readonly LabelRecord[], imported: readonly LabelRecord[]): number {
  const human = new Set(own.filter(({ source }) => source === "human").map(({ latent }) => latent));
  return imported.filter(({ latent }) => human.has(latent)).length;
}
