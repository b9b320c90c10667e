import { readdir } from "node:fs/promises";
import path from "node:path";
import { readManifest } from "./manifest.js";

/**
 * Folders of the finished atlases directly under `folder`, in order of their names; none where there is no such folder.
 * An atlas whose manifest is unfinished or cannot be read is left out.
 */
export async function listAtlases(folder = "families"): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const atlases: string[] = [];
  for (const name of entries.map((entry) => entry.name).sort()) {
    const dir = path.join(folder, name);
    const manifest = await readManifest(dir).catch(() => undefined);
    if (manifest?.steps.catalog) atlases.push(dir);
  }
  return atlases;
}
