/** Counts the tokens of a text. */
export type CountTokens = (text: string) => number;

/** Tokens per message in addition to its role and content, and once for the start of the answer. */
const MESSAGE_TOKENS = 3;

const OLDER = /^(gpt-4($|-)|gpt-3\.5|gpt-35|text-embedding-|davinci-002|babbage-002)/;

/**
 * The token counter of a model: cl100k_base for GPT-3.5, GPT-4 and the embedding models, o200k_base for all others,
 * which is exact for OpenAI's models and close for the rest. Loads one vocabulary on the first call.
 */
export async function loadTokenCounter(model: string): Promise<CountTokens> {
  const { encode } = OLDER.test(model)
    ? await import("gpt-tokenizer/encoding/cl100k_base")
    : await import("gpt-tokenizer/encoding/o200k_base");
  // A document may contain what looks like a control token; count it as text.
  const none = { disallowedSpecial: new Set<string>() };
  return (text) => inParts(text).reduce((sum, part) => sum + encode(part, none).length, 0);
}

/**
 * A text for the tokenizer: whole, or in parts if it contains a run of letters or blanks that is no word, for which the
 * tokenizer's time grows with the square of the length. A cut adds a token at most.
 */
export function inParts(text: string): string[] {
  const isOdd = /\S{200}|\s{200}/.test(text);
  return isOdd ? (text.match(/[\s\S]{1,200}/gu) ?? []) : [text];
}

/** Number of tokens of a text for `model`. */
export async function countTokens(text: string, model: string): Promise<number> {
  return (await loadTokenCounter(model))(text);
}

/** Tokens of a request: messages with their overhead, and the answer's schema. */
export function countRequestTokens(
  body: {
    messages: readonly { role: string; content: string }[];
    response_format?: { json_schema?: { schema?: unknown } };
  },
  count: CountTokens,
): number {
  let tokens = MESSAGE_TOKENS;
  for (const { role, content } of body.messages) {
    tokens += MESSAGE_TOKENS + count(role) + count(content);
  }
  const schema = body.response_format?.json_schema?.schema;
  return schema === undefined ? tokens : tokens + count(JSON.stringify(schema));
}
