import type { CatalogChange } from "../../catalog/diff.js";
import { correctLabel } from "../../atlas/correct-label.js";
import { type ImportReport, type ImportedFile, importLabels } from "../../atlas/import-labels.js";
import { tellChanges } from "./catalog-diff.js";
import { type CommandContext, type CommandOutput, UsageError } from "../command.js";

/** `catalog import FILE…`: labels and family names of other tools or atlases. */
export async function catalogImport(
  atlas: string,
  files: readonly string[],
  { dryRun, force, limit }: { dryRun: boolean; force: boolean; limit: number },
  { onProgress, signal }: CommandContext,
): Promise<CommandOutput> {
  if (files.length === 0) throw new UsageError("catalog import: name at least one file");
  const report = await importLabels(atlas, files, { dryRun, force, onProgress, signal });
  return {
    json: report,
    lines: [
      ...report.files.map(tellFile),
      ...tellPart("latents", report.latents, limit),
      ...tellPart("families", report.families, limit),
      ...(report.overridden > 0 ? [`${report.overridden} stay as a person labelled them`] : []),
      tellEnd(report),
    ],
  };
}

/** `catalog label LATENT WORDS`: a person's label. */
export async function catalogLabel(
  atlas: string,
  words: readonly string[],
  { note, family }: { note: string | undefined; family: boolean },
  { onProgress, signal }: CommandContext,
): Promise<CommandOutput> {
  const [latent, ...label] = words;
  if (!/^\d+$/.test(latent ?? "") || label.length === 0) {
    throw new UsageError(
      'catalog label: give a latent and its label, such as: catalog label 12 "hunting dogs"',
    );
  }
  const correction = {
    latent: Number(latent),
    label: label.join(" "),
    of: family ? ("family" as const) : ("latent" as const),
    note,
  };
  const build = await correctLabel(atlas, correction, { onProgress, signal });
  return {
    json: { ...correction, build },
    lines: [
      `${correction.of} ${latent} is now "${correction.label}": kept in labels.overrides.jsonl, catalog brought up to date`,
    ],
  };
}

function tellFile({
  path,
  kind,
  labels,
  names,
  leftOut,
  repeated,
  unmatched,
}: ImportedFile): string {
  const parts = [`${labels} labels`, `${names} family names`];
  if (leftOut > 0) parts.push(`${leftOut} without a label or made of keywords left out`);
  if (repeated > 0) parts.push(`${repeated} repeated, the last counts`);
  if (unmatched > 0) parts.push(`${unmatched} of families that this atlas does not have`);
  return `${path} (${kind}): ${parts.join(", ")}`;
}

function tellPart(what: string, changes: readonly CatalogChange[], limit: number): string[] {
  return changes.length === 0 ? [] : ["", ...tellChanges(changes, limit, what), ""];
}

function tellEnd({ latents, families, build }: ImportReport): string {
  const count = `${latents.length} latents and ${families.length} families`;
  if (build === undefined) return `${count} would change; nothing was written`;
  if (build.ran.length === 0) return `${count} changed: the atlas is as it was`;
  return `${count} changed; ran ${build.ran.join(", ")}. The figures command draws them anew`;
}
