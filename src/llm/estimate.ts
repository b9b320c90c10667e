import { type Price, costOf } from "./prices.js";
import type { Question, Usage } from "./types.js";

/** Estimated cost and time of some questions. */
export interface Estimate {
  /** Questions that would be sent, and those already answered in the ledger. */
  prompts: number;
  known: number;
  /** Tokens of the prompts as sent, and the maximum for the answers. */
  inputTokens: number;
  outputTokens: number;
  /**
   * Maximum cost in US dollars, with a repair question each and with the questions asked instead; undefined if the price is
   * not known.
   */
  cost: number | undefined;
  /** At the speed of the calls that this process has made; undefined before the first. */
  seconds: number | undefined;
}

/** Tokens of a repair question besides the question itself. */
const REPAIR_TOKENS = 500;

/** Adds up the questions that are not known yet. */
export async function estimateQuestions(
  questions: Iterable<Omit<Question<unknown>, "check">>,
  {
    price,
    secondsOf,
    tokensOf,
    isKnown,
  }: {
    price: Price | undefined;
    secondsOf: (sum: CountedWork) => number | undefined;
    tokensOf: (question: Omit<Question<unknown>, "check">) => number;
    isKnown: (question: Omit<Question<unknown>, "check">) => Promise<boolean>;
  },
): Promise<Estimate> {
  const sum = { prompts: 0, known: 0, inputTokens: 0, outputTokens: 0 };
  const most = { inputTokens: 0, outputTokens: 0 };
  for (const question of questions) {
    if (await isKnown(question)) {
      sum.known++;
      continue;
    }
    const counted = { inputTokens: tokensOf(question), outputTokens: question.maxTokens };
    sum.prompts++;
    sum.inputTokens += counted.inputTokens;
    sum.outputTokens += counted.outputTokens;
    addMost(most, counted);
  }
  const cost = price === undefined ? undefined : costOf(most, price);
  return { ...sum, cost, seconds: secondsOf(sum) };
}

/** Calls and their tokens. */
export type CountedWork = Pick<Estimate, "prompts" | "inputTokens" | "outputTokens">;

/** Adds what a question may take at most: it is asked, and its answer repaired. */
export function addMost(most: Usage, { inputTokens, outputTokens }: Usage): void {
  most.inputTokens += 2 * inputTokens + REPAIR_TOKENS;
  most.outputTokens += 2 * outputTokens;
}
