import { existsSync } from "node:fs";
import path from "node:path";
import type { Codes, CountOptions } from "../../core/codes.js";
import { createRandom } from "../../core/random.js";
import {
  type Coactivation,
  type PairOptions,
  computeCoactivation,
} from "../../families/coactivation/coactivation.js";
import { sampleCodes } from "../../tasks/some-codes.js";
import type { AtlasOptions } from "../options.js";
import type { Sae } from "../../sae/sae.js";
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
  const plan = planOf(atlas, options);
  if (plan !== undefined) {
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

/** The plan of the tasks that have counted an atlas's co-activation in all documents; undefined where a sample is asked for, or none have. */
function planOf(
  { dir }: { dir: string },
  { sample }: Pick<AtlasOptions, "sample">,
): string | undefined {
  const plan = path.join(dir, TASKS_FOLDER, "plan.json");
  return sample === undefined && existsSync(plan) ? plan : undefined;
}

/** How the pairs of an SAE's latents are counted for families: by those that lead where the options say so and it has prefixes. */
export function familyCounting(
  { activation, prefixes }: Pick<Sae, "activation" | "prefixes">,
  { leading = false, compat = false }: Pick<AtlasOptions, "leading" | "compat"> = {},
): PairOptions {
  const skipZeros = activation.kind !== "topk";
  return leading && !compat && (prefixes?.length ?? 0) > 1 ? { skipZeros, leading } : { skipZeros };
}

/** The co-activation that families are found in, counted by familyCounting. */
export async function familyCoactivation(
  atlas: {
    dir: string;
    codes(): Promise<Codes>;
    coactivation(): Promise<Coactivation>;
    sae(): Promise<Sae>;
  },
  options: AtlasOptions,
): Promise<Coactivation> {
  const counting = familyCounting(await atlas.sae(), options);
  if (!counting.leading) return atlas.coactivation();
  const plan = planOf(atlas, options);
  if (plan !== undefined) {
    const { readPlan } = await import("../../tasks/plan.js");
    const { readTotals } = await import("../../tasks/run-task.js");
    // Tasks of earlier versions have not counted so.
    if ((await readPlan(plan)).leading) return readTotals(plan, { leading: true });
  }
  const { onProgress, signal } = options;
  return computeCoactivation(await familyCodes(atlas, options), {
    ...counting,
    onProgress,
    signal,
  });
}
