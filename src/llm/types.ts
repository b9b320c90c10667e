import type { z } from "zod";

/** The prompt that a question is made from; a new version makes a new question. */
export interface Prompt {
  name: string;
  version: string;
}

/** One question to a chat model. Everything in it except the functions is part of its ledger key. */
export interface Question<T> {
  prompt: Prompt;
  system: string;
  user: string;
  /** Name of the answer's schema: letters, digits, - and _. */
  schemaName: string;
  /**
   * Schema of the answer, an object. Sent as JSON schema if the server supports it; always used to check the answer.
   */
  schema: z.ZodType<T>;
  /** Token limit of the answer. */
  maxTokens: number;
  /** Default 0. */
  temperature?: number;
  seed?: number;
  /** Requests log-probabilities of the answer's tokens. Default false. */
  logprobs?: boolean;
  /**
   * Selects the log-probabilities to keep, also in the ledger: those of a whole answer take a hundred times its space.
   * Default: all.
   */
  keepLogprobs?: (tokens: TokenLogprob[]) => TokenLogprob[];
  /** Further checks, such as "every id exactly once"; a complaint triggers the one repair question. */
  check?: (value: T) => string | undefined;
  /** The questions that are asked instead if no answer to this one can be used; for estimates. */
  instead?: () => Question<unknown>[];
  /** "text": the answer is not JSON, so no schema is sent and `read` alone reads it. Default "json". */
  form?: "json" | "text";
  /**
   * Reads what can be used of an answer that is not the schema's JSON, such as the complete part of a torn one;
   * undefined if that is nothing.
   */
  read?: (text: string, logprobs: readonly TokenLogprob[] | undefined) => T | undefined;
}

/** Tokens of an answer over all its attempts. `cachedTokens`: input tokens billed as cached. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedTokens?: number;
}

/** A token of the answer with its log-probability and those of the likeliest alternatives. */
export interface TokenLogprob {
  token: string;
  logprob: number;
  top?: { token: string; logprob: number }[];
}

/**
 * A model's answer. `cost` is in US dollars, 0 if the model's price is not known; `cached` is true if the answer was
 * already in the ledger. A failed answer counts as neither right nor wrong.
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
      /** When the answer arrived, ISO 8601. */
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

/** Answers questions; safe to call concurrently. */
export interface ChatModel {
  readonly model: string;
  /**
   * Resolves with a checked or a failed answer. Rejects with ApiError if the server refuses or is unreachable,
   * BudgetError if the spending cap would be exceeded, and the signal's reason.
   */
  ask<T>(question: Question<T>, options?: { signal?: AbortSignal }): Promise<Answer<T>>;
}

/** The next question would exceed the spending cap. What is in the ledger is kept. */
export class BudgetError extends Error {
  override name = "BudgetError" as const;
}
