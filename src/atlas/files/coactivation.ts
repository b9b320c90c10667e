import { existsSync } from "node:fs";
import path from "node:path";
import type { Codes, CountOptions } from "../../core/codes.js";
import {
  type Coactivation,
  computeCoactivation,
} from "../../families/coactivation/coactivation.js";
import type { AtlasOptions } from "../options.js";
import { TASKS_FOLDER } from "./files.js";

/** The co-activation of an atlas: the totals of its tasks, where its build had any, else counted from its codes. */
export async function countCoactivation(
  atlas: { dir: string; codes(): Promise<Codes>; counting(): Promise<CountOptions> },
  { onProgress, signal }: Pick<AtlasOptions, "onProgress" | "signal">,
): Promise<Coactivation> {
  const plan = path.join(atlas.dir, TASKS_FOLDER, "plan.json");
  if (existsSync(plan)) {
    // Apache Arrow, which tasks read and write, is much to load for an atlas without any.
    const { readTotals } = await import("../../tasks/run-task.js");
    return readTotals(plan);
  }
  return computeCoactivation(await atlas.codes(), {
    ...(await atlas.counting()),
    onProgress,
    signal,
  });
}
