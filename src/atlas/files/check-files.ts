import { ownValue } from "../../core/collections.js";
import { stat } from "node:fs/promises";
import path from "node:path";
import { FormatError } from "../../core/errors.js";
import { relativeName } from "../../files/relative-name.js";
import { readManifest, stampOf } from "./manifest.js";

/** Compares a file with what the atlas's manifest says of it; gives whether it is another file than the build wrote. */
export type FileCheck = (file: string) => Promise<boolean>;

/** Larger files are checked when they are read: a command without a use for one would take seconds to hash it. */
const MOST_BYTES = 64 * 1024 ** 2;

/**
 * Checks what the build of the atlas in `dir` wrote there, also what will not be read; large and missing files are left out.
 * Gives the names of those that were changed.
 */
export async function checkOutputs(dir: string, check: FileCheck): Promise<string[]> {
  const changed: string[] = [];
  for (const { outputs } of Object.values((await readManifest(dir))?.steps ?? {})) {
    for (const name of Object.keys(outputs)) {
      const found = await stat(path.join(dir, name)).catch(() => undefined);
      if (!found?.isFile() || found.size > MOST_BYTES) continue;
      if (await check(path.join(dir, name))) changed.push(name);
    }
  }
  return changed;
}

/**
 * A check of the files of the atlas in `dir` before they are read. One that the atlas was made from must be the very file: its
 * name comes from the manifest, leads anywhere on the disk, and rows of another file mean something else; throws FormatError.
 * One that a build wrote may have been changed since, which is a warning.
 */
export function createFileCheck(dir: string, onWarning?: (warning: string) => void): FileCheck {
  const hashes = new Map<string, Promise<string>>();
  const warned = new Set<string>();
  return async (file) => {
    const manifest = await readManifest(dir);
    if (manifest === undefined) return false;
    const name = relativeName(dir, file);
    const stamp = await stampOf(file);
    const { bytes, modified } = stamp;
    const key = `${bytes} ${modified} ${name}`;
    const hash = (): Promise<string> => {
      const known = hashes.get(key) ?? stamp.hash();
      hashes.set(key, known);
      return known;
    };
    const input = Object.values(manifest.inputs).find((record) => record.file === name);
    if (input !== undefined) {
      if (input.bytes === bytes && input.modified === modified) return false;
      if (input.bytes === bytes && input.sha256 === (await hash())) return false;
      throw new FormatError(file, `has changed since ${dir} was built: build the atlas again`);
    }
    const written = Object.values(manifest.steps)
      .map(({ outputs }) => ownValue(outputs, name))
      .find((output) => output !== undefined);
    if (written === undefined || written === (await hash())) return false;
    if (warned.has(key)) return true;
    warned.add(key);
    onWarning?.(
      `${file}: not the file that manifest.json names: it was changed after the build, or a build was stopped; build the atlas again`,
    );
    return true;
  };
}
