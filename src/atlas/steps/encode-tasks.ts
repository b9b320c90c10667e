import { rm } from "node:fs/promises";
import path from "node:path";
import type { Sae } from "../../sae/sae.js";
import { makePlan } from "../../tasks/plan.js";
import { type ScheduleOptions, runPlan } from "../../tasks/run-plan.js";
import { TASK_FOLDERS } from "../../tasks/task-folders.js";
import { familyCounting } from "../files/coactivation.js";
import { ATLAS_FILES, TASKS_FOLDER } from "../files/files.js";
import type { AtlasOptions } from "../options.js";

/**
 * Encodes the corpus, counts co-activation and makes keyword labels in tasks. Codes, totals and labels stay beside their plan in the
 * atlas's folder `tasks`; an interrupted run continues with the tasks that are missing.
 */
export async function encodeByTasks(
  encoder: Sae,
  schedule: ScheduleOptions,
  options: AtlasOptions,
): Promise<void> {
  const { dir, corpus, columns, embeddings, sae, device, onProgress, signal } = options;
  const { leading = false } = familyCounting(encoder, options);
  const folder = path.join(dir, TASKS_FOLDER);
  const model = sae ?? path.join(dir, ATLAS_FILES.sae);
  const counting = { k: encoder.k, engine: device, leading };
  await makePlan(folder, { corpus, columns, embeddings, sae: model, ...counting });
  await runPlan(path.join(folder, "plan.json"), { ...schedule, onProgress, signal });
  await rm(path.join(folder, TASK_FOLDERS.partials), { recursive: true, force: true });
}
