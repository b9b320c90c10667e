import test from "ava";
import {
  type LabelledLatent,
  type LatentLabelOptions,
  PROTOCOLS,
  checkJudge,
  labelLatents,
} from "../../src/labels/index.js";
import { createChatModel } from "../../src/llm/index.js";
import { type Label, scoreNamed } from "../../src/records/index.js";
import { type Planted, answerPlanted, plantCorpus, themeWord } from "../support/atlases/planted.js";
import {
  type LlmCall,
  type LlmServer,
  type LlmServerOptions,
  startLlmServer,
} from "../support/servers/llm-server.js";

async function withServer<T>(
  answer: LlmServerOptions["answer"],
  use: (server: LlmServer) => Promise<T>,
): Promise<T> {
  const server = await startLlmServer({ answer });
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

async function label(
  { source, codes }: Planted,
  { baseUrl }: LlmServer,
  options: Partial<LatentLabelOptions> = {},
): Promise<LabelledLatent[]> {
  const explainer = await createChatModel({ model: "small", baseUrl, env: {}, waitMs: 5 });
  const latents = Array.from({ length: codes.n }, (_, latent) => latent);
  const labelled: LabelledLatent[] = [];
  const all = { explainer, protocol: PROTOCOLS.local, ...options };
  for await (const one of labelLatents(source, latents, all)) labelled.push(one);
  return labelled;
}

const isVerdict = ({ body }: LlmCall): boolean => body.response_format === undefined;

test("locally a label comes from the strongest texts in one step, and each verdict is one token", async (t) => {
  const planted = plantCorpus({ themes: 3, nonsense: 2 });
  await withServer(answerPlanted, async (server) => {
    const labelled = await label(planted, server);
    t.is(server.calls.length, 5 * 21);
    for (const { label: found, evidence } of labelled.slice(0, 3)) {
      t.is(found.text, `matters of ${themeWord(found.id)}`);
      t.deepEqual([found.scores[0].name, found.scores[0].value, found.scores[0].n], ["auc", 1, 20]);
      t.regex(found.promptVersion ?? "", /^local@/);
      const explained = evidence?.shown.filter(({ set }) => set === "explain") ?? [];
      const others = evidence?.shown.filter(
        ({ set, kind }) => set === "score" && kind === "active",
      );
      t.is(explained.length, 10);
      const weakest = Math.min(...explained.map(({ activation }) => activation));
      t.true((others ?? []).every(({ activation }) => activation <= weakest));
    }
    const verdicts = server.calls.filter(isVerdict);
    t.is(verdicts.length, 5 * 20);
    for (const { body } of verdicts) t.is(body.max_tokens, 1);
    // Whatever precedes the document is the same for all documents of a label: the server reads it once.
    const prefixes = verdicts.map(({ body }) => JSON.stringify(body.messages).split('{\\"text')[0]);
    t.is(new Set(prefixes).size, 5);
  });
});

test("without log-probabilities balanced accuracy comes first, and a judge that always says yes is at 0.5", async (t) => {
  const planted = plantCorpus({ themes: 1 });
  const yes: LlmServerOptions["answer"] = (call) =>
    isVerdict(call) ? { content: "Yes", finish: "length" } : answerPlanted(call);
  await withServer(yes, async (server) => {
    const [{ label: found }] = await label(planted, server);
    t.deepEqual(
      found.scores.map(({ name, value }) => [name, value]),
      [["balanced-accuracy", 0.5]],
    );
    t.true(found.notes?.includes("f1 is undefined: every answer is yes"));
  });
});

test("rivals do not share a label: the later one is asked for what tells them apart, and only then", async (t) => {
  const planted = plantCorpus({ themes: 4 });
  const isSecond = ({ body }: LlmCall): boolean =>
    /\{"taken":"the same thing"\}/i.test(body.messages[1].content);
  const answer: LlmServerOptions["answer"] = (call) => {
    if (isVerdict(call)) return answerPlanted(call);
    return JSON.stringify({ label: isSecond(call) ? "another thing" : "the same thing" });
  };
  await withServer(answer, async (server) => {
    const rivalsOf = (latent: number): number[] => [[1, 2, 3], [0], [], [9]][latent];
    const given: Label = {
      ...{ of: "latent", id: 9, text: "The Same Thing", source: "human", scores: [] },
    };
    const labelOf = (latent: number): Label | undefined => (latent === 9 ? given : undefined);
    const labelled = await label(planted, server, { rivalsOf, labelOf });
    t.deepEqual(
      labelled.map((one) => one.label.text),
      ["the same thing", "another thing", "the same thing", "another thing"],
    );
    t.is(server.calls.filter(isSecond).length, 2);
    t.deepEqual(labelled[1].evidence?.explanations.length, 2);
    t.deepEqual(labelled[0].evidence?.explanations.length, 1);
  });
  const stubborn: LlmServerOptions["answer"] = (call) =>
    isVerdict(call) ? answerPlanted(call) : JSON.stringify({ label: "the same thing" });
  await withServer(stubborn, async (server) => {
    const labelled = await label(planted, server, {
      rivalsOf: (latent) => (latent > 0 ? [0] : []),
    });
    t.deepEqual(labelled[1].label.text, "the same thing");
    t.true(labelled[1].label.notes?.includes("latent 0 has the same label"));
  });
});

test("labels are asked for in the language of choice, and verdicts are not", async (t) => {
  await withServer(answerPlanted, async (server) => {
    const [{ label: found }] = await label(plantCorpus({ themes: 1 }), server, {
      language: "German",
    });
    t.is(found.language, "German");
    const asks = server.calls.map(({ body }) => body.messages[0].content.includes("in German"));
    t.deepEqual([asks[0], asks.slice(1).includes(true)], [true, false]);
  });
});

test("a judge is checked on keyword labels, true and dealt: 1 for one that can judge, 0.5 for one that cannot", async (t) => {
  const { source } = plantCorpus({ themes: 10 });
  const labels = Array.from({ length: 10 }, (_, id): Label => {
    const words = [themeWord(id), `other${id}`];
    const scores = [{ name: "keyword-coverage", value: 0.5 + id / 100, n: 20 }];
    return {
      of: "latent",
      id,
      text: words.join(", "),
      source: "keywords",
      scores,
      keywords: words,
    };
  });
  const check = async (
    answer: LlmServerOptions["answer"],
    protocol = PROTOCOLS.local,
    from = labels,
  ): Promise<[number | undefined, number | undefined, number]> =>
    withServer(answer, async (server) => {
      const model = { model: "m", baseUrl: server.baseUrl, env: {}, waitMs: 5 };
      const score = await checkJudge(source, from, await createChatModel(model), { protocol });
      return [score?.value, score?.n, server.calls.length];
    });
  // Of 32 documents two also have the dealt theme.
  t.deepEqual(await check(answerPlanted), [1, 62, 62]);
  t.deepEqual(await check(answerPlanted, PROTOCOLS.default), [1, 62, 16]);
  t.deepEqual(await check(answerPlanted, PROTOCOLS.compat), [1, 62, 62]);
  t.deepEqual(await check(() => "Yes"), [0.5, 62, 62]);
  await t.throwsAsync(
    check(() => "I cannot say"),
    { message: /^20 answers of m in a row could not be used/ },
  );
  t.deepEqual(await check(answerPlanted, PROTOCOLS.local, labels.slice(0, 1)), [
    ...[undefined, undefined, 0],
  ]);
  // A model's labels have taken the keywords' place.
  const taken = labels.map((one) => ({ ...one, text: "mine", source: "llm" as const }));
  t.deepEqual((await check(answerPlanted, PROTOCOLS.local, taken))[0], 1);
  t.is(scoreNamed(labels[9].scores, "keyword-coverage"), 0.59);
});
