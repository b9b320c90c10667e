import { setMaxListeners } from "node:events";
import { ApiError } from "../../core/errors.js";
import type { Answer, ChatModel, Question } from "../../llm/types.js";
import { interruptible } from "../../core/interrupt.js";

/** Consecutive questions without a usable answer after which a run gives up. */
const MOST_FAILURES = 20;

/** Counts consecutive failed questions and ends the run after too many; shared by all questions of a run. */
export interface Patience {
  failure(error: Error): void;
  success(): void;
}

/** What the questions of one run share. */
export interface Asking {
  patience: Patience;
  signal?: AbortSignal;
}

/**
 * Creates what the questions of one run share. Hundreds of listeners at a time may use its signal, which `signal`
 * aborts.
 */
export function createAsking(given?: AbortSignal): Asking {
  let inARow = 0;
  const patience: Patience = {
    failure(error) {
      if (++inARow >= MOST_FAILURES) throw error;
    },
    success: () => void (inARow = 0),
  };
  const signal = interruptible(given);
  if (signal === undefined) return { patience };
  const own = AbortSignal.any([signal]);
  setMaxListeners(0, own);
  return { patience, signal: own };
}

/**
 * Asks a question; if the server does not answer it, the answer counts as failed, so that one question in thousands
 * does not end the run. Rejects if the cause is not the question itself: no access, unknown model, the budget, the
 * signal, or too many consecutive failures, unusable answers among them.
 */
export async function askOrFail<T>(
  model: ChatModel,
  question: Question<T>,
  { patience, signal }: Asking,
): Promise<Answer<T>> {
  try {
    const answer = await model.ask(question, { signal });
    if (answer.status === "ok") patience.success();
    else
      patience.failure(
        new Error(
          `${MOST_FAILURES} answers of ${model.model} in a row could not be used, the last one because ${answer.reason}`,
        ),
      );
    return answer;
  } catch (error) {
    const isOne =
      error instanceof ApiError && (error.retryable || [400, 413, 422].includes(error.status));
    if (!isOne) throw error;
    patience.failure(error);
    return {
      status: "failed",
      key: "",
      reason: error.message,
      usage: { inputTokens: 0, outputTokens: 0 },
      cost: 0,
      date: new Date().toISOString(),
    };
  }
}

/** The total cost of some answers and the date of the latest. */
export interface Spent {
  cost: number;
  /** ISO 8601; "" before the first answer. */
  date: string;
}

/** Adds an answer's cost and date to `total`. */
export function addSpent(total: Spent, { cost, date }: Spent): void {
  total.cost += cost;
  if (date > total.date) total.date = date;
}

/** A model with a token limit raised by `tokens`, for models that reason before they answer. */
export function allowThinking(model: ChatModel, tokens: number): ChatModel {
  if (tokens === 0) return model;
  return {
    model: model.model,
    ask: (question, options) =>
      model.ask({ ...question, maxTokens: question.maxTokens + tokens }, options),
  };
}
