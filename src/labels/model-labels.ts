import { existsSync } from "node:fs";
import { z } from "zod";
import { readJsonl } from "../files/jsonl.js";
import { FormatError } from "../core/errors.js";
import { withScore } from "./embedding-score.js";
import type { FamilyNameRecord } from "./label-families.js";
import type { LabelRecord } from "./label.js";

/** A score of a label that was measured apart from it, such as by embeddings. */
export interface SavedScore {
  latent: number;
  /** The label that was scored: of another one it says nothing. */
  label: string;
  name: string;
  value: number;
  n: number;
  interval?: [number, number];
}

const number = z.number();
const score = z.looseObject({
  name: z.string(),
  value: number,
  n: number,
  interval: z.tuple([number, number]).optional(),
});
const record = z.looseObject({
  latent: z.int().nonnegative(),
  label: z.string(),
  source: z.literal("llm"),
  reason: z.string().optional(),
  score: number.optional(),
  scoreName: z.string().optional(),
  n: number.optional(),
  interval: z.tuple([number, number]).optional(),
  scores: z.array(score).optional(),
  cost: number.optional(),
  examples: z
    .object({
      explain: z.array(z.string()),
      validate: z.array(z.string()),
      score: z.array(z.string()),
    })
    .optional(),
});
const memberScore = number.optional();
const familyName = z.looseObject({
  ...record.shape,
  members: z.array(
    z.object({
      latent: z.int().nonnegative(),
      label: z.string(),
      f1: memberScore,
      pearson: memberScore,
      familyF1: memberScore,
      familyPearson: memberScore,
      familyN: memberScore,
    }),
  ),
});
const savedScore = z.object({
  ...score.shape,
  latent: z.int().nonnegative(),
  label: z.string(),
});

/**
 * Reads labels by a language model, a LabelRecord a line; none where the file is missing. Throws FormatError, naming the
 * line, for anything else, such as a latent that is none of the `n`.
 */
export async function readModelLabels(path: string, n: number): Promise<LabelRecord[]> {
  return readChecked(path, n, record);
}

/** Reads families' names by a language model, a FamilyNameRecord a line. As readModelLabels in all else. */
export async function readFamilyNames(path: string, n: number): Promise<FamilyNameRecord[]> {
  return readChecked(path, n, familyName);
}

/** Reads scores, one a line; none where the file is missing. Throws as readModelLabels does. */
export async function readScores(path: string, n: number): Promise<SavedScore[]> {
  return readChecked(path, n, savedScore);
}

/** The records with the scores that were measured on the very label; of several with one name the last. */
export function applyScores(
  records: readonly LabelRecord[],
  scores: readonly SavedScore[],
): LabelRecord[] {
  const byLatent = new Map<number, SavedScore[]>();
  for (const one of scores) {
    const list = byLatent.get(one.latent);
    if (list === undefined) byLatent.set(one.latent, [one]);
    else list.push(one);
  }
  return records.map((given) =>
    (byLatent.get(given.latent) ?? [])
      .filter(({ label }) => label === given.label && label !== "")
      .reduce((kept, { name, value, n, interval }) => {
        return withScore(kept, { name, value, n, ...(interval ? { interval } : {}) });
      }, given),
  );
}

async function readChecked<T extends { latent: number }>(
  path: string,
  n: number,
  schema: z.ZodType<T>,
): Promise<T[]> {
  if (!existsSync(path)) return [];
  const out: T[] = [];
  for await (const { line, value } of readJsonl(path)) {
    const { data, error } = schema.safeParse(value);
    if (error !== undefined) {
      throw new FormatError(path, `line ${line}: ${z.prettifyError(error)}`);
    }
    if (data.latent >= n) {
      throw new FormatError(path, `line ${line}: latent must be below ${n}, got ${data.latent}`);
    }
    out.push(data);
  }
  return out;
}
