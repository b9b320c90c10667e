import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { formatCsv, parseCsv } from "../../files/csv.js";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { parseJson } from "../../files/json-text.js";
import { writeJson } from "../../files/json.js";
import { openEngine } from "../../engine/open-engine.js";
import type { Engine } from "../../engine/engine.js";
import { FormatError } from "../../core/errors.js";
import { type Fields, measured } from "../../core/schema.js";
import { checkJson } from "../../files/check-json.js";
import type { Matrix } from "../../core/matrix.js";
import { computeMetrics } from "../measure/metrics.js";
import { saveCheckpoint } from "../save-checkpoint.js";
import { type ScalingRun, trainingFlops } from "./scaling.js";
import { trainSae } from "./train.js";
import { type TrainLogRow, type TrainOptions, planTraining } from "./train-options.js";
import { meanOf } from "../../core/statistics.js";
import { interruptible } from "../../core/interrupt.js";

/** Most points of a run's curve in the table. */
const CURVE_POINTS = 50;

const COLUMNS = [
  "k",
  "n",
  "auxk",
  "d",
  "epochs",
  "steps",
  "normalized_mse",
  "validation",
  "dead_share",
  "flops",
  "seconds",
  "sae",
] as const;

/** One run of a grid. Its keys are the columns of the CSV, but for `curve`. */
export interface GridRow extends ScalingRun {
  auxk: number;
  d: number;
  steps: number;
  epochs: number;
  /** Latents that no document of the corpus has among its k, as a share. */
  dead_share: number;
  /** Normalised squared error of the held-out rows at the end, where some were held out. */
  validation?: number;
  /** Time of the training; scaled up from the steps taken last where the run was resumed. */
  seconds: number;
  /** File of the SAE, in the grid's folder. */
  sae: string;
  /** [compute, mean batch error] along the run, at most 50 points. */
  curve?: [number, number][];
}

/** What is trained: every k with every n, and the options that all runs share. */
export interface GridOptions extends Omit<
  TrainOptions,
  "k" | "n" | "auxk" | "init" | "checkpointPath"
> {
  k: readonly number[];
  n: readonly number[];
  /** Default 2k. */
  auxk?: readonly number[];
  /** Where SAEs, the runs' states and the table go. */
  folder: string;
  /** The first part of the SAEs' names, `{name}_{k}_{n}_{auxk}.safetensors`. Default "sae". */
  name?: string;
  /**
   * Gives each run its own seed, derived from `seed`, k and n. Runs of one seed start with the same directions, so that
   * latents of equal number in two of them are similar. Default false.
   */
  ownSeeds?: boolean;
  /** Receives each row as soon as its run is finished. */
  onRow?: (row: GridRow) => void;
}

/** A grid's table; `ended` is "aborted" where `signal` stopped it. */
export interface GridResult {
  rows: GridRow[];
  ended: "finished" | "aborted";
}

/**
 * Trains an SAE for every k, n and auxk on the same embeddings, read once, and writes each into `folder`, with `table.json` and
 * `table.csv`, one row per run. With `resume`, finished runs are not trained again and a stopped one continues from its last
 * checkpoint. Throws as trainSae does, RangeError for a k above an n before anything is trained.
 */
export async function trainGrid(embeddings: Matrix, options: GridOptions): Promise<GridResult> {
  const cells = gridCells(options);
  // What does not fit is refused before the hours that the smaller ones take.
  const largest = cells.reduce((most, cell) => (cell.n > most.n ? cell : most));
  planTraining(embeddings, { ...options, ...largest, checkpointPath: options.folder });
  const engine = await openEngine("cpu");
  const rows: GridRow[] = [];
  try {
    const known = await knownRows(options);
    for (const [at, cell] of cells.entries()) {
      const label = `${at + 1}/${cells.length} k ${cell.k} n ${cell.n}`;
      const row = await trainCell(embeddings, { ...cell, label, engine, known }, options);
      if (row === undefined) return { rows, ended: "aborted" };
      rows.push(row);
      await writeGridTable(options.folder, rows);
      options.onRow?.(row);
    }
  } finally {
    await engine.dispose();
  }
  return { rows, ended: "finished" };
}

/**
 * The runs of a grid's table, its table.json or table.csv (which has no curves). Throws FormatError where a row has no
 * k, n, error or compute above 0.
 */
export async function readGridTable(path: string): Promise<GridRow[]> {
  const text = await readFile(path, "utf8");
  if (!/\.csv$/i.test(path)) return checkRows(path, parseJson(text, path));
  const { columns, rows } = parseCsv(text, path, { guarded: true });
  const records = rows.map((row) =>
    Object.fromEntries(
      columns.flatMap((column, i) =>
        row[i] === "" ? [] : [[column, column === "sae" ? row[i] : Number(row[i])]],
      ),
    ),
  );
  return checkRows(path, records);
}

/** Writes `table.json` and, without the curves, `table.csv` into `folder`. */
export async function writeGridTable(folder: string, rows: readonly GridRow[]): Promise<void> {
  await writeJson(join(folder, "table.json"), rows);
  const values = rows.map((row) => COLUMNS.map((column) => row[column]));
  await writeFileAtomic(join(folder, "table.csv"), formatCsv([...COLUMNS], values));
}

interface Cell {
  k: number;
  n: number;
  auxk: number;
}

function gridCells({ k, n, auxk }: GridOptions): Cell[] {
  for (const [name, values] of Object.entries({ k, n, auxk: auxk ?? [1] })) {
    const bad = values.find((value) => !(Number.isInteger(value) && value >= 1));
    if (values.length === 0 || bad !== undefined || new Set(values).size < values.length) {
      throw new RangeError(
        `trainGrid: ${name} must be different whole numbers above 0, got ${values.join(", ")}`,
      );
    }
  }
  const cells = n.flatMap((latents) =>
    k.flatMap((kept) =>
      (auxk ?? [Math.min(2 * kept, latents)]).map((dead) => ({ k: kept, n: latents, auxk: dead })),
    ),
  );
  const wide = cells.find((cell) => cell.k > cell.n || cell.auxk > cell.n);
  if (wide) {
    throw new RangeError(
      `trainGrid: k and auxk must be at most n ${wide.n}, got ${wide.k} and ${wide.auxk}`,
    );
  }
  return cells;
}

async function knownRows({ folder, resume = false }: GridOptions): Promise<GridRow[]> {
  if (!resume) return [];
  try {
    return await readGridTable(join(folder, "table.json"));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return [];
    throw error;
  }
}

/** Trains one SAE and returns its row; undefined if the run was stopped. */
async function trainCell(
  embeddings: Matrix,
  { label, engine, known, ...cell }: Cell & { label: string; engine: Engine; known: GridRow[] },
  options: GridOptions,
): Promise<GridRow | undefined> {
  const { k, n, auxk } = cell;
  const { folder, name = "sae", ownSeeds = false, seed = 0 } = options;
  const { onProgress, onLog, zeroRows } = options;
  const signal = interruptible(options.signal);
  const start = performance.now();
  let fresh = 0;
  const result = await trainSae(embeddings, {
    ...options,
    ...cell,
    seed: ownSeeds ? seed + 65_536 * n + k : seed,
    checkpointPath: join(folder, "runs", `${k}_${n}_${auxk}.safetensors`),
    onProgress: (progress) => onProgress?.({ ...progress, step: label }),
    onLog: (row) => {
      fresh++;
      onLog?.(row);
    },
  });
  if (result.ended === "aborted") return undefined;
  const taken = (performance.now() - start) / 1000;
  const sae = `${name}_${k}_${n}_${auxk}.safetensors`;
  const before = known.find((row) => row.sae === sae && row.steps === result.steps);
  const badRows = zeroRows === "skip" ? "skip" : "error";
  const metrics = await computeMetrics(result.sae, embeddings, { engine, badRows, signal });
  await saveCheckpoint(join(folder, sae), result.sae, { auxk });
  const validation = result.log.at(-1)?.validation;
  return {
    ...cell,
    d: embeddings.cols,
    steps: result.steps,
    epochs: result.epochs,
    normalized_mse: metrics.normalized_mse,
    ...(validation === undefined ? {} : { validation }),
    dead_share: metrics.dead / n,
    flops: trainingFlops({ d: embeddings.cols, n, k, steps: result.steps }),
    seconds: fresh > 0 ? (taken * result.steps) / fresh : (before?.seconds ?? 0),
    sae,
    curve: trainingCurve(result.log, { d: embeddings.cols, n, k }),
  };
}

function trainingCurve(
  log: readonly TrainLogRow[],
  sizes: { d: number; n: number; k: number },
): [number, number][] {
  const length = Math.ceil(log.length / CURVE_POINTS);
  const curve: [number, number][] = [];
  for (let start = 0; start < log.length; start += length) {
    const part = log.slice(start, start + length);
    const { step } = part[part.length - 1];
    curve.push([
      trainingFlops({ ...sizes, steps: step }),
      meanOf(part.map(({ reconstruction }) => reconstruction)),
    ]);
  }
  return curve;
}

// A table made elsewhere may lack them.
const otherFields = z.object({
  auxk: measured.optional(),
  d: measured.optional(),
  steps: measured.optional(),
  epochs: measured.optional(),
  dead_share: measured.optional(),
  validation: measured.optional(),
  seconds: measured.optional(),
  sae: z.string().optional(),
  curve: z.array(z.tuple([measured, measured])).optional(),
} satisfies Partial<Fields<Partial<GridRow>>>);

function checkRows(path: string, value: unknown): GridRow[] {
  if (!Array.isArray(value)) throw new FormatError(path, "expected a grid's table, a list of runs");
  for (const [at, row] of (value as unknown[]).entries()) {
    for (const name of ["k", "n", "normalized_mse", "flops"] as const) {
      const number = (row as Record<string, unknown> | null)?.[name];
      if (!(typeof number === "number" && number > 0 && number < Infinity)) {
        throw new FormatError(path, `row ${at}: ${name} must be above 0, got ${String(number)}`);
      }
    }
    checkJson(row, otherFields, path, `row ${at}`);
  }
  return value as GridRow[];
}
