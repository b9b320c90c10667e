import { setMaxListeners } from "node:events";
import type { Answer, ChatModel, Question } from "../../llm/types.js";
import type { OnProgress } from "../../core/progress.js";
import { interruptible } from "../../core/interrupt.js";

/** How many questions are asked at a time, and how they are stopped. */
export interface AskOptions {
  /** Name of the step that is reported. */
  step: string;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Asks all questions at once, as many at a time as the model lets through; answers in order. Where one is rejected, the
 * others are stopped and the promise rejects; what was answered is on the model's ledger.
 */
export async function askAll<T>(
  model: ChatModel,
  questions: readonly Question<T>[],
  { step, onProgress, signal: given }: AskOptions,
): Promise<Answer<T>[]> {
  const stop = new AbortController();
  const signal = interruptible(given);
  const joined = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  // Each question that waits listens.
  setMaxListeners(0, joined);
  let done = 0;
  const answers = questions.map(async (question) => {
    try {
      const answer = await model.ask(question, { signal: joined });
      onProgress?.({ step, done: ++done, total: questions.length });
      return answer;
    } catch (error) {
      stop.abort();
      throw error;
    }
  });
  try {
    return await Promise.all(answers);
  } finally {
    await Promise.allSettled(answers);
  }
}
