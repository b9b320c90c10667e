import { z } from "zod";
import { readJsonl } from "../files/jsonl.js";
import { FormatError } from "../core/errors.js";
import type { LabelRecord } from "./label.js";

/** A line of a file of labels: a latent's label, or the name of the family whose parent `latent` is. */
export interface LabelLine extends LabelRecord {
  of?: "latent" | "family";
}

const latent = z.int().nonnegative();
const number = z.number().nullish();
const text = z.string().nullish();
const score = z.object({
  name: z.string(),
  value: z.number(),
  n: z.number().nonnegative(),
  interval: z.tuple([z.number(), z.number()]).nullish(),
});
const ids = z.array(z.string());

const line = z.object({
  of: z.enum(["latent", "family"]).nullish(),
  latent,
  label: z.string(),
  source: z.enum(["keywords", "llm", "import", "human"]),
  reason: text,
  score: number,
  scoreName: text,
  n: number,
  interval: z.tuple([z.number(), z.number()]).nullish(),
  scores: z.array(score).nullish(),
  keywords: z.array(z.string()).nullish(),
  model: text,
  judge: text,
  promptVersion: text,
  date: text,
  examples: z.object({ explain: ids, validate: ids, score: ids }).nullish(),
  reasoning: text,
  candidates: z.array(z.object({ label: z.string(), score: number })).nullish(),
  failed: number,
  cost: number,
  notes: z.array(z.string()).nullish(),
});

/**
 * Reads a file of labels as an atlas holds them (labels.jsonl, labels.import.jsonl), gzip by name. Fields that are null
 * count as absent, unknown ones are left out. Throws FormatError, naming the line and the field, for anything else, such as a
 * latent that is none of the `n`, where that is given.
 */
export async function readLabelLines(path: string, n: number = Infinity): Promise<LabelLine[]> {
  const lines: LabelLine[] = [];
  for await (const row of readJsonl(path))
    lines.push(parseLabelLine(row.value, `${path}: line ${row.line}`, n));
  return lines;
}

/** The lines about latents, or about families, as records. */
export function recordsOf(lines: readonly LabelLine[], what: "latent" | "family"): LabelRecord[] {
  return lines
    .filter((entry) => (entry.of ?? "latent") === what)
    .map((entry) => {
      const record = { ...entry };
      delete record.of;
      return record;
    });
}

/** One parsed line; see readLabelLines. `place` is used in errors. */
export function parseLabelLine(value: unknown, place: string, n: number = Infinity): LabelLine {
  const { data, error } = line.safeParse(value);
  if (error !== undefined) {
    const { path, message } = error.issues[0];
    const where = path.length === 0 ? "" : `${path.map(String).join(".")}: `;
    throw new FormatError(place, `${where}${message.replace(/^Invalid input: /, "")}`);
  }
  if (data.latent >= n) {
    throw new FormatError(place, `latent must be from 0 to ${n - 1}, got ${data.latent}`);
  }
  return withoutNulls(data) as LabelLine;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== null && entry !== undefined)
      .map(([key, entry]) => [key, withoutNulls(entry)]),
  );
}
