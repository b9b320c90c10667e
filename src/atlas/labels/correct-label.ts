import { existsSync } from "node:fs";
import { requireChoice, requireText } from "../../core/arguments.js";
import { ArgumentError } from "../../core/errors.js";
import path from "node:path";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { parseJson } from "../../files/json-text.js";
import { readText } from "../../files/text.js";
import { readOverrides } from "../../records/overrides.js";
import type { BuildReport } from "../steps/atlas-build.js";
import { openStore } from "../store.js";
import { ATLAS_FILES } from "../files/files.js";
import { withLock } from "../files/lock.js";
import type { AtlasOptions } from "../options.js";
import { refreshLabels } from "../steps/refresh.js";

/** A person's label for a latent, or name for a family. */
export interface LabelCorrection {
  /** The latent, or the parent latent of the family. */
  latent: number;
  label: string;
  /** Default "latent". */
  of?: "latent" | "family";
  /** Why, for readers of the catalog. */
  note?: string;
  /** ISO 8601. Default now. */
  date?: string;
}

/**
 * Adds a person's label to labels.overrides.jsonl of the atlas in `dir`, where it wins over every other and survives every
 * run, and brings families and catalog up to date. Throws ArgumentError for an empty label, a latent that the atlas does not
 * have, and a family of which it is not the parent.
 */
export async function correctLabel(
  dir: string,
  { latent, label, of = "latent", note, date = new Date().toISOString() }: LabelCorrection,
  options: Pick<AtlasOptions, "device" | "onProgress" | "signal"> = {},
): Promise<BuildReport> {
  requireText("label", label);
  if (note !== undefined) requireText("note", note);
  requireChoice("of", of, ["latent", "family"]);
  const words = label.trim();
  const data = await openStore(dir);
  const isKnown =
    of === "latent"
      ? (await data.labels()).has(latent)
      : (await data.families()).some(({ parent }) => parent === latent);
  if (!isKnown) {
    const what = of === "latent" ? "no latent of this atlas" : "the parent of no family";
    throw new ArgumentError(`correctLabel: ${latent} is ${what}`);
  }
  const file = path.join(dir, ATLAS_FILES.overrides);
  return withLock(dir, async () => {
    // What cannot be read is said before anything is added to it.
    await readOverrides(file, (await data.densities()).length, of);
    const before = existsSync(file) ? await readText(file) : "";
    const line = JSON.stringify({ of, latent, label: words, note, date });
    const joint = before === "" || before.endsWith("\n") ? "" : "\n";
    await writeFileAtomic(file, `${before}${joint}${line}\n`);
    return refreshLabels(dir, options);
  });
}

/**
 * Takes the last label that a person gave to a latent, or name to a family, out of labels.overrides.jsonl of the atlas in
 * `dir`; the one before it, or the model's, then stands again. Throws ArgumentError where there is none.
 */
export async function withdrawLabel(
  dir: string,
  { latent, of = "latent" }: Pick<LabelCorrection, "latent" | "of">,
  options: Pick<AtlasOptions, "device" | "onProgress" | "signal"> = {},
): Promise<BuildReport> {
  const file = path.join(dir, ATLAS_FILES.overrides);
  return withLock(dir, async () => {
    const lines = existsSync(file) ? (await readText(file)).split("\n") : [];
    const isOwn = (line: string): boolean => {
      if (line.trim() === "") return false;
      const found = parseJson(line, file) as Partial<LabelCorrection> | null;
      return found?.latent === latent && (found.of ?? "latent") === of;
    };
    const last = lines.map(isOwn).lastIndexOf(true);
    if (last < 0) throw new ArgumentError(`withdrawLabel: ${of} ${latent} has no correction`);
    lines.splice(last, 1);
    await writeFileAtomic(file, lines.join("\n"));
    return refreshLabels(dir, options);
  });
}
