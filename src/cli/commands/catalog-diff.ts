import { stat } from "node:fs/promises";
import path from "node:path";
import { type CatalogChange, diffCatalogs } from "../../catalog/diff.js";
import { readCatalog } from "../../catalog/read.js";
import { ATLAS_FILES } from "../../atlas/files.js";
import { type CommandOutput, UsageError } from "../command.js";
import { formatRows } from "../text.js";

/** `catalog diff A B`: what changed between two atlases or two catalog.jsonl. */
export async function catalogDiff(files: readonly string[], limit: number): Promise<CommandOutput> {
  if (files.length !== 2) {
    throw new UsageError("catalog diff: name two atlases or two catalog.jsonl");
  }
  const [before, after] = await Promise.all(
    files.map(async (file) => readCatalog(await catalogFile(file))),
  );
  const changes = diffCatalogs(before, after);
  return {
    json: changes,
    lines:
      changes.length === 0
        ? ["the labels, their sources and their scores are the same"]
        : tellChanges(changes, limit, "changes"),
  };
}

/** The first changes as a table, and how many there are of each kind. */
export function tellChanges(
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

async function catalogFile(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  return found?.isDirectory() ? path.join(file, ATLAS_FILES.catalogJsonl) : file;
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
