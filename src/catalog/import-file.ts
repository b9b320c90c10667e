import { readJson } from "../files/json.js";
import { readJsonl } from "../files/jsonl.js";
import { parseAnalysis } from "../labels/paper/clean-labels.js";
import { FormatError } from "../core/errors.js";
import { parseCatalogRow } from "./read.js";
import type { CatalogRow } from "./catalog.js";
import { type FamilyAnalysis, parseFamilyAnalysis } from "../labels/paper/family-analysis.js";
import { labelsFromAnalysis } from "../labels/paper/labels-from-analysis.js";
import { type LabelLine, parseLabelLine, recordsOf } from "../labels/label-read.js";
import type { LabelRecord } from "../labels/label.js";

/** Fewest latents with a density from which densities tell whether a file is of the same SAE. */
const FEWEST_DENSITIES = 20;
const LEAST_CORRELATION = 0.5;

/** What a file of labels brings to an atlas. */
export interface LabelImport {
  path: string;
  kind: "feature analysis" | "family analysis" | "labels" | "catalog";
  /** Labels of latents, of source "import", ascending by latent. */
  labels: LabelRecord[];
  /** Names of families by their parent latent, likewise. */
  names: LabelRecord[];
  /** Names of families that the file tells by the labels of their latents; see namesFromFamilyAnalysis. */
  families: FamilyAnalysis[];
  /** Share of documents in which each latent is active, where the file tells. */
  densities: Map<number, number>;
  /** Rows without a label, or with one made of keywords, which every build makes by itself. */
  leftOut: number;
  /** Latents that come more than once; the last row counts. */
  repeated: number;
}

/**
 * Reads labels to import: a `feature_analysis_results` or `family_analysis` file as the paper's authors write it (.json),
 * or an atlas's labels or catalog (.jsonl), gzip by name, told apart by their content. `n` is the number of latents of the
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
  const labels = records.filter(({ label }) => label.trim() !== "");
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
 * Throws FormatError where the densities that the file tells do not go with those of the atlas (by latent): it is then of
 * another SAE, whose latents have nothing to do with these. Files that tell none, or few, pass.
 */
export function checkDensities({ path, densities }: LabelImport, own: readonly number[]): void {
  const both = [...densities].filter(([latent, density]) => density > 0 && own[latent] > 0);
  if (both.length < FEWEST_DENSITIES) return;
  const correlation = correlate(
    both.map(([, density]) => Math.log(density)),
    both.map(([latent]) => Math.log(own[latent])),
  );
  // All densities equal tell nothing.
  if (Number.isNaN(correlation) || correlation >= LEAST_CORRELATION) return;
  throw new FormatError(
    path,
    `the densities of its ${both.length} latents do not go with this atlas's (correlation ${correlation.toFixed(2)}): ` +
      "its labels are of another SAE; force takes them all the same",
  );
}

async function readLines(path: string, n: number): Promise<LabelImport> {
  const found: LabelImport = none(path);
  const lines: LabelLine[] = [];
  for await (const { line, value } of readJsonl(path)) {
    const place = `${path}: line ${line}`;
    const isCatalog = typeof value === "object" && value !== null && "index" in value;
    if (lines.length === 0 && isCatalog) found.kind = "catalog";
    if (found.kind === "catalog") {
      const row = parseCatalogRow(value, place);
      if (row.active > 0) found.densities.set(row.index, row.density);
      lines.push(parseLabelLine(fromCatalogRow(row), place, n));
    } else lines.push(parseLabelLine(withKind(value), place, n));
  }
  const taken = lines.filter(({ label, source }) => label.trim() !== "" && source !== "keywords");
  found.leftOut = lines.length - taken.length;
  for (const of of ["latent", "family"] as const) {
    const records = recordsOf(taken, of).map((record) => ({
      ...record,
      source: "import" as const,
    }));
    const byLatent = new Map(records.map((record) => [record.latent, record]));
    found.repeated += records.length - byLatent.size;
    const kept = [...byLatent.values()].sort((a, b) => a.latent - b.latent);
    if (of === "latent") found.labels = kept;
    else found.names = kept;
  }
  return found;
}

/** Names of families by a model say so by their members alone. */
function withKind(value: unknown): unknown {
  const isFamily = typeof value === "object" && value !== null && "members" in value;
  return isFamily ? { of: "family", ...value } : value;
}

function fromCatalogRow(row: CatalogRow): Record<string, unknown> {
  const [first, ...others] = row.scores.map(({ name, value, n, low, high }) => ({
    name,
    value,
    n,
    interval: low === null || high === null ? null : [low, high],
  }));
  return {
    latent: row.index,
    label: row.label,
    source: row.label_source ?? "import",
    reason: row.label_note,
    ...(row.score === null
      ? {}
      : { score: row.score, scoreName: row.score_name, n: row.score_n, interval: first?.interval }),
    scores: (row.score === null && first ? [first, ...others] : others).filter(
      ({ value }) => value !== null,
    ),
    model: row.model,
    promptVersion: row.prompt_version,
    date: row.label_date,
  };
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

function correlate(x: readonly number[], y: readonly number[]): number {
  const mean = (list: readonly number[]): number =>
    list.reduce((sum, value) => sum + value, 0) / list.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) ** 2;
    yy += (y[i] - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}
