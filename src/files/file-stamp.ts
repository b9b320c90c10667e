import { stat } from "node:fs/promises";

/** What a change of a file shows in, its time and size; undefined without it. */
export async function fileStamp(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found && `${found.mtimeMs} ${found.size}`;
}
