import { existsSync } from "node:fs";
import path from "node:path";
import { ownValue } from "../../core/collections.js";
import { FormatError } from "../../core/errors.js";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { relativeName } from "../../files/relative-name.js";
import { inTurn, withLock } from "./lock.js";
import { type InputRecord, readManifest, stampOf } from "./manifest.js";

/** Where files that an atlas was made from are now, if they or the atlas were moved. */
export interface MovedInputs {
  /** The corpus. */
  corpus?: string;
  /** Its embeddings. */
  embeddings?: string;
}

/**
 * Records in the manifest of the atlas in `dir` where its inputs are now. Other inputs that are missing are found by their names
 * beside those that were given. Does nothing where all is recorded. Throws FormatError for a file that is not there or, by its
 * SHA-256, is not the one that the atlas was made from.
 */
export async function recordMovedInputs(dir: string, moved: MovedInputs): Promise<void> {
  const given = (["corpus", "embeddings"] as const).flatMap((role) => {
    const file = moved[role];
    return file === undefined ? [] : [{ role, file }];
  });
  const before = await readManifest(dir);
  if (given.length === 0 || before === undefined) return;
  const found = new Map<string, InputRecord>();
  for (const { role, file } of given) {
    const record = ownValue(before.inputs, role);
    const place = record && (await placeOf(dir, file, record));
    if (place === undefined) {
      const was = record === undefined ? "" : `, whose SHA-256 is ${record.sha256.slice(0, 12)}…`;
      throw new FormatError(
        file,
        `${existsSync(file) ? "not" : "no such file; expected"} the ${role} that ${dir} was made from${was}: ${askFor(role)}`,
      );
    }
    found.set(role, place);
  }
  for (const [role, record] of Object.entries(before.inputs)) {
    if (found.has(role) || existsSync(path.join(dir, record.file))) continue;
    for (const { file } of given) {
      const beside = path.join(path.dirname(file), path.basename(record.file));
      const place = await placeOf(dir, beside, record);
      if (place !== undefined) found.set(role, place);
    }
  }
  const isKnown = [...found].every(
    ([role, { file }]) => ownValue(before.inputs, role)?.file === file,
  );
  if (isKnown) return;
  await inTurn(dir, () =>
    withLock(dir, async () => {
      const manifest = (await readManifest(dir)) ?? before;
      const inputs = { ...manifest.inputs, ...Object.fromEntries(found) };
      const text = JSON.stringify({ ...manifest, inputs }, undefined, 2);
      await writeFileAtomic(path.join(dir, "manifest.json"), `${text}\n`);
    }),
  );
}

/** How to say where a missing input is now. */
export function askFor(role: "corpus" | "embeddings" | "other"): string {
  if (role !== "other")
    return `pass its new path as --${role}, or as the option ${role} when opening the atlas`;
  return "if it was moved, keep it beside the corpus and pass that as --corpus, or as the option corpus when opening the atlas";
}

/** The record of a file that is the recorded one; undefined where it is not there, or is another. */
async function placeOf(
  dir: string,
  file: string,
  record: InputRecord,
): Promise<InputRecord | undefined> {
  if (!existsSync(file)) return undefined;
  const { bytes, modified, hash } = await stampOf(file);
  const name = relativeName(dir, file);
  if (bytes !== record.bytes) return undefined;
  if (name === record.file && modified === record.modified) return record;
  return (await hash()) === record.sha256 ? { ...record, file: name, modified } : undefined;
}
