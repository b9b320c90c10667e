import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { Fields } from "../core/schema.js";
import { readCheckedJson } from "./checked-json.js";
import { readJson, writeJson } from "./json.js";

/** A shard of embeddings and the shard of codes that is made from it. */
export interface PlannedShard {
  /** File of the embeddings, relative to the folder of the codes, with forward slashes. */
  file: string;
  bytes: number;
  /** Modification time in milliseconds. */
  modified: number;
  /** Number of its first document among all, and how many it has. */
  start: number;
  rows: number;
  /** Name of its codes, such as "part-00000.parquet". */
  codes: string;
}

/** `shards.json` of a folder of codes: what they are made from. Codes that are there under their name are whole. */
export interface CodesPlan {
  format: 1;
  sae: {
    /** Of the checkpoint's files. */
    sha256: string;
    k: number;
    n: number;
    d: number;
  };
  /** How the SAE and the embeddings were read, where that changes codes. */
  options: Record<string, string | number>;
  /** Documents of all shards. */
  rows: number;
  shards: PlannedShard[];
}

/** Name of the plan in a folder of codes. */
const CODES_PLAN = "shards.json";
/** What the plan was called before, as that of tasks still is. */
const EARLIER_PLAN = "plan.json";

const shardFields: Fields<PlannedShard> = {
  file: z.string(),
  bytes: z.number(),
  modified: z.number(),
  start: z.int().nonnegative(),
  rows: z.int().nonnegative(),
  codes: z.string().regex(/^part-\d{5,}\.parquet$/),
};
const size = z.int().positive();
const planFields: Fields<CodesPlan> = {
  format: z.literal(1),
  sae: z.object({ sha256: z.string(), k: size, n: size, d: size }),
  options: z.record(z.string(), z.union([z.string(), z.number()])),
  rows: z.int().nonnegative(),
  shards: z.array(z.object(shardFields)),
};
const planSchema: z.ZodType<CodesPlan> = z.object(planFields);

/** Whether an atlas's folder of codes has a plan, whichever name it has. */
export function hasCodesPlan(folder: string): boolean {
  return [CODES_PLAN, EARLIER_PLAN].some((name) => existsSync(path.join(folder, name)));
}

/** The plan of a folder of codes; undefined where it has none. Throws FormatError where it is damaged. */
export async function readCodesPlan(folder: string): Promise<CodesPlan | undefined> {
  const file = path.join(folder, CODES_PLAN);
  if (existsSync(file)) return readCheckedJson(file, planSchema);
  const earlier = path.join(folder, EARLIER_PLAN);
  return (await isCodesPlan(earlier)) ? readCheckedJson(earlier, planSchema) : undefined;
}

/** Writes the plan, in place of one that has the earlier name. */
export async function writeCodesPlan(folder: string, plan: CodesPlan): Promise<void> {
  await writeJson(path.join(folder, CODES_PLAN), plan);
  const earlier = path.join(folder, EARLIER_PLAN);
  if (await isCodesPlan(earlier)) await rm(earlier, { force: true });
}

/** Whether a file of the earlier name is about codes: a plan of tasks has a number of tasks. */
async function isCodesPlan(file: string): Promise<boolean> {
  if (!existsSync(file)) return false;
  const found = await readJson(file);
  return typeof found !== "object" || found === null || !("tasks" in found);
}
