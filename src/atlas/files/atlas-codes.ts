import { existsSync } from "node:fs";
import path from "node:path";
import type { Codes } from "../../core/codes.js";
import { hasCodesPlan } from "../../files/codes-plan.js";
import { findCodesShards, readCodesShards } from "../../files/codes-shards.js";
import { readCodes } from "../../files/codes.js";
import { TASK_FOLDERS } from "../../tasks/task-folders.js";
import { CODES_FOLDER, TASKS_FOLDER, codesFiles } from "./files.js";

/** Where the codes of the atlas in `dir` lie: in its folder of shards, in that of its tasks, or in its own. */
export function atlasCodesFolder(dir: string): string {
  const shards = path.join(dir, CODES_FOLDER);
  if (hasCodesPlan(shards)) return shards;
  const tasks = path.join(dir, TASKS_FOLDER, TASK_FOLDERS.codes);
  return existsSync(tasks) ? tasks : dir;
}

/** The codes of the atlas in `dir`, from its shards or its pair of files, each of which `present` gives once it is checked. */
export async function readAtlasCodes(
  dir: string,
  { k, n }: Pick<Codes, "k" | "n">,
  present: (file: string) => Promise<string>,
): Promise<Codes> {
  const folder = atlasCodesFolder(dir);
  if (folder !== dir) {
    const shards = await findCodesShards(folder);
    for (const shard of shards) await present(shard);
    const { rows, indices, values } = await readCodesShards(shards, { k, n });
    return { rows, k, n, indices, values };
  }
  const { indices, values } = codesFiles(k, n);
  const files = {
    indices: await present(path.join(dir, indices)),
    values: await present(path.join(dir, values)),
  };
  return readCodes(files, { n });
}
