import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Path of a file of the reference kit or the real data that lie beside the project ("reference/…", "data/…"),
 * or undefined where they are absent. A test that needs one then says so with `t.log` and passes.
 */
export function sharedPath(relative: string): string | undefined {
  const path = join("..", "shared", relative);
  return existsSync(path) ? path : undefined;
}
