import { readJson } from "../files/json.js";
import { readJsonl } from "../files/jsonl.js";
import { parseAnalysis } from "../labels/paper/clean-labels.js";
import { FormatError } from "../core/errors.js";
import { labelFromColumns } from "./label-columns.js";
import { parseCatalogRow } from "./read.js";
import { type FamilyAnalysis, parseFamilyAnalysis } from "../labels/paper/family-analysis.js";
import { labelsFromAnalysis } from "../labels/paper/labels-from-analysis.js";
import type { Label } from "../records/label.js";
import { parseLabel } from "../records/label-lines.js";
import { correlation } from "../core/statistics.js";

/** Fewest latents with a density for densities to show whether a file belongs to the same SAE. */
const FEWEST_DENSITIES = 20;
const LEAST_CORRELATION = 0.5;

/** What a file of labels brings to an atlas. */
export interface LabelImport {
  path: string;
  kind: "feature analysis" | "family analysis" | "labels" | "catalog";
  /** Labels of latents, of source "import", ascending by latent. */
  labels: Label[];
  /** Names of families by their parent latent, likewise. */
  names: Label[];
  /** Names of families that the file identifies by the labels of their latents; see namesFromFamilyAnalysis. */
  families: FamilyAnalysis[];
  /** Share of documents in which each latent is active, where the file has it. */
  densities: Map<number, number>;
  /** Rows without a label, or with one made of keywords, which every build makes by itself. */
  leftOut: number;
  /** Latents that come more than once; the last row counts. */
  repeated: number;
}

/**
 * Reads labels to import: a `feature_analysis_results` or `family_analysis` file as the paper's authors write it (.json),
 * or an atlas's labels or catalog (.jsonl), gzip by name, recognised by their content. `n` is the number of latents of the
 * SAE. Throws FormatError for anything else and for a latent that is none of the `n`.
 */
export async function readLabelImport(path: string, n: number): Promise<LabelImport> {
  if (/\.jsonl(\.gz)?$/i.test(path)) return readLines(path, n);
  const content = await readJson(path);
  const first: unknown = Array.isArray(content) ? content[0] : undefined;
  if (typeof first !== "object" || first === null) {
    throw new FormatError(
      path,
      "expected a list of analysed latents or families (.json), or an atlas's labels or catalog (.jsonl)",
    );
  }
  if ("superfeature" in first) {
    return { ...none(path), kind: "family analysis", families: parseFamilyAnalysis(content, path) };
  }
  const rows = parseAnalysis(content, path);
  const wrong = rows.findIndex(({ latent }) => latent >= n);
  if (wrong >= 0) {
    throw new FormatError(
      path,
      `entry ${wrong}: latent must be from 0 to ${n - 1}, got ${rows[wrong].latent}`,
    );
  }
  const records = labelsFromAnalysis(rows);
  const labels = records.filter(({ text }) => text.trim() !== "");
  const densities = rows.filter(({ density }) => Number.isFinite(density));
  return {
    ...none(path),
    kind: "feature analysis",
    labels,
    densities: new Map(densities.map(({ latent, density }) => [latent, density])),
    leftOut: records.length - labels.length,
    repeated: rows.length - records.length,
  };
}

/**
 * Throws FormatError where the file's latent densities do not match the atlas's: its labels then belong to another SAE.
 * Files with no densities, or few, pass.
 */
export function checkDensities({ path, densities }: LabelImport, own: readonly number[]): void {
  const both = [...densities].filter(([latent, density]) => density > 0 && own[latent] > 0);
  if (both.length < FEWEST_DENSITIES) return;
  const together = correlation(
    both.map(([, density]) => Math.log(density)),
    both.map(([latent]) => Math.log(own[latent])),
  );
  // Equal densities show nothing.
  if (Number.isNaN(together) || together >= LEAST_CORRELATION) return;
  throw new FormatError(
    path,
    `the densities of its ${both.length} latents do not match this atlas's (correlation ${together.toFixed(2)}): ` +
      "the labels belong to another SAE; use force (--force) to import them anyway",
  );
}

async function readLines(path: string, n: number): Promise<LabelImport> {
  const found: LabelImport = none(path);
  const labels: Label[] = [];
  for await (const { line, value } of readJsonl(path)) {
    const place = `line ${line}`;
    const isCatalog = typeof value === "object" && value !== null && "index" in value;
    if (labels.length === 0 && isCatalog) found.kind = "catalog";
    if (found.kind === "catalog") {
      const row = parseCatalogRow(value, path, place);
      if (row.active > 0) found.densities.set(row.index, row.density);
      labels.push(labelFromColumns(row, path, { n, place }));
    } else labels.push(parseLabel(value, path, { of: kindOf(value), n, place }));
  }
  const taken = labels.filter(({ text, source }) => text.trim() !== "" && source !== "keywords");
  found.leftOut = labels.length - taken.length;
  for (const of of ["latent", "family"] as const) {
    const ofKind = taken.filter((label) => label.of === of);
    const byId = new Map(
      ofKind.map((label): [number, Label] => [label.id, { ...label, source: "import" }]),
    );
    found.repeated += ofKind.length - byId.size;
    const kept = [...byId.values()].sort((a, b) => a.id - b.id);
    if (of === "latent") found.labels = kept;
    else found.names = kept;
  }
  return found;
}

/** Names of families by a model say so by their members alone. */
function kindOf(value: unknown): Label["of"] {
  const isFamily = typeof value === "object" && value !== null && "members" in value;
  return isFamily ? "family" : "latent";
}

function none(path: string): LabelImport {
  return {
    path,
    kind: "labels",
    labels: [],
    names: [],
    families: [],
    densities: new Map(),
    leftOut: 0,
    repeated: 0,
  };
}
