import { z } from "zod";
import { readCheckedJsonl } from "../../files/checked-json.js";
import type { LabelEvidence } from "./evidence.js";

/** A line of labels.evidence.jsonl. */
export const evidenceSchema: z.ZodType<StoredEvidence> = z.object({
  of: z.enum(["latent", "family"]),
  latent: z.int().nonnegative(),
  label: z.string(),
  explainer: z.string().optional(),
  judge: z.string().optional(),
  promptVersion: z.string().optional(),
  date: z.string().optional(),
  // A tokenizer is a function, so the file does not contain it.
  limit: z.union([z.object({ characters: z.number() }), z.object({ tokens: z.number() })]),
  shown: z.array(
    z.object({
      id: z.string(),
      set: z.enum(["explain", "validate", "score"]),
      kind: z.enum(["active", "random", "near", "neighbour"]),
      activation: z.number(),
      member: z.number().optional(),
    }),
  ),
  explanations: z.array(
    z.object({
      key: z.string(),
      status: z.enum(["ok", "failed"]),
      reason: z.string().optional(),
      labels: z.array(z.string()),
      reasoning: z.string().optional(),
    }),
  ),
  verdicts: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      set: z.enum(["validate", "score"]),
      expected: z.boolean(),
      answer: z.boolean().nullable(),
      confidence: z.number().optional(),
      probability: z.number().optional(),
      key: z.string(),
    }),
  ),
});

/** Evidence in a file, which records only the number of a limit in tokens. */
export interface StoredEvidence extends Omit<LabelEvidence, "limit"> {
  limit: { characters: number } | { tokens: number };
}

/**
 * Reads labels.evidence.jsonl line by line: what stands behind each label and family name by a model. Throws
 * FormatError, naming the line and the field, for anything else.
 */
export async function* readEvidence(path: string): AsyncGenerator<StoredEvidence> {
  for await (const { value } of readCheckedJsonl(path, evidenceSchema)) yield value;
}
