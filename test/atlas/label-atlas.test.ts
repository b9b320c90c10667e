import test from "ava";
import { appendFile, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { FormatError } from "../../src/core/index.js";
import { createChatModel, createRehearsal } from "../../src/llm/index.js";
import { type CatalogRow, readCatalog } from "../../src/catalog/index.js";
import { readModelLabels } from "../../src/records/index.js";
import { buildFolder, refreshLabels, saveScores } from "../../src/atlas/steps/index.js";
import { type LabelAtlasOptions, type LabelAtlasReport, openStore } from "../../src/atlas/index.js";
import { labelAtlas, rehearseLabels } from "../../src/atlas/labels/index.js";
import { inFolder } from "../support/folder.js";
import {
  type LlmCall,
  type LlmServerOptions,
  startLlmServer,
} from "../support/servers/llm-server.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";
import { answerPlanted, themeWord } from "../support/atlases/planted.js";

async function labelPlanted(
  dir: string,
  options: Partial<LabelAtlasOptions> = {},
  answer: LlmServerOptions["answer"] = answerPlanted,
): Promise<LabelAtlasReport> {
  const server = await startLlmServer({ answer });
  try {
    const { baseUrl } = server;
    const explainer = await createChatModel({ model: "gpt-4o-mini", baseUrl, env: {} });
    return await labelAtlas(dir, { explainer, ...options });
  } finally {
    await server.close();
  }
}

const isExplanation = ({ body }: LlmCall): boolean =>
  (body.response_format?.json_schema as { name?: string } | undefined)?.name === "explanation";

/** Calls of a check of the judge on five latents: a prompt per label. */
const CHECK = 2 * 5;

const catalogOf = (dir: string): Promise<CatalogRow[]> =>
  readCatalog(path.join(dir, "catalog.jsonl"));

test("a labelled atlas stays as it is when it is built again, and a person's label wins", async (t) => {
  await inFolder(async (folder) => {
    const { dir, built } = await buildPlantedAtlas(folder, { themes: 4 });
    const report = await labelPlanted(dir);
    t.deepEqual(report.refreshed.ran, ["labels", "families", "catalog"]);
    t.deepEqual((await buildFolder(built)).ran, []);
    const correction = JSON.stringify({ latent: 1, label: "my own words" });
    await writeFile(path.join(dir, "labels.overrides.jsonl"), `${correction}\n`);
    await refreshLabels(dir);
    const rows = await catalogOf(dir);
    t.deepEqual(
      rows.map(({ label, label_source: source }) => [label, source]),
      [0, 1, 2, 3].map((latent) =>
        latent === 1 ? ["my own words", "human"] : [`matters of ${themeWord(latent)}`, "llm"],
      ),
    );
    t.deepEqual((await labelPlanted(dir, { latents: [1] })).refreshed.ran.length > 0, true);
    t.is((await catalogOf(dir))[1].label, "my own words");
    t.deepEqual(
      (await readdir(dir)).filter((name) => /tmp|lock/.test(name)),
      [],
    );
  });
});

test("a question that fails today leaves the label of yesterday", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, { themes: 3 });
    await labelPlanted(dir);
    const file = path.join(dir, "labels.llm.jsonl");
    const [before, evidence] = [
      await readModelLabels(file, 3),
      path.join(dir, "labels.evidence.jsonl"),
    ];
    const evidenceBefore = await readFile(evidence, "utf8");
    const { latents } = await labelPlanted(dir, { seed: 5 }, (call) =>
      isExplanation(call) ? "nonsense" : answerPlanted(call),
    );
    t.is(latents.failed, 3);
    t.regex(latents.failure ?? "", /^no label: it is not JSON/);
    t.deepEqual(await readModelLabels(file, 3), before);
    t.is(await readFile(evidence, "utf8"), evidenceBefore);
    // Where no answer can be used, the run ends.
    await t.throwsAsync(
      labelPlanted(dir, { seed: 6 }, () => "nonsense"),
      {
        message:
          /^20 answers of gpt-4o-mini in a row could not be used, the last one because it is/,
      },
    );
  });
});

test("a judge that cannot tell true labels from dealt ones is refused before anything is labelled", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, { themes: 4 });
    const before = await readdir(dir);
    const always: LlmServerOptions["answer"] = (call) => {
      const reply = answerPlanted(call);
      if (typeof reply === "string") return reply;
      return { content: reply.content?.replaceAll('"no"', '"yes"') };
    };
    await t.throwsAsync(labelPlanted(dir, {}, always), {
      message:
        /gpt-4o-mini cannot tell .*AUC 0\.50 over \d+ answers, expected at least 0\.6.*--force/,
    });
    t.deepEqual(await readdir(dir), before);
    const { judgeCheck, latents } = await labelPlanted(dir, { force: true }, always);
    t.deepEqual([judgeCheck?.value, latents.labelled, latents.atChance], [0.5, 4, 4]);
    const kept = await readModelLabels(path.join(dir, "labels.llm.jsonl"), 4);
    t.deepEqual(kept[0].judgeCheck, judgeCheck);
    // The labels are at chance, the keywords are not.
    const sources = (await catalogOf(dir)).map(({ label_source: source }) => source);
    t.deepEqual(sources, ["keywords", "keywords", "keywords", "keywords"]);
    const good = await labelPlanted(dir);
    t.deepEqual([good.judgeCheck?.value, good.latents.atChance], [1, 0]);
    t.is((await catalogOf(dir))[0].label_source, "llm");
  });
});

test("an error keeps the labels that are done, and the catalog shows them", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, { themes: 5 });
    let calls = 0;
    const answer: LlmServerOptions["answer"] = (call) =>
      ++calls > CHECK + 33 ? { status: 403, message: "gone" } : answerPlanted(call);
    await t.throwsAsync(labelPlanted(dir, { inFlight: 1 }, answer), { message: /HTTP 403/ });
    const kept = await readModelLabels(path.join(dir, "labels.llm.jsonl"), 5);
    t.deepEqual(
      kept.map(({ id }) => id),
      [0, 1],
    );
    // The run itself has brought the catalog up to date.
    t.deepEqual((await refreshLabels(dir)).ran, []);
    t.deepEqual(
      (await catalogOf(dir)).map((row) => row.label_source),
      ["llm", "llm", "keywords", "keywords", "keywords"],
    );
  });
});

test("saved scores stand beside the label that they were measured on, and no other", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, { themes: 3 });
    const rows = await catalogOf(dir);
    const score = { name: "embedding-auc", n: 100, interval: [0.7, 0.9] as [number, number] };
    await saveScores(dir, [
      { latent: 0, label: rows[0].label, value: 0.5, ...score },
      { latent: 1, label: "another label", value: 0.6, ...score },
    ]);
    await saveScores(dir, [{ latent: 0, label: rows[0].label, value: 0.8, ...score }]);
    const after = await catalogOf(dir);
    t.deepEqual(
      after.map(({ scores }) => scores.find(({ name }) => name === "embedding-auc")?.value),
      [0.8, undefined, undefined],
    );
    t.is(after[0].score_name, "keyword-coverage");
    await labelPlanted(dir);
    t.is(
      (await catalogOf(dir))[0].scores.some(({ name }) => name === "embedding-auc"),
      false,
    );
  });
});

test("a rehearsal counts the questions of the run, known answers apart, and writes nothing", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, { themes: 3 });
    const before = await readdir(dir);
    const server = await startLlmServer({ answer: answerPlanted });
    const model = await createChatModel({ model: "gpt-4o-mini", baseUrl: server.baseUrl, env: {} });
    const rehearsal = createRehearsal(model);
    await rehearseLabels(await openStore(dir), { explainer: rehearsal });
    const { prompts, known, inputTokens, likelyCost = 0, cost = 0, seconds } = rehearsal.estimate();
    t.deepEqual([prompts, known, server.calls.length], [45 + 2 * 3, 0, 0]);
    t.true(inputTokens > 10_000 && likelyCost > 0 && cost > likelyCost);
    t.deepEqual(await readdir(dir), before);
    // How fast the server is shows in the calls to it.
    t.is(seconds, undefined);
    await labelAtlas(dir, { explainer: model, latents: [0], force: true });
    t.true((rehearsal.estimate().seconds ?? 0) > 0);
    await server.close();
  });
});

test("label files that are damaged are refused, naming the line", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, { themes: 2 });
    const file = path.join(dir, "labels.llm.jsonl");
    for (const [line, message] of [
      [
        '{"latent":2,"label":"x","source":"llm"}',
        /labels\.llm\.jsonl: line 1: latent must be below 2, got 2/,
      ],
      ['{"latent":0,"label":7,"source":"llm"}', /line 1: label: .*string/],
      ['{"latent":0,"label":"x","source":"human"}', /line 1: .*llm/s],
      ["nonsense", /line 1/],
    ] as const) {
      await writeFile(file, `${line}\n`);
      await t.throwsAsync(refreshLabels(dir), { instanceOf: FormatError, message });
    }
  });
});

test("an atlas whose corpus has changed since its build is not refreshed", async (t) => {
  await inFolder(async (folder) => {
    const { dir, built } = await buildPlantedAtlas(folder, { themes: 2 });
    await appendFile(built.corpus, '{"id":"new","title":"","text":"one more"}\n');
    await t.throwsAsync(refreshLabels(dir), {
      instanceOf: FormatError,
      message: /documents\.jsonl: has changed since/,
    });
  });
});
