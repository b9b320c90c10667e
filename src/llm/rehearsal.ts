import type { PricedChatModel } from "./chat.js";
import { type Estimate, addMost } from "./estimate.js";
import { costOf } from "./prices.js";
import type { Answer, ChatModel, Question } from "./types.js";

/** Totals of a rehearsal. */
export interface RehearsalEstimate extends Estimate {
  /** Tokens of the stand-in answers, and the cost if the actual answers have that length. */
  likelyOutputTokens: number;
  likelyCost: number | undefined;
}

/**
 * A model that sends nothing: it answers from the ledger or with stand-ins and counts the questions that would be sent.
 */
export interface Rehearsal extends ChatModel {
  estimate(): RehearsalEstimate;
}

/**
 * Replaces a model in a dry run, so that the same code generates the same questions as in the real run. A question's
 * `standIn` serves as its answer if the ledger has none.
 */
export function createRehearsal(model: PricedChatModel): Rehearsal {
  const sum = { prompts: 0, known: 0, inputTokens: 0, outputTokens: 0 };
  const most = { inputTokens: 0, outputTokens: 0 };
  let likelyOutputTokens = 0;
  const seen = new Set<string>();
  return {
    model: model.model,
    async ask<T>(question: Question<T> & { standIn?: T }): Promise<Answer<T>> {
      const { standIn } = question;
      const known = await model.find(question);
      const { key, inputTokens, outputTokens } = model.count(question, standIn);
      if (!seen.has(key)) {
        seen.add(key);
        if (known !== undefined) sum.known++;
        else {
          sum.prompts++;
          sum.inputTokens += inputTokens;
          sum.outputTokens += question.maxTokens;
          likelyOutputTokens += outputTokens;
          for (const one of [question as Question<unknown>, ...(question.instead?.() ?? [])]) {
            addMost(most, {
              inputTokens: model.count(one).inputTokens,
              outputTokens: one.maxTokens,
            });
          }
        }
      }
      if (known !== undefined) return known;
      const usage = { inputTokens: 0, outputTokens: 0 };
      const details = { key, usage, cost: 0, date: "" };
      if (standIn === undefined) return { status: "failed", reason: "rehearsal only", ...details };
      return { status: "ok", value: standIn, raw: "", latencyMs: 0, cached: false, ...details };
    },
    estimate() {
      const likely = { inputTokens: sum.inputTokens, outputTokens: likelyOutputTokens };
      const likelyCost = model.price === undefined ? undefined : costOf(likely, model.price);
      const cost = model.price === undefined ? undefined : costOf(most, model.price);
      const { prompts } = sum;
      const seconds = model.secondsOf({ prompts, ...likely });
      return { ...sum, cost, seconds, likelyOutputTokens, likelyCost };
    },
  };
}
