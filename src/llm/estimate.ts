import { type Price, costOf } from "./prices.js";
import type { Question } from "./types.js";

/** What questions would take. */
export interface Estimate {
  /** Questions that would be asked, and those whose answer is on the ledger. */
  prompts: number;
  known: number;
  /** Tokens of the prompts as they would be sent, and the most that the answers may hold. */
  inputTokens: number;
  outputTokens: number;
  /** Most that they cost, in US dollars, without repair questions; undefined where the price is not known. */
  cost: number | undefined;
  /** A guess: 2 s a call and 80 tokens a second. */
  seconds: number;
}

const CALL_SECONDS = 2;
const TOKENS_A_SECOND = 80;

/** Adds questions up, each once. */
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

/** Price and time of counted questions, `parallel` of them asked at a time. */
export function priceWork(
  sum: Pick<Estimate, "prompts" | "known" | "inputTokens" | "outputTokens">,
  price: Price | undefined,
  parallel: number,
): Estimate {
  const work = sum.prompts * CALL_SECONDS + sum.outputTokens / TOKENS_A_SECOND;
  const cost = price === undefined ? undefined : costOf(sum, price);
  return { ...sum, cost, seconds: work / Math.max(1, Math.min(parallel, sum.prompts)) };
}
