import { existsSync } from "node:fs";
import { readJsonl } from "../files/jsonl.js";
import { FormatError } from "../core/errors.js";
import { shown } from "../core/shown.js";
import type { Label } from "./label.js";

/**
 * Reads human corrections of labels, JSON lines of {latent, label, of?, note?, date?}; none where the file is missing. A
 * line with `of: "family"` corrects the name of the family whose parent is the latent: `of` chooses which lines are given,
 * those of latents by default. A later line for a latent replaces an earlier one. Throws FormatError, naming the line, for
 * anything else, such as a latent that is none of the `n`.
 */
export async function readOverrides(
  path: string,
  n: number,
  of: Label["of"] = "latent",
): Promise<Label[]> {
  if (!existsSync(path)) return [];
  const byLatent = new Map<number, Label>();
  for await (const { line, value } of readJsonl(path)) {
    const fail = (problem: string): never => {
      throw new FormatError(path, `line ${line}: ${problem}`);
    };
    if (typeof value !== "object" || value === null) return fail("expected {latent, label}");
    const { latent, label, note, date, of: kind = "latent" } = value as Record<string, unknown>;
    if (kind !== "latent" && kind !== "family") {
      return fail(`of must be "latent" or "family", got ${shown(kind)}`);
    }
    if (typeof latent !== "number" || !Number.isInteger(latent) || latent < 0 || latent >= n) {
      return fail(`latent must be a whole number from 0 to ${n - 1}, got ${shown(latent)}`);
    }
    if (typeof label !== "string" || label.trim() === "") {
      return fail(`expected a label, got ${shown(label)}`);
    }
    const wrong = [note, date].find((text) => typeof (text ?? "") !== "string");
    if (wrong !== undefined) return fail(`note and date must be text, got ${shown(wrong)}`);
    if (kind !== of) continue;
    byLatent.set(latent, {
      of,
      id: latent,
      text: label.trim(),
      source: "human",
      ...(typeof note === "string" ? { reason: note } : {}),
      scores: [],
      ...(typeof date === "string" ? { date } : {}),
    });
  }
  return [...byLatent.values()].sort((a, b) => a.id - b.id);
}
