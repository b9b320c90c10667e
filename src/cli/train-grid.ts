import { join } from "node:path";
import { compact } from "../core/collections.js";
import type { GridRow } from "../sae/train/train-grid.js";
import type { TrainOptions } from "../sae/train/train-options.js";
import { type CommandOutput, UsageError } from "./command.js";

interface GridValues {
  embeddings: string;
  out: string;
  ownSeeds: boolean;
}

/** `train --grid`: every k with every n into the folder `--out`. */
export async function runGrid(
  text: string,
  values: GridValues,
  shared: Omit<Partial<TrainOptions>, "k" | "n" | "auxk">,
  note: (line: string) => void,
): Promise<CommandOutput> {
  const { readMatrix } = await import("../files/matrix.js");
  const { trainGrid } = await import("../sae/train/train-grid.js");
  const grid = parseGrid(text);
  const embeddings = await readMatrix(values.embeddings);
  const { rows, ended } = await trainGrid(embeddings, {
    ...shared,
    ...grid,
    folder: values.out,
    resume: true,
    ownSeeds: values.ownSeeds,
    onRow: (row) => note(describeRow(row)),
  });
  if (ended === "aborted") {
    const all = grid.k.length * grid.n.length * (grid.auxk?.length ?? 1);
    throw new Error(
      `train: stopped with ${rows.length} of ${all} SAEs trained; run the same command to continue from ${values.out}`,
    );
  }
  const table = join(values.out, "table.json");
  const bad = rows.filter((row) => !(row.normalized_mse < 1)).length;
  return {
    failed: bad > 0,
    json: { table, rows: rows.map((row) => ({ ...row, curve: undefined })) },
    lines: compact([
      ...rows.map(describeRow),
      `wrote ${rows.length} SAEs, ${table} and table.csv`,
      `scaling fits and figures: feature-families scaling ${table}`,
      bad !== 0 &&
        `failed: ${bad} SAEs reconstruct worse than the mean row: try --normalise z-score, a k no larger than the width of the embeddings, or another --lr`,
    ]),
  };
}

/** Reads `k=16,32:n=1024,2048`, spaces instead of colons too. Throws UsageError for anything else. */
export function parseGrid(text: string): { k: number[]; n: number[]; auxk?: number[] } {
  const grid = new Map<string, number[]>();
  for (const part of text.trim().split(/[\s:]+/)) {
    const match = /^(k|n|auxk)=(\d+(?:,\d+)*)$/.exec(part);
    if (!match || grid.has(match[1])) {
      throw new UsageError(
        `train: --grid takes k=16,32:n=1024,2048, optionally :auxk=…, got "${text}"`,
      );
    }
    grid.set(match[1], match[2].split(",").map(Number));
  }
  if (!(grid.has("k") && grid.has("n"))) {
    throw new UsageError(`train: --grid needs k=… and n=…, got "${text}"`);
  }
  return Object.fromEntries(grid) as { k: number[]; n: number[]; auxk?: number[] };
}

function describeRow({ k, n, normalized_mse: error, dead_share: dead, seconds }: GridRow): string {
  return `k ${k}, n ${n}: normalised MSE ${error.toFixed(4)}, ${(100 * dead).toFixed(1)} % dead, ${seconds.toFixed(1)} s`;
}
