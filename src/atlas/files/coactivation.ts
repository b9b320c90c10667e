import { existsSync } from "node:fs";
import path from "node:path";
import type { Codes, CountOptions } from "../../core/codes.js";
import {
  type Coactivation,
  computeCoactivation,
} from "../../families/coactivation/coactivation.js";
import { readTotals } from "../../tasks/run-task.js";
import type { AtlasOptions } from "../options.js";
import { TASKS_FOLDER } from "./files.js";

/** The co-activation of an atlas: the totals of its tasks, where its build had any, else counted from its codes. */
export async function countCoactivation(
  atlas: { dir: string; codes(): Promise<Codes>; counting(): Promise<CountOptions> },
  { onProgress, signal }: Pick<AtlasOptions, "onProgress" | "signal">,
): Promise<Coactivation> {
  const plan = path.join(atlas.dir, TASKS_FOLDER, "plan.json");
  if (existsSync(plan)) return readTotals(plan);
  return computeCoactivation(await atlas.codes(), {
    ...(await atlas.counting()),
    onProgress,
    signal,
  });
}
