import { rm } from "node:fs/promises";
import path from "node:path";
import { readCodes } from "../../files/codes.js";
import { writeNpy } from "../../files/numpy/npy-write.js";
import type { Sae } from "../../sae/sae.js";
import { TASK_FOLDERS, makePlan } from "../../tasks/plan.js";
import { type ScheduleOptions, runPlan } from "../../tasks/run-plan.js";
import { ATLAS_FILES, TASKS_FOLDER, codesFiles } from "../files/files.js";
import type { AtlasOptions } from "../options.js";

/**
 * Encodes the corpus and counts co-activation in tasks. The codes come into the atlas as one process writes them, the totals
 * stay beside their plan in its folder `tasks`; an interrupted run continues with the tasks that are missing.
 */
export async function encodeByTasks(
  { k, n }: Sae,
  schedule: ScheduleOptions,
  { dir, embeddings, sae, device, onProgress, signal }: AtlasOptions,
): Promise<void> {
  const folder = path.join(dir, TASKS_FOLDER);
  const model = sae ?? path.join(dir, ATLAS_FILES.sae);
  await makePlan(folder, { embeddings, sae: model, k, engine: device });
  await runPlan(path.join(folder, "plan.json"), { ...schedule, onProgress, signal });
  const codes = await readCodes(path.join(folder, TASK_FOLDERS.codes), { k, n });
  const shape = [codes.rows, k];
  const names = codesFiles(k, n);
  const indices = Int32Array.from(codes.indices);
  await writeNpy(path.join(dir, names.indices), { shape, dtype: "i4", data: indices });
  await writeNpy(path.join(dir, names.values), { shape, dtype: "f4", data: codes.values });
  for (const name of [TASK_FOLDERS.codes, TASK_FOLDERS.partials]) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
}
