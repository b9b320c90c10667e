import test from "ava";
import { createRandom } from "../../src/core/index.js";
import { type Answer, type ChatModel, type Question, createLimiter } from "../../src/llm/index.js";
import { labelLatents } from "../../src/labels/index.js";
import type { LlmCall } from "../support/servers/llm-server.js";
import { answerPlanted, plantCorpus } from "../support/atlases/planted.js";

/** A model behind a server that refuses more than `cap` calls at a time; a call lasts until `end` picks it. */
function createCapped(cap: number): {
  model: ChatModel;
  under: (() => void)[];
  counts: { done: number; refused: number };
  clock: { time: number };
} {
  // Counted time: the limiter goes by latency, and no test by how fast the machine is.
  const clock = { time: 0 };
  const limiter = createLimiter({ isOverload: () => true, now: () => clock.time });
  const under: (() => void)[] = [];
  const counts = { done: 0, refused: 0 };
  const call = (): Promise<void> => {
    if (under.length < cap) return new Promise((resolve) => under.push(resolve));
    counts.refused++;
    return Promise.reject(new Error("too many"));
  };
  const model: ChatModel = {
    model: "planted",
    async ask<T>(question: Question<T>): Promise<Answer<T>> {
      for (let isDone = false; !isDone;) {
        isDone = await limiter.run(call).then(
          () => true,
          () => false,
        );
      }
      counts.done++;
      const json_schema = { name: question.schemaName, schema: {} };
      const messages = [question.system, question.user].map((content) => ({ role: "", content }));
      const body = { model: "planted", messages, response_format: { type: "", json_schema } };
      const reply = answerPlanted({ body } as unknown as LlmCall);
      const raw = typeof reply === "string" ? reply : (reply.content ?? "");
      const value = question.schema.parse(JSON.parse(raw));
      const usage = { inputTokens: 1, outputTokens: 1 };
      const details = { usage, cost: 0, latencyMs: 1, date: "", cached: false };
      return { status: "ok", key: String(counts.done), value, raw, ...details };
    },
  };
  return { model, under, counts, clock };
}

test("a labelling run keeps at least 90 % of a server's parallel calls busy, measured in completed calls", async (t) => {
  const { source, codes } = plantCorpus({ themes: 100, nonsense: 20, documents: 800 });
  const latents = Array.from({ length: codes.n }, (_, latent) => latent);
  for (const cap of [4, 16, 48]) {
    const { model, under, counts, clock } = createCapped(cap);
    const random = createRandom(cap);
    let labelled = 0;
    let isOver = false;
    const run = (async () => {
      for await (const { label } of labelLatents(source, latents, { explainer: model })) {
        if (label.text !== "") labelled++;
      }
      isOver = true;
    })();
    // The last latents of a run cannot fill the server.
    const questions = 15 * codes.n;
    let used = 0;
    let ends = 0;
    while (!isOver) {
      await new Promise(setImmediate);
      if (counts.done > 5 * cap && counts.done < questions - 15 * cap) {
        used += under.length / cap;
        ends++;
      }
      // One call ends per step, so a step is shorter the more calls are under way.
      clock.time += 1000 / Math.max(1, under.length);
      under.splice(Math.floor(random() * under.length), 1)[0]?.();
    }
    await run;
    t.is(labelled, codes.n);
    t.is(counts.done, questions);
    t.log(`${((100 * used) / ends).toFixed(1)} % of ${cap}, ${counts.refused} refused`);
    t.true(used / ends >= 0.9, `${used / ends} of ${cap}`);
  }
});
