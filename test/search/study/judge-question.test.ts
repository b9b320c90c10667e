import test from "ava";
import { createChatModel } from "../../../src/llm/index.js";
import {
  type JudgeQuestion,
  askAll,
  countVerdicts,
  judgeQuestion,
  readVerdict,
  rewriteQuestion,
} from "../../../src/search/study/index.js";
import { type LlmCall, type LlmReply, startLlmServer } from "../../support/servers/llm-server.js";

const labels = ["wanted", "unwanted", "wanted", "birds", "ships", "rivers", "tools", ""];
const pool = [0, 1, 2, 3, 4, 5, 6];

function questions(count: number): JudgeQuestion[] {
  return Array.from({ length: count }, (_, id) =>
    judgeQuestion({ id, up: 0, down: 1, before: ["a  ship"], after: ["a\nbird"] }, labels, pool),
  );
}

async function ask(
  asked: readonly JudgeQuestion[],
  answer: (call: LlmCall) => LlmReply,
): Promise<ReturnType<typeof readVerdict>[]> {
  const server = await startLlmServer({ answer });
  try {
    const env = { OPENAI_API_KEY: "key" };
    const model = await createChatModel({ model: "gpt-4o-mini", baseUrl: server.baseUrl, env });
    const answers = await askAll(
      model,
      asked.map(({ question }) => question),
      { step: "judge" },
    );
    return answers.map((one, i) => readVerdict(one, asked[i].kinds));
  } finally {
    await server.close();
  }
}

/** The letter of a topic in the question. */
function letterOf(call: LlmCall, label: string): string | undefined {
  const text = call.body.messages.map(({ content }) => content).join("\n");
  return new RegExp(`^([A-E])\\. ${label}$`, "m").exec(text)?.[1];
}

test("a judge chooses among the two true labels and three that read differently", (t) => {
  const [first, second] = questions(2);
  t.deepEqual([...first.kinds].sort(), ["distractor", "distractor", "distractor", "down", "up"]);
  t.notDeepEqual(first.question.user, second.question.user);
  t.deepEqual(questions(1)[0].question.user, first.question.user);
  t.is(first.question.user.match(/\. wanted$/gm)?.length, 1);
  t.regex(first.question.user, /1\. a ship\n[^]*1\. a bird\n/);
  const few = (): unknown =>
    judgeQuestion({ id: 0, up: 0, down: 1, before: [], after: [] }, labels, [0, 1, 2, 3, 4]);
  t.throws(few, { instanceOf: RangeError, message: /3 labels .* got 2/ });
});

test("a judge that knows is right, one that always says the same is right by chance", async (t) => {
  const asked = questions(40);
  const knowing = countVerdicts(
    await ask(asked, (call) =>
      JSON.stringify({ up: letterOf(call, "wanted"), down: letterOf(call, "unwanted") }),
    ),
  );
  t.like(knowing, { total: 40, failed: 0, upRight: 40, downRight: 40 });
  const stubborn = countVerdicts(await ask(asked, () => JSON.stringify({ up: "A", down: "B" })));
  // 8 of 40 by chance, with a standard deviation of 2.5; the options are seeded.
  t.true(stubborn.upRight <= 16 && stubborn.downRight <= 16);
  t.is(stubborn.upChosen.up + stubborn.upChosen.down + stubborn.upChosen.distractor, 40);
});

test("an answer that cannot be used is neither right nor wrong", async (t) => {
  let calls = 0;
  const verdicts = await ask(questions(12), (call) => {
    calls++;
    const up = letterOf(call, "wanted");
    return up === "A" ? JSON.stringify({ up, down: letterOf(call, "unwanted") }) : "no idea";
  });
  const usable = questions(12).filter(({ kinds }) => kinds[0] === "up").length;
  t.is(calls, usable + 2 * (12 - usable));
  t.like(countVerdicts(verdicts), { total: usable, failed: 12 - usable, upRight: usable });
});

test("where one question is refused the others are stopped", async (t) => {
  const server = await startLlmServer({ answer: () => ({ status: 401, message: "no such key" }) });
  t.teardown(() => server.close());
  const env = { OPENAI_API_KEY: "key" };
  const model = await createChatModel({ model: "gpt-4o-mini", baseUrl: server.baseUrl, env });
  const asked = questions(50).map(({ question }) => question);
  await t.throwsAsync(askAll(model, asked, { step: "judge" }), { message: /no such key/ });
});

test("a rewriting is asked for with both labels, and a blank one is complained of", (t) => {
  const { user, check } = rewriteQuestion("old ships", "birds", "water");
  t.regex(user, /old ships[^]*birds[^]*water/);
  t.is(check?.({ query: "birds at sea" }), undefined);
  t.truthy(check?.({ query: "  " }));
});
