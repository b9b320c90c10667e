import { rm } from "node:fs/promises";
import path from "node:path";
import type { Sae } from "../../sae/sae.js";
import { makePlan } from "../../tasks/plan.js";
import { type ScheduleOptions, runPlan } from "../../tasks/run-plan.js";
import { TASK_FOLDERS } from "../../tasks/task-folders.js";
import { ATLAS_FILES, TASKS_FOLDER } from "../files/files.js";
import type { AtlasOptions } from "../options.js";

/**
 * Encodes the corpus, counts co-activation and makes keyword labels in tasks. Codes, totals and labels stay beside their plan in the
 * atlas's folder `tasks`; an interrupted run continues with the tasks that are missing.
 */
export async function encodeByTasks(
  { k }: Sae,
  schedule: ScheduleOptions,
  { dir, corpus, columns, embeddings, sae, device, onProgress, signal }: AtlasOptions,
): Promise<void> {
  const folder = path.join(dir, TASKS_FOLDER);
  const model = sae ?? path.join(dir, ATLAS_FILES.sae);
  await makePlan(folder, { corpus, columns, embeddings, sae: model, k, engine: device });
  await runPlan(path.join(folder, "plan.json"), { ...schedule, onProgress, signal });
  await rm(path.join(folder, TASK_FOLDERS.partials), { recursive: true, force: true });
}
