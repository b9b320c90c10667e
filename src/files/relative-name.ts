import path from "node:path";

/** Path of a file as seen from a folder, with forward slashes on every system, for files that name it. */
export function relativeName(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join("/");
}
