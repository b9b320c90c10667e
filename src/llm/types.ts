import type { z } from "zod";

/** Which prompt a question is made from; a new version asks anew. */
export interface Prompt {
  name: string;
  version: string;
}

/** One question to a chat model. Everything in it but the functions is part of the ledger's key. */
export interface Question<T> {
  prompt: Prompt;
  system: string;
  user: string;
  /** Name of the answer's form, letters, digits, - and _. */
  schemaName: string;
  /** The answer's form: an object. Sent as JSON schema where the server knows it; the answer is always checked by it. */
  schema: z.ZodType<T>;
  /** Most tokens of the answer. */
  maxTokens: number;
  /** Default 0. */
  temperature?: number;
  seed?: number;
  /** Asks for the log-probabilities of the answer's tokens. Default false. */
  logprobs?: boolean;
  /**
   * Which of the log-probabilities are kept, on the ledger too: those of a whole answer take a hundred times the room
   * of the answer. Default all.
   */
  keepLogprobs?: (tokens: TokenLogprob[]) => TokenLogprob[];
  /** Further checks, such as "every id exactly once": a complaint leads to the one repair question. */
  check?: (value: T) => string | undefined;
}

/** Tokens of an answer, all its attempts together. `cachedTokens` are those of the input that were billed as cached. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedTokens?: number;
}

/** A token of the answer, with its log-probability and those of the likeliest others in its place. */
export interface TokenLogprob {
  token: string;
  logprob: number;
  top?: { token: string; logprob: number }[];
}

/**
 * A model's answer. `cost` is in US dollars, 0 where the model's price is not known; `cached` tells an answer that was
 * on the ledger already. A failed answer is neither right nor wrong.
 */
export type Answer<T> =
  | {
      status: "ok";
      key: string;
      value: T;
      raw: string;
      usage: Usage;
      cost: number;
      latencyMs: number;
      /** When it came, ISO 8601. */
      date: string;
      cached: boolean;
      logprobs?: TokenLogprob[];
    }
  | {
      status: "failed";
      key: string;
      reason: string;
      raw?: string;
      usage: Usage;
      cost: number;
      date: string;
    };

/** Answers questions; safe to call any number of times at once. */
export interface ChatModel {
  readonly model: string;
  /**
   * Resolves with a checked answer or a failed one. Rejects with ApiError where the server refuses or stays away,
   * BudgetError where the most that may be spent would be passed, and the signal's reason.
   */
  ask<T>(question: Question<T>, options?: { signal?: AbortSignal }): Promise<Answer<T>>;
}

/** The most that may be spent would be passed by the next question. What is on the ledger is kept. */
export class BudgetError extends Error {
  override name = "BudgetError" as const;
}
