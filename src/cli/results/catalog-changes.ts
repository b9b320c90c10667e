import type { ImportReport, ImportedFile } from "../../atlas/labels/import-labels.js";
import type { CatalogChange } from "../../catalog/diff.js";
import { formatRows } from "./rows.js";

/** The first changes as a table, and how many there are of each kind. */
export function describeChanges(
  changes: readonly CatalogChange[],
  limit: number,
  what: string,
): string[] {
  const counts = new Map<string, number>();
  for (const { kind } of changes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const summary = [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
  return [
    ...formatRows([
      ["latent", "change", "before", "after", "score"],
      ...changes.slice(0, limit).map(cells),
    ]),
    `${Math.min(limit, changes.length)} of ${changes.length} ${what}: ${summary}`,
  ];
}

/** What an import took from each file, and what it changed. */
export function describeImport(report: ImportReport, limit: number): string[] {
  return [
    ...report.files.map(describeFile),
    ...describePart("latents", report.latents, limit),
    ...describePart("families", report.families, limit),
    ...(report.overridden > 0 ? [`${report.overridden} keep the label given by a person`] : []),
    describeEnd(report),
  ];
}

function describeFile({
  path,
  kind,
  labels,
  names,
  leftOut,
  repeated,
  unmatched,
}: ImportedFile): string {
  const parts = [`${labels} labels`, `${names} family names`];
  if (leftOut > 0) parts.push(`${leftOut} left out: no label, or keywords only`);
  if (repeated > 0) parts.push(`${repeated} repeated, of which the last one counts`);
  if (unmatched > 0) parts.push(`${unmatched} skipped, as this atlas has no such family`);
  return `${path} (${kind}): ${parts.join(", ")}`;
}

function describePart(what: string, changes: readonly CatalogChange[], limit: number): string[] {
  return changes.length === 0 ? [] : ["", ...describeChanges(changes, limit, what), ""];
}

function describeEnd({ latents, families, build }: ImportReport): string {
  const count = `${latents.length} latents and ${families.length} families`;
  if (build === undefined) return `${count} would change; nothing was written`;
  if (build.ran.length === 0) return `${count} changed: the atlas is unchanged`;
  return `${count} changed; ran ${build.ran.join(", ")}. Run feature-families figures to redraw the figures`;
}

function cells(change: CatalogChange): string[] {
  const { index, kind, before, after, sourceBefore, sourceAfter } = change;
  const label = (text: string, source: string | null): string =>
    `${text || "(none)"}${source === null ? "" : ` [${source}]`}`;
  const score = (value: number | null): string => value?.toFixed(2) ?? "-";
  return [
    String(index),
    kind,
    label(before, sourceBefore),
    label(after, sourceAfter),
    `${score(change.scoreBefore)} to ${score(change.scoreAfter)}`,
  ];
}
