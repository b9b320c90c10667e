import test from "ava";
import path from "node:path";
import {
  type ChatModelOptions,
  type PricedChatModel,
  BudgetError,
  createBudget,
  createChatModel,
  openLedger,
} from "../../src/llm/index.js";
import {
  selectCleanLatents,
  analysisOfLabels,
  type LabelledLatent,
  type ModelLabelOptions,
  labelLatents,
  PROTOCOLS,
} from "../../src/labels/index.js";
import { scoreNamed } from "../../src/records/index.js";
import { inFolder } from "../support/folder.js";
import {
  type LlmCall,
  type LlmServer,
  type LlmServerOptions,
  startLlmServer,
} from "../support/servers/llm-server.js";
import {
  type Planted,
  answerPlanted,
  plantCorpus,
  readShown,
  themeWord,
} from "../support/atlases/planted.js";

interface Run {
  server: LlmServerOptions;
  model: Partial<ChatModelOptions>;
  options: Partial<ModelLabelOptions>;
  latents: number[];
}

/** Labels the latents of a planted corpus by a server of its own. */
async function label(
  planted: Planted,
  { server = {}, model = {}, options = {}, latents }: Partial<Run> = {},
  use: (
    labelled: LabelledLatent[],
    server: LlmServer,
    model: PricedChatModel,
  ) => void | Promise<void>,
): Promise<void> {
  const started = await startLlmServer({ answer: answerPlanted, ...server });
  try {
    const explainer = await createChatModel({
      model: "gpt-4o-mini",
      baseUrl: started.baseUrl,
      env: {},
      waitMs: 5,
      ...model,
    });
    const all = latents ?? Array.from({ length: planted.codes.n }, (_, latent) => latent);
    const labelled: LabelledLatent[] = [];
    for await (const one of labelLatents(planted.source, all, { explainer, ...options })) {
      labelled.push(one);
    }
    await use(labelled, started, explainer);
  } finally {
    await started.close();
  }
}

const accuracy = ({ label: record }: LabelledLatent): number =>
  scoreNamed(record.scores, "balanced-accuracy") ?? NaN;

test("the candidate that separates active from inactive is chosen and scored on other documents", async (t) => {
  const planted = plantCorpus({ themes: 4, nonsense: 4 });
  await label(planted, {}, (labelled, server) => {
    t.deepEqual(
      labelled.map(({ label }) => label.id),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
    for (const one of labelled.slice(0, 4)) {
      const { label: record, evidence } = one;
      t.is(record.text, `matters of ${themeWord(record.id)}`);
      t.is(accuracy(one), 1);
      t.deepEqual(
        record.scores.slice(1).map(({ name }) => name),
        ["f1", "pearson", "auc"],
      );
      t.is(record.scores[0].n, 40);
      t.true((record.scores[0].interval?.[0] ?? 1) < 0.95);
      const { explain, validate, score } = record.examples ?? {
        explain: [],
        validate: [],
        score: [],
      };
      t.deepEqual([explain.length, validate.length, score.length], [20, 10, 40]);
      t.is(new Set([...explain, ...validate, ...score]).size, 70);
      t.deepEqual(
        evidence?.verdicts.map(({ set }) => set).filter((set) => set === "score").length,
        40,
      );
      t.is(evidence?.verdicts.length, 40 + 3 * 10);
      t.true(
        evidence?.verdicts.every(({ probability = -1 }) => probability > 0 && probability < 1),
      );
      t.true((record.cost ?? 0) > 0);
    }
    for (const one of labelled.slice(4)) t.true(accuracy(one) < 0.85, `${accuracy(one)}`);
    // One to explain, 3 x 2 to choose, 8 to score.
    t.is(server.calls.length, 8 * 15);
  });
});

test("a judge that always says no scores 0.5, and pearson is omitted with a reason (SAEBench: 0.714)", async (t) => {
  const answer: LlmServerOptions["answer"] = (call) => {
    const reply = answerPlanted(call);
    if (typeof reply === "string") return reply;
    return { content: reply.content?.replaceAll('"yes"', '"no"') };
  };
  await label(plantCorpus({ themes: 2 }), { server: { answer } }, ([one]) => {
    t.is(accuracy(one), 0.5);
    t.deepEqual(
      one.label.scores.map(({ name }) => name),
      ["balanced-accuracy", "f1"],
    );
    t.regex(one.label.notes?.join() ?? "", /pearson is undefined/);
    t.notRegex(JSON.stringify(one), /NaN|Infinity/);
  });
});

test("documents whose answer is missing, duplicated or for another id are asked about one by one", async (t) => {
  const answer: LlmServerOptions["answer"] = (call) => {
    const reply = answerPlanted(call);
    if (typeof reply === "string" || readShown(call.body.messages[1].content).length === 1) {
      return reply;
    }
    const { d1, d3, d4, d5 } = JSON.parse(reply.content ?? "") as Record<string, string>;
    // d1 comes twice and disagrees, d2 is missing, d3 is another's.
    const wrong = d1 === "yes" ? "no" : "yes";
    return `{"d1":"${d1}","d1":"${wrong}","d77":"${d3}","d4":"${d4}","d5":"${d5}"`;
  };
  await label(plantCorpus({ themes: 1 }), { server: { answer } }, ([one], server) => {
    t.is(accuracy(one), 1);
    t.is(one.label.failed, 0);
    const single = server.calls.filter(
      ({ body }) => readShown(body.messages[1].content).length === 1,
    );
    t.is(single.length, 3 * 14);
  });
});

test("a question that fails makes a document neither right nor wrong (delphi: silently dropped; saerch: 0.0)", async (t) => {
  const planted = plantCorpus({ themes: 1 });
  const lost = new Set(["doc-1"]);
  const answer: LlmServerOptions["answer"] = (call) => {
    const { body } = call;
    const isJudged = (body.response_format?.json_schema as { name?: string }).name === "verdicts";
    const shown = readShown(body.messages[1].content);
    if (
      isJudged &&
      shown.some(({ text }) => text.includes(themeWord(0)) && text.length % 2 === 0)
    ) {
      shown.forEach(({ id }) => lost.add(id));
      return { content: null, refusal: "no" };
    }
    return answerPlanted(call);
  };
  await label(planted, { server: { answer } }, ([{ label: record, evidence }]) => {
    const failed = evidence?.verdicts.filter(
      ({ set, answer: said }) => set === "score" && said === null,
    );
    t.true((failed?.length ?? 0) > 0 && (failed?.length ?? 0) < 20);
    t.is(record.failed, failed?.length);
    t.is(record.scores[0].n, 40 - (failed?.length ?? 0));
    t.is(record.scores[0].value, 1);
    t.regex(record.notes?.join() ?? "", /documents without an answer/);
  });
});

test("a label that never arrives leaves a reason, and the other latents keep their labels", async (t) => {
  const planted = plantCorpus({ themes: 3 });
  const answer: LlmServerOptions["answer"] = (call) =>
    call.body.messages[1].content.includes("Give 3 labels") &&
    (call.body.messages[1].content.match(new RegExp(themeWord(1), "g"))?.length ?? 0) >= 10
      ? '{"label_9": "FINAL: birds"}'
      : answerPlanted(call);
  await label(planted, { server: { answer } }, (labelled) => {
    const { label: record, evidence } = labelled[1];
    t.is(record.text, "");
    t.regex(record.reason ?? "", /no label: .*hypotheses/s);
    t.is(record.failed, 1);
    t.is(evidence?.explanations[0].status, "failed");
    t.truthy(labelled[0].label.text);
    t.truthy(labelled[2].label.text);
  });
});

test("latents with too few documents are skipped with a reason and without a question", async (t) => {
  await label(plantCorpus({ themes: 2, active: 8 }), {}, (labelled, server) => {
    t.is(server.calls.length, 0);
    t.regex(labelled[0].label.reason ?? "", /^skipped: active in 8 documents, needs \d+$/);
    t.is(labelled[0].evidence, undefined);
  });
});

test("compat judges by confidence, one document per prompt, strongest first, and its clean set follows", async (t) => {
  const longer = (text: string): string => `${text} ${"and so on and on".repeat(3)} ${text.length}`;
  const planted = plantCorpus({ themes: 3, nonsense: 3, text: longer });
  const options = { protocol: PROTOCOLS.compat };
  await label(planted, { options }, (labelled, server) => {
    const [{ label: record, evidence }] = labelled;
    t.is(server.calls.length, 6 * 7);
    t.is(record.scores[0].name, "f1");
    t.is(record.scores[0].value, 1);
    t.is(scoreNamed(record.scores, "pearson"), 1);
    t.is(evidence?.verdicts.length, 6);
    t.true(evidence?.verdicts.every(({ confidence }) => confidence === 0.9 || confidence === -0.8));
    const strongest = evidence?.shown
      .filter(({ kind, set }) => kind === "active" && set === "explain")
      .map(({ activation }) => activation);
    const others = evidence?.shown.filter(({ kind, set }) => kind === "active" && set === "score");
    t.true(
      Math.min(...(strongest ?? [])) > Math.max(...(others ?? []).map((one) => one.activation)),
    );
    const rows = analysisOfLabels(
      labelled.map((one) => one.label),
      () => 0.1,
    );
    const clean = selectCleanLatents(rows).map(({ latent }) => latent);
    for (const latent of [0, 1, 2]) t.true(clean.includes(latent));
  });
});

test("a run that stops at its cap keeps every finished label, and continues without paying twice", async (t) => {
  const planted = plantCorpus({ themes: 6 });
  await inFolder(async (folder) => {
    const server = await startLlmServer({ answer: answerPlanted });
    const ledger = await openLedger(path.join(folder, "ledger.jsonl"));
    const latents = [0, 1, 2, 3, 4, 5];
    const run = async (
      maxCost: number,
    ): Promise<{ labelled: LabelledLatent[]; error: unknown }> => {
      const budget = createBudget({ maxCost });
      const base = { model: "gpt-4o-mini", baseUrl: server.baseUrl, env: {}, ledger, budget };
      const explainer = await createChatModel(base);
      const labelled: LabelledLatent[] = [];
      try {
        const options = { explainer, inFlight: 2 };
        for await (const one of labelLatents(planted.source, latents, options)) labelled.push(one);
      } catch (error) {
        return { labelled, error };
      }
      return { labelled, error: undefined };
    };
    const stopped = await run(0.004);
    t.true(stopped.error instanceof BudgetError);
    t.true(stopped.labelled.length >= 1 && stopped.labelled.length < 6);
    const asked = server.calls.length;
    const whole = await run(1);
    t.is(whole.error, undefined);
    t.is(server.calls.length, 6 * 15);
    t.true(asked > 15);
    t.deepEqual(
      whole.labelled.slice(0, stopped.labelled.length).map((one) => one.label),
      stopped.labelled.map((one) => one.label),
    );
    const again = await run(0);
    t.deepEqual(again.labelled, whole.labelled);
    await ledger.close();
    await server.close();
  });
});

test("a refusal of access ends the run, one bad question only its own latent", async (t) => {
  const planted = plantCorpus({ themes: 3 });
  const refuse: LlmServerOptions["answer"] = () => ({ status: 401, message: "no" });
  await t.throwsAsync(
    label(planted, { server: { answer: refuse } }, () => undefined),
    { message: /HTTP 401/ },
  );
  const tooLong = (call: LlmCall): ReturnType<typeof answerPlanted> => {
    const { content } = call.body.messages[1];
    const isOne = (content.match(new RegExp(themeWord(1), "g"))?.length ?? 0) >= 10;
    return isOne ? { status: 400, message: "too long a prompt" } : answerPlanted(call);
  };
  await label(planted, { server: { answer: tooLong } }, (labelled) => {
    t.deepEqual(
      labelled.map((one) => one.label.text !== ""),
      [true, false, true],
    );
    t.regex(labelled[1].label.reason ?? "", /too long a prompt/);
  });
});

test("an abort ends the run with its reason", async (t) => {
  const controller = new AbortController();
  const { signal } = controller;
  const server = { latencyMs: 50 };
  const onProgress = (): void => controller.abort(new Error("enough"));
  await t.throwsAsync(
    label(plantCorpus(), { server, options: { signal, onProgress } }, () => undefined),
    { message: "enough" },
  );
});
