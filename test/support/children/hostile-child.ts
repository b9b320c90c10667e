import { type ChatModel, createChatModel, openLedger } from "../../../src/llm/index.js";
import { labelLatents } from "../../../src/labels/index.js";
import { FEW, SHORT, mixedLatents, plantHostile, promptHash } from "../hostile.js";

/** Labels latents of the hostile run until it is done or killed, and tells what it does line by line. */
const [baseUrl, file, count] = process.argv.slice(2);
const ledger = await openLedger(file);
const model = await createChatModel({
  model: "gpt-4o-mini",
  baseUrl,
  ledger,
  waitMs: 5,
  attempts: 20,
  timeoutMs: 10_000,
  parallel: 16,
});
// A pipe is written to at once: what stands here was said before a kill.
const say = (...words: (string | number)[]): boolean =>
  process.stdout.write(`${words.join(" ")}\n`);
const explainer: ChatModel = {
  model: model.model,
  async ask(question, options) {
    const answer = await model.ask(question, options);
    if (answer.status === "ok" && !answer.cached) {
      say("answer", promptHash(question.system, question.user), answer.key);
    }
    return answer;
  },
};
const { source } = plantHostile();
const latents = mixedLatents().slice(0, Number(count));
let done = 0;
for await (const { label: record } of labelLatents(source, latents, {
  explainer,
  protocol: SHORT,
  examples: FEW,
  inFlight: 16,
})) {
  const { id: latent, text: label, scores, failed = 0 } = record;
  say("record", JSON.stringify({ latent, label, score: scores.at(0)?.value, failed }));
  if (++done % 250 === 0 && global.gc) {
    global.gc();
    say("heap", process.memoryUsage().heapUsed);
  }
}
await ledger.close();
say("done");
