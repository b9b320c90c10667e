import test from "ava";
import { createChatModel } from "../../src/llm/index.js";
import { type LabelledLatent, PROTOCOLS, labelLatents } from "../../src/labels/index.js";
import { answerPlanted, plantCorpus } from "../support/atlases/planted.js";
import { DIALECTS } from "../support/servers/dialects.js";
import { type LlmServerOptions, startLlmServer } from "../support/servers/llm-server.js";

const PLANTED = plantCorpus({ themes: 2, nonsense: 1 });

let models = 0;

/** Labels and scores by a server, and how often it was asked. */
async function labelBy(
  answer: LlmServerOptions["answer"],
  latents: readonly number[] = [0, 1, 2],
): Promise<{ labels: unknown[]; calls: number }> {
  const server = await startLlmServer({ answer });
  try {
    const { baseUrl } = server;
    // What one server taught stays known by model and port, which another may get.
    const model = `m${++models}`;
    const explainer = await createChatModel({ model, baseUrl, env: {}, waitMs: 1 });
    const labelled: LabelledLatent[] = [];
    const options = { explainer, protocol: PROTOCOLS.default };
    for await (const one of labelLatents(PLANTED.source, latents, options)) labelled.push(one);
    const labels = labelled.map(({ label: { text, scores } }) => ({
      text,
      // Not every server gives log-probabilities.
      scores: scores.filter(({ name }) => name !== "auc"),
    }));
    return { labels, calls: server.calls.length };
  } finally {
    await server.close();
  }
}

test("every dialect gives the labels and the scores that any other gives", async (t) => {
  const plain = await labelBy(answerPlanted);
  t.is(plain.labels.length, 3);
  for (const [name, face] of Object.entries(DIALECTS)) {
    const { labels, calls } = await labelBy(face(answerPlanted));
    t.deepEqual(labels, plain.labels, name);
    t.true(calls <= plain.calls + 12, `${name}: ${calls} calls, others ${plain.calls}`);
  }
});

test("a run ends with the reason after twenty unusable answers in a row, repairs included", async (t) => {
  for (const answer of [
    () => "I am only a language model.",
    () => ({ content: '{"hypotheses":', finish: "length" }),
    () => ({ content: null, refusal: "I cannot help with that." }),
  ]) {
    let calls = 0;
    const counted = (): ReturnType<typeof answer> => {
      calls++;
      return answer();
    };
    const latents = Array.from({ length: 100 }, (_, i) => i % 3);
    await t.throwsAsync(labelBy(counted, latents), {
      message: /^20 answers of m\d+ in a row could not be used, the last one because it /,
    });
    t.true(calls <= 2 * (20 + 64), `${calls} calls`);
  }
});
