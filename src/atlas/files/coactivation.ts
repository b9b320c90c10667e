import { existsSync } from "node:fs";
import path from "node:path";
import type { Codes, CountOptions } from "../../core/codes.js";
import { createRandom } from "../../core/random.js";
import {
  type Coactivation,
  computeCoactivation,
} from "../../families/coactivation/coactivation.js";
import { sampleCodes } from "../../tasks/some-codes.js";
import type { AtlasOptions } from "../options.js";
import { TASKS_FOLDER } from "./files.js";

/** What steps that read co-activation note of the sample that it is of; nothing where it is of all documents. */
export function sampleNote({
  sample,
  seed = 0,
}: Pick<AtlasOptions, "sample" | "seed">): { sample: number; seed: number } | undefined {
  return sample === undefined ? undefined : { sample, seed };
}

/** The codes that families are found in: of all documents, or of the sample. */
export async function familyCodes(
  atlas: { codes(): Promise<Codes> },
  { sample, seed = 0 }: Pick<AtlasOptions, "sample" | "seed">,
): Promise<Codes> {
  const codes = await atlas.codes();
  if (sample === undefined) return codes;
  return sampleCodes({ ...codes, blocks: () => [codes] }, sample, createRandom(seed));
}

/** The co-activation of an atlas: of its sample, or the totals of its tasks, where its build had any, else counted from its codes. */
export async function countCoactivation(
  atlas: { dir: string; codes(): Promise<Codes>; counting(): Promise<CountOptions> },
  options: Pick<AtlasOptions, "sample" | "seed" | "onProgress" | "signal">,
): Promise<Coactivation> {
  const plan = path.join(atlas.dir, TASKS_FOLDER, "plan.json");
  if (options.sample === undefined && existsSync(plan)) {
    // Apache Arrow, which tasks read and write, is much to load for an atlas without any.
    const { readTotals } = await import("../../tasks/run-task.js");
    return readTotals(plan);
  }
  const { onProgress, signal } = options;
  return computeCoactivation(await familyCodes(atlas, options), {
    ...(await atlas.counting()),
    onProgress,
    signal,
  });
}
