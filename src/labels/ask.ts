import { setMaxListeners } from "node:events";
import { ApiError } from "../core/errors.js";
import type { Answer, ChatModel, Question } from "../llm/types.js";

/** Questions in a row that come to nothing, at which a run gives up. */
const MOST_FAILURES = 20;

/** How many questions in a row may come to nothing before a run gives up; shared by all questions of a run. */
export interface Patience {
  failure(error: ApiError): void;
  success(): void;
}

function createPatience(): Patience {
  let inARow = 0;
  return {
    failure(error) {
      if (++inARow >= MOST_FAILURES) throw error;
    },
    success() {
      inARow = 0;
    },
  };
}

/** What questions of one run share. */
export interface Asking {
  patience: Patience;
  signal?: AbortSignal;
}

/** What the questions of one run share; hundreds at a time may listen to its signal, which `signal` aborts. */
export function createAsking(signal?: AbortSignal): Asking {
  const patience = createPatience();
  if (signal === undefined) return { patience };
  const own = AbortSignal.any([signal]);
  setMaxListeners(0, own);
  return { patience, signal: own };
}

/**
 * Asks, and takes a question that the server will not or cannot answer as failed, so that one of thousands does not end
 * the run. Rejects where the fault is not the question's: no access, no such model, the budget, the signal, or many
 * failures in a row.
 */
export async function askOrFail<T>(
  model: ChatModel,
  question: Question<T>,
  { patience, signal }: Asking,
): Promise<Answer<T>> {
  try {
    const answer = await model.ask(question, { signal });
    patience.success();
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

/** The cost of some answers and the date of the last. */
export interface Spent {
  cost: number;
  /** ISO 8601; "" before the first. */
  date: string;
}

/** Adds an answer's cost and date up. */
export function addSpent(total: Spent, { cost, date }: Spent): void {
  total.cost += cost;
  if (date > total.date) total.date = date;
}

/** A model whose answers may be longer by `tokens`, for models that think before they answer. */
export function allowThinking(model: ChatModel, tokens: number): ChatModel {
  if (tokens === 0) return model;
  return {
    model: model.model,
    ask: (question, options) =>
      model.ask({ ...question, maxTokens: question.maxTokens + tokens }, options),
  };
}
