import { existsSync } from "node:fs";
import { z } from "zod";
import { FormatError } from "../core/errors.js";
import type { Fields } from "../core/schema.js";
import { readCheckedJsonl } from "../files/checked-json.js";
import { readJsonl } from "../files/jsonl.js";
import { type Label, type Score, withScore } from "./label.js";
import { type LabelFile, parseLabel } from "./label-lines.js";

/** A score of a label that was measured apart from it, such as by embeddings. */
export interface SavedScore extends Score {
  latent: number;
  /** The label that was scored: of another one it says nothing. */
  label: string;
}

const savedScoreFields: Fields<SavedScore> = {
  name: z.string(),
  value: z.number(),
  n: z.number(),
  interval: z.tuple([z.number(), z.number()]).optional(),
  latent: z.int().nonnegative(),
  label: z.string(),
};

/** A line of labels.scores.jsonl. */
export const savedScoreSchema: z.ZodType<SavedScore> = z.object(savedScoreFields);

/**
 * Reads labels by a language model; none where the file is missing. Throws FormatError as readLabels does, and for a label
 * of another source.
 */
export async function readModelLabels(path: string, n: number): Promise<Label[]> {
  const labels = await readOfModel(path, { of: "latent", n });
  return labels.map(({ of, id, text, source, reason, scores, cost, examples, ...rest }) => ({
    // In the order in which labels.jsonl has a model's labels.
    ...{ of, id, text, source },
    ...(reason !== undefined && { reason }),
    scores,
    ...(cost !== undefined && { cost }),
    ...(examples !== undefined && { examples }),
    ...rest,
  }));
}

/** Reads families' names by a language model, which have `members`. As readModelLabels in all else. */
export async function readFamilyNames(path: string, n: number): Promise<Label[]> {
  return readOfModel(path, { of: "family", n });
}

/** Reads scores, one a line; none where the file is missing. Throws as readModelLabels does. */
export async function readScores(path: string, n: number): Promise<SavedScore[]> {
  const scores: SavedScore[] = [];
  if (!existsSync(path)) return scores;
  for await (const { line, value } of readCheckedJsonl(path, savedScoreSchema)) {
    if (value.latent >= n) {
      throw new FormatError(path, `line ${line}: latent must be below ${n}, got ${value.latent}`);
    }
    scores.push(value);
  }
  return scores;
}

/** The labels of latents with the scores that were measured on the very label; of several with one name the last. */
export function applyScores(labels: readonly Label[], scores: readonly SavedScore[]): Label[] {
  const byLatent = new Map<number, SavedScore[]>();
  for (const one of scores) {
    const list = byLatent.get(one.latent);
    if (list === undefined) byLatent.set(one.latent, [one]);
    else list.push(one);
  }
  return labels.map((given) =>
    (byLatent.get(given.id) ?? [])
      .filter(({ label }) => label === given.text && label !== "")
      .reduce((kept, { name, value, n, interval }) => {
        return withScore(kept, { name, value, n, ...(interval ? { interval } : {}) });
      }, given),
  );
}

async function readOfModel(path: string, file: LabelFile): Promise<Label[]> {
  const labels: Label[] = [];
  if (!existsSync(path)) return labels;
  for await (const { line, value } of readJsonl(path)) {
    const place = `line ${line}`;
    const label = parseLabel(value, path, { ...file, place });
    if (label.source !== "llm") {
      throw new FormatError(path, `${place}: source: expected "llm", got "${label.source}"`);
    }
    if (file.of === "family" && label.members === undefined) {
      throw new FormatError(path, `${place}: members: expected a list, got nothing`);
    }
    labels.push(label);
  }
  return labels;
}
