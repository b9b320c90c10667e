import { z } from "zod";
import { FormatError } from "../core/errors.js";
import type { Fields } from "../core/schema.js";
import { checkJson } from "../files/check-json.js";
import { readJsonl, writeJsonl } from "../files/jsonl.js";
import type { FamilyMemberScore, Label, LabelExamples, LabelSource, Score } from "./label.js";

/**
 * A label as a line of a file has it: the id is `latent`, the text `label`, and the first score stands in four fields of
 * its own.
 */
export interface LabelLine extends Omit<Label, "of" | "id" | "text" | "scores"> {
  /** In labels.import.jsonl, which holds both kinds. */
  of?: Label["of"];
  latent: number;
  label: string;
  score?: number;
  scoreName?: string;
  n?: number;
  interval?: [number, number];
  /** The scores but the first. */
  scores?: Score[];
}

/** What a file of labels holds. */
export interface LabelFile {
  /** What the lines are about that do not say so. Default "latent". */
  of?: Label["of"];
  /** Number of latents; no id may be above. */
  n?: number;
}

type Absent = null | undefined;
type Nullish<T> = { [K in keyof T]: undefined extends T[K] ? T[K] | Absent : T[K] };

const number = z.number().nullish();
const text = z.string().nullish();
const texts = z.array(z.string());
const latent = z.int().nonnegative();
const interval = z.tuple([z.number(), z.number()]).nullish();

const score: Fields<Nullish<Score>> = {
  name: z.string(),
  value: z.number(),
  n: z.number().nonnegative(),
  interval,
};
const examples: Fields<LabelExamples> = { explain: texts, validate: texts, score: texts };
const member: Fields<Nullish<FamilyMemberScore>> = {
  latent,
  label: z.string(),
  f1: number,
  pearson: number,
  familyF1: number,
  familyPearson: number,
  familyN: number,
};
const fields: Fields<Nullish<LabelLine>> = {
  of: z.enum(["latent", "family"]).nullish(),
  latent,
  label: z.string(),
  source: z.enum(["keywords", "llm", "import", "human"] satisfies LabelSource[]),
  reason: text,
  score: number,
  scoreName: text,
  n: z.number().nonnegative().nullish(),
  interval,
  scores: z.array(z.object(score)).nullish() as z.ZodType<Score[] | Absent>,
  keywords: texts.nullish(),
  model: text,
  judge: text,
  judgeCheck: z.object(score).nullish() as z.ZodType<Score | Absent>,
  language: text,
  promptVersion: text,
  date: text,
  examples: z.object(examples).nullish(),
  reasoning: text,
  candidates: z.array(z.object({ label: z.string(), score: z.number().optional() })).nullish(),
  failed: number,
  cost: number,
  notes: texts.nullish(),
  members: z.array(z.object(member)).nullish() as z.ZodType<FamilyMemberScore[] | Absent>,
};
/** A line of a file of labels. */
export const labelLineSchema: z.ZodType<LabelLine> = z.object(
  fields,
) as unknown as z.ZodType<LabelLine>;

/**
 * Reads a file of labels: labels.jsonl, labels.import.jsonl, labels.llm.jsonl or families.llm.jsonl, gzip by name. Fields
 * that are null count as absent, unknown ones are left out. Throws FormatError, naming the line and the field, for anything
 * else, such as an id that is none of the `n`.
 */
export async function readLabels(path: string, file: LabelFile = {}): Promise<Label[]> {
  const labels: Label[] = [];
  for await (const row of readJsonl(path)) {
    labels.push(parseLabel(row.value, path, { ...file, place: `line ${row.line}` }));
  }
  return labels;
}

/** One parsed line; see readLabels. `path` and `place` are used in errors. */
export function parseLabel(
  value: unknown,
  path: string,
  { of = "latent", n = Infinity, place }: LabelFile & { place?: string } = {},
): Label {
  const found = checkJson(value, labelLineSchema, path, place);
  if (found.latent >= n) {
    const problem = `latent must be below ${n}, got ${found.latent}`;
    throw new FormatError(path, place === undefined ? problem : `${place}: ${problem}`);
  }
  return fromLine(withoutNulls(found) as LabelLine, of);
}

/** A label as a line, its fields in the record's order; `of` is left to the file. */
export function toLine({ id, text, source, reason, ...rest }: Label): LabelLine {
  const [first, ...others] = rest.scores;
  const own =
    first === undefined
      ? {}
      : {
          score: first.value,
          scoreName: first.name,
          ...(first.n > 0 && { n: first.n }),
          ...(first.interval && { interval: first.interval }),
        };
  const further =
    first !== undefined && (others.length > 0 || source === "llm") ? { scores: others } : {};
  // Words have one score of their own: others were measured later and stand last.
  const isLast = source === "keywords";
  const entries = Object.entries(rest).flatMap(([key, value]): [string, unknown][] => {
    if (key === "of") return [];
    if (key !== "scores") return [[key, value]];
    return Object.entries(isLast ? own : { ...own, ...further });
  });
  return {
    latent: id,
    label: text,
    source,
    ...(reason !== undefined && { reason }),
    ...(Object.fromEntries(entries) as Omit<LabelLine, "latent" | "label" | "source" | "reason">),
    ...(isLast && further),
  };
}

/** Writes labels as labels.jsonl has them, or, with `isMixed`, as labels.import.jsonl has latents and families. */
export async function writeLabels(
  path: string,
  labels: readonly Label[],
  { isMixed = false }: { isMixed?: boolean } = {},
): Promise<void> {
  await writeJsonl(
    path,
    labels.map((label) => (isMixed ? { of: label.of, ...toLine(label) } : toLine(label))),
  );
}

function fromLine(line: LabelLine, kind: Label["of"]): Label {
  const { of = kind, latent: id, label: words, source, reason, ...others } = line;
  const { score: value, scoreName: name, n = 0, interval: bounds, scores = [], ...rest } = others;
  const first =
    value === undefined || name === undefined
      ? []
      : [{ name, value, n, ...(bounds && { interval: bounds }) }];
  return {
    of,
    id,
    text: words,
    source,
    ...(reason !== undefined && { reason }),
    scores: [...first, ...scores],
    ...rest,
  };
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
