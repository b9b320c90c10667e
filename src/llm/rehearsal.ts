import type { PricedChatModel } from "./chat.js";
import { type Estimate, priceWork } from "./estimate.js";
import { costOf } from "./prices.js";
import type { Answer, ChatModel, Question } from "./types.js";

/** What a rehearsal counted. */
export interface RehearsalEstimate extends Estimate {
  /** Tokens of the stand-in answers, and the cost if the true ones are as long. */
  likelyOutputTokens: number;
  likelyCost: number | undefined;
}

/** A model that sends nothing: it answers from the ledger, else with stand-ins, and counts what would be asked. */
export interface Rehearsal extends ChatModel {
  estimate(): RehearsalEstimate;
}

/**
 * Takes a model's place in a dry run, so that the very code of the run makes the very questions. A question carries in
 * `standIn` the answer that is taken where there is none yet. Reckons with `parallel` (default 64) calls at a time.
 */
export function createRehearsal(model: PricedChatModel, parallel = 64): Rehearsal {
  const sum = { prompts: 0, known: 0, inputTokens: 0, outputTokens: 0 };
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
        }
      }
      if (known !== undefined) return known;
      const usage = { inputTokens: 0, outputTokens: 0 };
      const told = { key, usage, cost: 0, date: "" };
      if (standIn === undefined) return { status: "failed", reason: "rehearsed", ...told };
      return { status: "ok", value: standIn, raw: "", latencyMs: 0, cached: false, ...told };
    },
    estimate() {
      const likely = { inputTokens: sum.inputTokens, outputTokens: likelyOutputTokens };
      const likelyCost = model.price === undefined ? undefined : costOf(likely, model.price);
      return { ...priceWork(sum, model.price, parallel), likelyOutputTokens, likelyCost };
    },
  };
}
