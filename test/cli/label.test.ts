import test from "ava";
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readJson } from "../../src/files/index.js";
import { parseAnalysis } from "../../src/labels/index.js";
import { readCatalog } from "../../src/catalog/index.js";
import type { LabelLine } from "../../src/records/index.js";
import { inFolder } from "../support/folder.js";
import { type Outcome, runCli, runProcess } from "../support/cli/run-cli.js";
import { type LlmServer, startLlmServer, type LlmCall } from "../support/servers/llm-server.js";
import { startBatchServer } from "../support/servers/batch-server.js";
import { campaign } from "../support/campaign.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";
import { answerPlanted, themeWord } from "../support/atlases/planted.js";

const KEY = "sk-test-0123456789abcdef";
process.env.OPENAI_API_KEY = KEY;
const KILLS = campaign(3, 1);

/** Runs `label` on an atlas by a server; ended by `signal` after `killAfter` calls, if given. */
async function runLabel(
  dir: string,
  { baseUrl, calls }: Pick<LlmServer, "baseUrl" | "calls">,
  args: string[] = [],
  killAfter?: number,
  signal: NodeJS.Signals = "SIGKILL",
): Promise<Outcome> {
  const own = args.includes("--protocol") ? args : ["--protocol", "default", ...args];
  const all = ["label", "--atlas", dir, "--model", "gpt-4o", "--judge", "gpt-4o-mini", ...own];
  all.push("--model-url", baseUrl);
  if (killAfter === undefined) return runCli(all);
  const seen = calls.length;
  return runProcess(all, {
    env: { FEATURE_FAMILIES_TRACE: "1" },
    onStart: async (child) => {
      while (calls.length < seen + killAfter && child.exitCode === null) await sleep(1);
      child.kill(signal);
    },
  });
}

/** Runs what no other test may run beside: the thread has no key meanwhile. */
async function withoutKey(run: () => Promise<Outcome>): Promise<Outcome> {
  delete process.env.OPENAI_API_KEY;
  try {
    return await run();
  } finally {
    process.env.OPENAI_API_KEY = KEY;
  }
}

async function readLines<T>(file: string): Promise<T[]> {
  const text = await readFile(file, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

async function withAtlas(
  options: Parameters<typeof buildPlantedAtlas>[1],
  use: (dir: string, server: LlmServer) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, options);
    const server = await startLlmServer({ answer: answerPlanted, latencyMs: 3 });
    try {
      await use(dir, server);
    } finally {
      await server.close();
    }
  });
}

test("label writes records, evidence and ledger, and the catalog shows them, without the key", async (t) => {
  await withAtlas({ themes: 6, nonsense: 2 }, async (dir, server) => {
    const { code, stdout, stderr } = await runLabel(dir, server, ["--yes", "--json"]);
    t.is(code, 0, stderr);
    const report = JSON.parse(stdout) as { latents: { labelled: number }; spent: number };
    t.is(report.latents.labelled, 8);
    t.true(report.spent > 0);
    const records = await readLines<LabelLine>(path.join(dir, "labels.llm.jsonl"));
    t.deepEqual(
      records.map(({ latent }) => latent),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
    const catalog = await readCatalog(path.join(dir, "catalog.jsonl"));
    t.like(catalog[2], {
      label: `matters of ${themeWord(2)}`,
      label_source: "llm",
      model: "gpt-4o",
      prompt_version: "default@3",
      score: 1,
      score_name: "balanced-accuracy",
      score_n: 40,
    });
    t.true((catalog[2].label_cost ?? 0) > 0);
    t.is(catalog[2].label_documents.length, 70);
    t.regex(catalog[2].label_date ?? "", /^\d{4}-\d\d-\d\dT/);
    t.true(catalog[2].keywords.length > 0);
    for (const name of await readdir(dir)) {
      t.false((await readFile(path.join(dir, name), "latin1")).includes(KEY), name);
    }
    t.false((stdout + stderr).includes(KEY));
    t.true(server.calls.every(({ authorization }) => authorization === `Bearer ${KEY}`));
    // Again: nothing is asked, nothing changes.
    const asked = server.calls.length;
    const again = await runLabel(dir, server, ["--json"]);
    t.is(again.code, 0, again.stderr);
    t.is(server.calls.length, asked);
    t.deepEqual(await readLines(path.join(dir, "labels.llm.jsonl")), records);
    t.deepEqual((JSON.parse(again.stdout) as { refreshed: { ran: string[] } }).refreshed.ran, []);
  });
});

test("a dry run counts the tokens that the server then counts, asks nothing and leaves nothing", async (t) => {
  await withAtlas({ themes: 5, nonsense: 3 }, async (dir, server) => {
    const before = (await readdir(dir)).sort();
    const { code, stdout, stderr } = await runLabel(dir, server, ["--dry-run", "--json"]);
    t.is(code, 0, stderr);
    t.is(server.calls.length, 0);
    t.deepEqual((await readdir(dir)).sort(), before);
    const estimate = JSON.parse(stdout) as Record<
      "explainer" | "judge",
      { prompts: number; inputTokens: number; cost: number; likelyCost: number }
    >;
    const refused = await runLabel(dir, server);
    t.is(refused.code, 2);
    t.regex(refused.stderr, /pass --yes or --max-cost/);
    t.deepEqual((await readdir(dir)).sort(), before);
    t.is((await runLabel(dir, server, ["--yes"])).code, 0);
    for (const [role, model] of [
      ["explainer", "gpt-4o"],
      ["judge", "gpt-4o-mini"],
    ] as const) {
      const calls = server.calls.filter(({ body }) => body.model === model);
      const counted = calls.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
      const { prompts, inputTokens, cost, likelyCost } = estimate[role];
      t.is(prompts, calls.length);
      t.true(Math.abs(inputTokens - counted) <= 0.02 * counted, `${inputTokens} for ${counted}`);
      t.log(`${role}: ${inputTokens} tokens for ${counted}`);
      t.true(likelyCost < cost);
    }
  });
});

test("with --batch-api the same labels come in a few batches at half the price", async (t) => {
  await withAtlas({ themes: 3 }, async (dir) => {
    const server = await startBatchServer((line) => {
      const reply = answerPlanted({ body: line.body } as LlmCall);
      const content = typeof reply === "string" ? reply : reply.content;
      const usage = { prompt_tokens: 1000, completion_tokens: 0 };
      return { status: 200, body: { choices: [{ message: { content } }], usage } };
    });
    const { baseUrl } = server;
    const { code, stdout, stderr } = await runLabel(dir, { ...server, baseUrl, calls: [] }, [
      ...["--batch-api", "--yes", "--json"],
    ]);
    t.is(code, 0, stderr);
    const report = JSON.parse(stdout) as { latents: { labelled: number }; spent: number };
    t.is(report.latents.labelled, 3);
    const models = server.batches.flat().map(({ body }) => body.model);
    const full = models.reduce((sum, model) => sum + (model === "gpt-4o" ? 2.5 : 0.15), 0) / 1000;
    t.true(Math.abs(report.spent - full / 2) < 1e-9, `${report.spent} for ${full}`);
    t.true(server.batches.length < models.length / 2, `${server.batches.length} batches`);
    const journal = await readLines(path.join(dir, "labels.batches.jsonl"));
    t.is(journal.length, server.batches.length);
    server.close();
  });
});

test("killed and run again, it pays for no answer twice", async (t) => {
  await withAtlas({ themes: 10 }, async (dir, server) => {
    for (const calls of [10, 20, 4].slice(0, KILLS)) {
      await runLabel(dir, server, ["--yes", "--parallel", "4"], calls);
      t.false(existsSync(path.join(dir, "labels.llm.jsonl")));
    }
    // 15 for each of ten latents, and two for each of eight on which the judge is checked.
    const questions = 150 + 16;
    t.true(server.calls.length < questions, `${server.calls.length} asked before the last run`);
    const { code, stderr } = await runLabel(dir, server, ["--yes"]);
    t.is(code, 0, stderr);
    const entries = await readLines<{ key: string }>(path.join(dir, "labels.ledger.jsonl"));
    t.is(entries.length, questions);
    t.is(new Set(entries.map(({ key }) => key)).size, questions);
    // What was under way at a kill, or answered but not on the disk yet, was asked again.
    t.true(server.calls.length <= questions + 3 * 8, `${server.calls.length} asked in all`);
  });
});

test("at the cap it stops, keeps what is done, says so, and goes on later", async (t) => {
  await withAtlas({ themes: 8 }, async (dir, server) => {
    const stopped = await runLabel(dir, server, [
      "--max-cost",
      "0.02",
      "--parallel",
      "2",
      "--json",
    ]);
    t.is(stopped.code, 0, stopped.stderr);
    const report = JSON.parse(stopped.stdout) as Record<string, unknown>;
    t.regex(report.stopped as string, /\$0\.0\d+ of \$0\.02 spent/);
    t.true((report.spent as number) <= 0.02);
    const done = await readLines<LabelLine>(path.join(dir, "labels.llm.jsonl"));
    t.true(done.length > 0 && done.length < 8, `${done.length} done`);
    t.is((await runLabel(dir, server, ["--yes", "--latents", "6,7"])).code, 0);
    const more = await readLines<LabelLine>(path.join(dir, "labels.llm.jsonl"));
    const latents = more.map(({ latent }) => latent);
    for (const latent of [...done.map((record) => record.latent), 6, 7]) {
      t.true(latents.includes(latent));
    }
  });
});

test("families are named from their latents' labels, and families.json and the catalog show it", async (t) => {
  const groups = [[0, 1, 2, 3, 4, 5]];
  await withAtlas({ themes: 8, active: 50, documents: 1800, groups }, async (dir, server) => {
    const { code, stdout, stderr } = await runLabel(dir, server, [
      "--name-families",
      "--yes",
      "--json",
    ]);
    t.is(code, 0, stderr);
    const { families } = JSON.parse(stdout) as { families: { labelled: number } };
    t.is(families.labelled, 1);
    const file = await readFile(path.join(dir, "families.json"), "utf8");
    const [entry] = Object.values(JSON.parse(file) as Record<string, { name: string }>);
    t.like(entry, { latent: 0, name_source: "llm", name_score: 1, name_score_n: 40 });
    t.like(entry, { name_model: "gpt-4o", name_score_name: "balanced-accuracy" });
    t.regex(entry.name, /^any of theme/);
    const catalog = await readCatalog(path.join(dir, "catalog.jsonl"));
    t.is(catalog[3].families[0].name, entry.name);
    const evidence = await readLines<{ of: string }>(path.join(dir, "labels.evidence.jsonl"));
    t.is(evidence.filter(({ of }) => of === "family").length, 1);
    const asked = server.calls.length;
    const paper = path.join(dir, "../paper");
    const args = ["--name-families", "--limit", "0", "--paper-files", paper];
    t.is((await runLabel(dir, server, args)).code, 0);
    const [analysis, named] = (await readdir(paper)).sort().reverse();
    t.regex(analysis, /^feature_analysis_results_\d+\.json$/);
    t.regex(named, /^family_analysis_\d+_8\.json$/);
    const rows = parseAnalysis(await readJson(path.join(paper, analysis)));
    t.deepEqual(
      rows.map(({ latent, f1, pearson }) => [latent, f1, pearson]),
      Array.from({ length: 8 }, (_, latent) => [latent, 1, 1]),
    );
    const [first] = (await readJson(path.join(paper, named))) as Record<string, unknown[]>[];
    t.deepEqual([first.feature_f1.length, first.predictions.length], [6, 40]);
    t.is(server.calls.length, asked);
    t.is((await readLines(path.join(dir, "labels.llm.jsonl"))).length, 8);
    t.is((await readLines(path.join(dir, "families.llm.jsonl"))).length, 1);
  });
});

test("ended by SIGTERM, it shows what is done in the catalog, leaves nothing half-written and continues", async (t) => {
  await withAtlas({ themes: 10 }, async (dir, server) => {
    const { code, stderr } = await runLabel(
      dir,
      server,
      ["--yes", "--parallel", "2"],
      80,
      "SIGTERM",
    );
    t.is(code, 1);
    t.regex(stderr, /interrupted; run the same command again to continue/);
    t.deepEqual(
      (await readdir(dir)).filter((name) => /tmp|lock/.test(name)),
      [],
    );
    const catalog = await readCatalog(path.join(dir, "catalog.jsonl"));
    const shown = catalog.filter(({ label_source: source }) => source === "llm").length;
    const done = await readLines<LabelLine>(path.join(dir, "labels.llm.jsonl"));
    t.true(done.length > 0 && done.length < 10, `${done.length} done`);
    t.is(shown, done.length);
  });
});

test.serial(
  "on a server of this machine the protocol is local, which scores by embeddings, too, where it can",
  async (t) => {
    await withAtlas({ themes: 3 }, async (dir, server) => {
      const args = [
        "label",
        "--atlas",
        dir,
        "--model",
        "m",
        "--model-url",
        server.baseUrl,
        "--yes",
      ];
      const { code, stderr } = await withoutKey(() => runCli(args));
      t.is(code, 0, stderr);
      const records = await readLines<LabelLine>(path.join(dir, "labels.llm.jsonl"));
      t.is(records.length, 3);
      for (const { promptVersion, scoreName, score, judgeCheck } of records) {
        t.deepEqual([promptVersion, scoreName, score], ["local@3", "auc", 1]);
        t.is(judgeCheck?.value, 1);
      }
    });
  },
);

test.serial("a dry run needs no key", async (t) => {
  await withAtlas({ themes: 2 }, async (dir, server) => {
    // Not an address of this machine, for which no key would be needed.
    const far = { ...server, baseUrl: "https://models.invalid/v1" };
    const dry = await withoutKey(() => runLabel(dir, far, ["--dry-run", "--json"]));
    t.is(dry.code, 0, dry.stderr);
    t.true((JSON.parse(dry.stdout) as { explainer: { prompts: number } }).explainer.prompts > 0);
    const real = await withoutKey(() => runLabel(dir, far, ["--yes"]));
    t.is(real.code, 1);
    t.regex(real.stderr, /no key for models\.invalid: set FEATURE_FAMILIES_EXPLAINER_API_KEY/);
  });
});

test("a sample tells what all latents would cost, and is not asked about again", async (t) => {
  await withAtlas({ themes: 6, nonsense: 2 }, async (dir, server) => {
    const first = await runLabel(dir, server, ["--sample", "4", "--yes", "--json"]);
    t.is(first.code, 0, first.stderr);
    const { latents, projected, spent } = JSON.parse(first.stdout) as {
      latents: { labelled: number };
      projected: { latents: number; cost: number };
      spent: number;
    };
    t.deepEqual([latents.labelled, projected.latents], [4, 8]);
    const cost = async (): Promise<number> => {
      const records = await readLines<LabelLine>(path.join(dir, "labels.llm.jsonl"));
      return records.reduce((sum, record) => sum + (record.cost ?? 0), 0);
    };
    t.true(Math.abs(projected.cost - 2 * (await cost())) < 1e-9);
    // The check of the judge is asked once.
    t.true(spent > (await cost()));
    t.is((await runLabel(dir, server, ["--yes"])).code, 0);
    t.true(Math.abs((await cost()) - projected.cost) < 0.2 * projected.cost);
    t.is(new Set(server.calls.map(({ hash }) => hash)).size, server.calls.length);
  });
});
