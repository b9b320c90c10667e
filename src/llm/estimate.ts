import { type Price, costOf } from "./prices.js";
import type { Question } from "./types.js";

/** Estimated cost and time of some questions. */
export interface Estimate {
  /** Questions that would be sent, and those already answered in the ledger. */
  prompts: number;
  known: number;
  /** Tokens of the prompts as sent, and the maximum for the answers. */
  inputTokens: number;
  outputTokens: number;
  /** Maximum cost in US dollars, without repair questions; undefined if the price is not known. */
  cost: number | undefined;
  /** A rough guess, at 2 s per call and 80 tokens per second. */
  seconds: number;
}

const CALL_SECONDS = 2;
const TOKENS_PER_SECOND = 80;

/** Adds up the questions that are not known yet. */
export async function estimateQuestions(
  questions: Iterable<Omit<Question<unknown>, "check">>,
  {
    price,
    parallel = 64,
    tokensOf,
    isKnown,
  }: {
    price: Price | undefined;
    parallel?: number;
    tokensOf: (question: Omit<Question<unknown>, "check">) => number;
    isKnown: (question: Omit<Question<unknown>, "check">) => Promise<boolean>;
  },
): Promise<Estimate> {
  const sum = { prompts: 0, known: 0, inputTokens: 0, outputTokens: 0 };
  for (const question of questions) {
    if (await isKnown(question)) {
      sum.known++;
      continue;
    }
    sum.prompts++;
    sum.inputTokens += tokensOf(question);
    sum.outputTokens += question.maxTokens;
  }
  return priceWork(sum, price, parallel);
}

/** Price and time of counted questions, asked `parallel` at a time. */
export function priceWork(
  sum: Pick<Estimate, "prompts" | "known" | "inputTokens" | "outputTokens">,
  price: Price | undefined,
  parallel: number,
): Estimate {
  const work = sum.prompts * CALL_SECONDS + sum.outputTokens / TOKENS_PER_SECOND;
  const cost = price === undefined ? undefined : costOf(sum, price);
  return { ...sum, cost, seconds: work / Math.max(1, Math.min(parallel, sum.prompts)) };
}
