import { z } from "zod";

/** An answer: a text or number for each of the names that the question lists. */
export type Fields = Record<string, string | number>;

/**
 * The form of an answer: one flat object with exactly the names that the question lists, all required, as every strict
 * mode allows. Lists of unknown length let small models run to the token limit, or answer with an empty one.
 */
export interface AnswerForm {
  schema: z.ZodType<Fields>;
  /** The form in words, for models whose server does not enforce a schema. */
  text: string;
}

/** A form in which each name has a text or number of the kind that `kinds` describes. */
export function answerForm(
  kinds: Readonly<Record<string, string>>,
  value: z.ZodType<string | number> = z.string(),
): AnswerForm {
  const shape = Object.fromEntries(Object.keys(kinds).map((name) => [name, value]));
  const parts = Object.entries(kinds).map(([name, kind]) => `"${name}": ${kind}`);
  return {
    schema: z.object(shape),
    text: `Answer with one JSON object and nothing else, in this form: {${parts.join(", ")}}`,
  };
}

const PAIR =
  /"([A-Za-z]\w*)"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(true|false|-?\d+(?:\.\d+)?(?=[\s,}])))/g;

/**
 * The complete pairs of an answer that is torn, has other names too or stands among other text; undefined if there is
 * none. Of a name that occurs twice with different values nothing is known.
 */
export function readFields(text: string, names: readonly string[]): Fields | undefined {
  const found = new Map<string, string | undefined>();
  for (const [, name, quoted, bare] of text.matchAll(PAIR)) {
    const value = bare ?? unescape(quoted);
    if (names.includes(name)) {
      found.set(name, found.has(name) && found.get(name) !== value ? undefined : value);
    }
  }
  const known = [...found].flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

function unescape(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
