import { existsSync } from "node:fs";
import { FormatError } from "../../core/errors.js";
import { type CatalogChange, type ComparedRow, diffCatalogs } from "../../catalog/diff.js";
import { labelToColumns } from "../../catalog/label-columns.js";
import { readCatalog } from "../../catalog/read.js";
import { namesFromFamilyAnalysis } from "../../labels/paper/family-analysis-names.js";
import { type LabelImport, checkDensities, readLabelImport } from "../../catalog/import-file.js";
import type { Family } from "../../records/family.js";
import { type Label, mergeLabels } from "../../records/label.js";
import { readLabels, writeLabels } from "../../records/label-lines.js";
import type { BuildReport } from "../steps/atlas-build.js";
import { openStore } from "../store.js";
import { withLock } from "../files/lock.js";
import type { AtlasOptions } from "../options.js";
import { refreshLabels } from "../steps/refresh.js";

/** How labels are imported. */
export interface ImportOptions extends Pick<AtlasOptions, "device" | "onProgress" | "signal"> {
  /** Report what would change, and change nothing. Default false. */
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
  const densities = await readDensities(data.file("catalogJsonl"));
  const imports: LabelImport[] = [];
  for (const file of files) {
    const found = await readLabelImport(file, densities.length);
    if (!force) checkDensities(found, densities);
    imports.push(found);
  }
  const store = data.file("imported");
  const before = existsSync(store) ? await readLabels(store, { n: densities.length }) : [];
  const labels = mergeLabels(ofKind(before, "latent"), ...imports.map((found) => found.labels));
  const names = imports.map((found) => nameFamilies(found, families, labels, own));
  const merged = mergeLabels(ofKind(before, "family"), ...names.map(({ taken }) => taken));
  const report: ImportReport = {
    files: imports.map((found, i) => summarise(found, names[i])),
    latents: changes([...own.values()], labels),
    families: changes(familyLabels(families), merged),
    overridden: countHuman([...own.values()], labels) + countHuman(familyLabels(families), merged),
  };
  if (dryRun) return report;
  const build = await withLock(dir, async () => {
    await writeLabels(store, [...labels, ...merged], { isMixed: true });
    return refreshLabels(dir, options);
  });
  return { ...report, build };
}

async function readDensities(file: string): Promise<number[]> {
  const densities: number[] = [];
  for (const { index, density } of await readCatalog(file)) densities[index] = density;
  return densities;
}

/** The names that a file gives to families of the atlas, and how many it gives to others. */
function nameFamilies(
  found: LabelImport,
  families: readonly Family[],
  imported: readonly Label[],
  own: ReadonlyMap<number, Label>,
): { taken: Label[]; unmatched: number } {
  const parents = new Set(families.map(({ parent }) => parent));
  const direct = found.names.filter(({ id }) => parents.has(id));
  const byLatent = new Map(imported.map(({ id, text }) => [id, text]));
  const { names, unmatched } = namesFromFamilyAnalysis(
    found.families,
    families,
    (latent) => byLatent.get(latent) ?? own.get(latent)?.text ?? "",
  );
  const given = found.names.length + found.families.length;
  const taken = [...direct, ...names];
  if (found.labels.length === 0 && given > 0 && taken.length === 0) {
    throw new FormatError(
      found.path,
      `none of its ${given} families has the members of a family of this atlas: members are matched by label, ` +
        "so import the labels of the latents first, or together with it",
    );
  }
  return { taken, unmatched: found.names.length - direct.length + unmatched.length };
}

function summarise(
  { path: file, kind, labels, leftOut, repeated }: LabelImport,
  { taken, unmatched }: { taken: Label[]; unmatched: number },
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

function familyLabels(families: readonly Family[]): Label[] {
  return families.flatMap(({ label }) => label ?? []);
}

function ofKind(labels: readonly Label[], kind: Label["of"]): Label[] {
  return labels.filter(({ of }) => of === kind);
}

function changes(before: readonly Label[], imported: readonly Label[]): CatalogChange[] {
  const known = new Set(before.map(({ id }) => id));
  const after = mergeLabels(
    before,
    imported.filter(({ id }) => known.has(id)),
  );
  return diffCatalogs(before.map(catalogColumns), after.map(catalogColumns));
}

function catalogColumns(label: Label): ComparedRow {
  return { index: label.id, ...labelToColumns(label) };
}

function countHuman(own: readonly Label[], imported: readonly Label[]): number {
  const human = new Set(own.filter(({ source }) => source === "human").map(({ id }) => id));
  return imported.filter(({ id }) => human.has(id)).length;
}
