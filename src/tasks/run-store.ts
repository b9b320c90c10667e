import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { FormatError } from "../core/errors.js";
import { LATENTS_PER_BATCH } from "../families/coactivation/pair-sums.js";
import { sha256File } from "../files/atomic-file.js";
import { writeJson } from "../files/json.js";
import { loadSae, saveSae } from "../sae/checkpoint.js";
import { GROUP_DOCUMENTS } from "./block-coactivation.js";
import { type PlanOptions, type TaskPlan, hasPrefixes, splitLatents } from "./plan.js";
import { type ScheduleOptions, runDriver, runPlan } from "./run-plan.js";
import { countingsOf, partialFile } from "./run-task.js";
import { TASK_FOLDERS } from "./task-folders.js";

/** Work that Spark does where the embeddings lie. */
export interface StoreOptions
  extends
    Pick<PlanOptions, "k" | "skipZeros" | "leading" | "engine" | "groupDocuments">,
    Pick<ScheduleOptions, "master" | "command" | "drivers" | "onProgress" | "signal"> {
  /** Parquet that Spark reads: a file or folder on S3, GCS, HDFS or anything else for which it is set up. */
  embeddings: string;
  /** Its column of number lists. Default "embedding", else the only one. */
  column?: string;
  /** File of the SAE here; Spark hands it to the workers. */
  sae: string;
  /** URL of the folder where Spark keeps codes and sums. */
  store: string;
}

/** What Spark has made, beside the plan by which readTotals reads the sums. */
export interface StoreRun {
  plan: TaskPlan;
  /** URL of the codes: Parquet with `row` (the document's number), `indices` and `values`. */
  codes: string;
  /** URL of the sums: Parquet with `latent`, `partner`, `together` and `dot`; those by the latents that lead have "-leading" after it. */
  totals: string;
}

/** Name of the copy of the SAE that is handed to the workers. */
const SAE_FILE = "sae.safetensors";
const doneSchema = z.object({ documents: z.int().min(1), codes: z.string(), totals: z.string() });

/**
 * Has Spark encode embeddings and count co-activation where only Spark can read them: workers hand Arrow batches to
 * `task encode` and `task pairs` and need no file but this package. The sums come into `folder` with a plan, the same bytes
 * as tasks over files make. What the store has already is not made again while the embeddings' files, the SAE and the
 * options are the same. Throws as runPlan does.
 */
export async function runOnStore(folder: string, options: StoreOptions): Promise<StoreRun> {
  const { embeddings, column, store, command = [], engine, onProgress, signal } = options;
  const { groupDocuments = GROUP_DOCUMENTS } = options;
  const sae = await loadSae(options.sae, { k: options.k });
  const { k, n } = sae;
  const skipZeros = options.skipZeros ?? sae.activation.kind !== "topk";
  const { leading = hasPrefixes(sae) } = options;
  await mkdir(folder, { recursive: true });
  const file = path.resolve(folder, SAE_FILE);
  await saveSae(file, sae);
  const latents = splitLatents(n);
  const inputs = [await sha256File(file), column, skipZeros, engine];
  const wish = {
    ...{ embeddings, store: store.replace(/\/+$/, ""), k, n, sae: file },
    column: column ?? null,
    key: createHash("sha256").update(JSON.stringify(inputs)).digest("hex"),
    encode: [
      ...[...command, "task", "encode", "--sae", "{sae}"],
      ...(engine === undefined ? [] : ["--engine", engine]),
    ],
    batch: LATENTS_PER_BATCH,
    groupBytes: 8 * k * groupDocuments,
    countings: countingsOf({ leading }).map((leads) => ({
      name: leads ? "-leading" : "",
      pairs: [
        ...[...command, "task", "pairs", "--n", String(n)],
        ...(skipZeros ? ["--skip-zeros"] : []),
        ...(leads ? ["--leading"] : []),
      ],
      partials: latents.map((range) => [
        path.resolve(partialFile(folder, 0, range, leads)),
        range.from,
        range.to,
      ]),
    })),
  };
  const printed = await runDriver("spark", "spark_store.py", [JSON.stringify(wish)], options);
  const { documents, codes, totals } = parseDone(embeddings, printed);
  const plan: TaskPlan = {
    ...{ format: 1, documents, k, n, skipZeros, latents, ...(leading && { leading }) },
    ...{ shards: [], groups: [{ from: 0, to: documents }] },
    tasks: { encode: 0, pairs: 0, total: latents.length, labels: 0 },
  };
  const planFile = path.join(folder, "plan.json");
  await writeJson(planFile, plan);
  await rm(path.join(folder, TASK_FOLDERS.totals), { recursive: true, force: true });
  await runPlan(planFile, { onProgress, signal });
  await rm(path.join(folder, TASK_FOLDERS.partials), { recursive: true, force: true });
  return { plan, codes, totals };
}

function parseDone(embeddings: string, line: string): z.infer<typeof doneSchema> {
  try {
    return doneSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new FormatError(embeddings, `expected Spark's driver to end with what it made`, {
      cause,
    });
  }
}
