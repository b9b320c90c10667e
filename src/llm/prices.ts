import { readFile } from "node:fs/promises";
import { z } from "zod";
import { FormatError } from "../core/errors.js";
import { isRecord, ownValue } from "../core/collections.js";
import type { Usage } from "./types.js";

/** US dollars per million tokens. */
export interface Price {
  input: number;
  /** Default: `input`. */
  cachedInput?: number;
  /** Default 0, as for embeddings. */
  output?: number;
}

/** Prices by model. */
export type PriceTable = Readonly<Record<string, Price>>;

/** OpenAI's list prices of mid 2026. A user's own price table overrides them. */
export const PRICES: PriceTable = {
  "gpt-5.5": { input: 5, cachedInput: 0.5, output: 30 },
  "gpt-5.4": { input: 2.5, cachedInput: 0.25, output: 15 },
  "gpt-5.4-mini": { input: 0.75, cachedInput: 0.075, output: 4.5 },
  "gpt-5.4-nano": { input: 0.2, cachedInput: 0.02, output: 1.25 },
  "gpt-5.2": { input: 1.75, cachedInput: 0.175, output: 14 },
  "gpt-5.1": { input: 1.25, cachedInput: 0.125, output: 10 },
  "gpt-5": { input: 1.25, cachedInput: 0.125, output: 10 },
  "gpt-5-mini": { input: 0.25, cachedInput: 0.025, output: 2 },
  "gpt-5-nano": { input: 0.05, cachedInput: 0.005, output: 0.4 },
  "gpt-4.1": { input: 2, cachedInput: 0.5, output: 8 },
  "gpt-4.1-mini": { input: 0.4, cachedInput: 0.1, output: 1.6 },
  "gpt-4.1-nano": { input: 0.1, cachedInput: 0.025, output: 0.4 },
  "gpt-4o": { input: 2.5, cachedInput: 1.25, output: 10 },
  "gpt-4o-mini": { input: 0.15, cachedInput: 0.075, output: 0.6 },
  "gpt-4-turbo": { input: 10, output: 30 },
  "gpt-3.5-turbo": { input: 0.5, output: 1.5 },
  o3: { input: 2, cachedInput: 0.5, output: 8 },
  "o4-mini": { input: 1.1, cachedInput: 0.275, output: 4.4 },
  "text-embedding-3-small": { input: 0.02 },
  "text-embedding-3-large": { input: 0.13 },
  "text-embedding-ada-002": { input: 0.1 },
};

const amount = z.number().nonnegative();
const price = z.strictObject({
  input: amount,
  cachedInput: amount.optional(),
  output: amount.optional(),
});

const table = z.array(z.tuple([z.string(), price]));

/**
 * Reads a price table, `{ "model": { "input", "cachedInput", "output" } }` in US dollars per million tokens, which
 * overrides `PRICES`. Throws FormatError if the file has a different shape.
 */
export async function readPrices(file: string): Promise<PriceTable> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new FormatError(file, `is not valid JSON: ${cause.message}`, { cause });
  }
  // A schema of a record would lose a model that is called __proto__.
  const { data, error } = table.safeParse(isRecord(json) ? Object.entries(json) : json);
  if (error !== undefined) throw new FormatError(file, `prices: ${z.prettifyError(error)}`);
  return Object.fromEntries([...Object.entries(PRICES), ...data]);
}

/** The price of a model, with or without a date suffix in its name; undefined if unknown. */
export function findPrice(model: string, prices: PriceTable = PRICES): Price | undefined {
  return ownValue(prices, model) ?? ownValue(prices, model.replace(/-\d{4}-\d{2}-\d{2}$/, ""));
}

/** Cost of `usage` at `price`, in US dollars. */
export function costOf(
  { inputTokens, outputTokens, cachedTokens = 0 }: Usage,
  price: Price,
): number {
  const fresh = Math.max(0, inputTokens - cachedTokens);
  const input = fresh * price.input + cachedTokens * (price.cachedInput ?? price.input);
  return (input + outputTokens * (price.output ?? 0)) / 1e6;
}
