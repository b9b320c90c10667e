import anyTest, { type TestFn } from "ava";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SteeringReport } from "../../src/atlas/index.js";
import { type LlmCall, startLlmServer } from "../support/servers/llm-server.js";
import { refusal } from "../support/refusal.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { runCli } from "../support/cli/run-cli.js";

const ROWS = 500;
const SMALL = [
  "--queries",
  "12",
  "--more-strengths",
  "4,8",
  "--methods",
  "additive,residual",
  "--limit",
  "5",
];
const MODELS = [
  ...["--judge", "gpt-4o-mini", "--judged", "3", "--model", "gpt-4o-mini"],
  ...["--min-active", "5"],
];

process.env.OPENAI_API_KEY = "key";

const test = anyTest as TestFn<{ dir: string; atlas: string }>;

test.before("an atlas of the sample's first rows", async (t) => {
  const dir = await mkdtemp(path.join(tmpdir(), "ff-steering-"));
  t.context = { dir, atlas: await makeSmallAtlas(dir, ROWS) };
});

test.after.always((t) => rm(t.context.dir, { recursive: true }));

function embed(text: string): number[] {
  return Array.from({ length: 512 }, (_, j) => Math.sin(text.length + j));
}

function answer({ body }: LlmCall): string {
  const isJudge = body.messages.some(({ content }) => content.includes("First list"));
  return JSON.stringify(isJudge ? { up: "A", down: "B" } : { query: "a bird that swims" });
}

test.serial("models are estimated, asked, counted, and never asked twice", async (t) => {
  const server = await startLlmServer({ answer, embed });
  t.teardown(() => server.close());
  const chats = (): number => server.calls.filter((one) => one.path === "/chat/completions").length;
  const out = path.join(t.context.dir, "steering.json");
  const call = [
    ...["steering", "--atlas", t.context.atlas, "--out", out, ...SMALL, ...MODELS],
    ...["--model-url", server.baseUrl, "--embedder", "embedder", "--embedder-url", server.baseUrl],
  ];
  const dry = await runCli([...call, "--dry-run", "--json"]);
  t.is(dry.code, 0, dry.stderr);
  const { judge, writer } = JSON.parse(dry.stdout) as Record<string, { prompts: number }>;
  // 2 methods of 3 x 3 pairs of strengths and the rewritten queries; some questions are alike.
  t.true(judge.prompts > 3 && judge.prompts <= 3 * (2 * 9 + 1));
  t.true(writer.prompts >= 10 && writer.prompts <= 12);
  t.deepEqual([chats(), existsSync(out)], [0, false]);

  const poor = await runCli([...call, "--max-cost", "0.000001"]);
  t.not(poor.code, 0);
  t.false(existsSync(out));

  const first = await runCli(call);
  t.is(first.code, 0, first.stderr);
  t.regex(first.stdout, /judged by gpt-4o-mini, chance 20 %/);
  t.regex(first.stdout, /rewritten by gpt-4o-mini: mean cosine/);
  const report = JSON.parse(await readFile(out, "utf8")) as SteeringReport;
  t.is(report.cells.length, 18);
  for (const { judged } of report.cells) t.deepEqual([judged?.total, judged?.failed], [3, 0]);
  t.is(report.rewriting?.judged?.total, 3);
  t.true(report.rewriting?.queries.every((text) => text === "a bird that swims"));
  const asked = chats();
  const second = await runCli(call);
  t.is(second.code, 0, second.stderr);
  t.is(chats(), asked);
  t.deepEqual(JSON.parse(await readFile(out, "utf8")), JSON.parse(JSON.stringify(report)));
});

test.serial(
  "without models the report goes into the atlas, and texts may be the queries",
  async (t) => {
    const texts = path.join(t.context.dir, "queries.txt");
    await writeFile(texts, "a small bird\n\nthe law of the sea\n");
    const { code, stdout, stderr } = await runCli([
      ...["steering", "--atlas", t.context.atlas, "--texts", texts, "--min-active", "5"],
      ...["--more-strengths", "4,8", "--methods", "additive,documents", "--levels", "0.8"],
    ]);
    t.is(code, 0, stderr);
    t.regex(stdout, /documents against additive/);
    const file = path.join(t.context.atlas, "steering.json");
    const report = JSON.parse(await readFile(file, "utf8")) as SteeringReport;
    t.deepEqual(
      report.cases.map(({ text }) => text),
      ["a small bird", "the law of the sea"],
    );
  },
);

test("wrong calls are refused by name", async (t) => {
  const refused = async (message: RegExp, ...args: string[]): Promise<void> => {
    t.regex(await refusal(["steering", "--atlas", t.context.atlas, ...args]), message);
  };
  await Promise.all([
    refused(/--methods takes additive/, "--methods", "clamp"),
    refused(/--more-strengths must be 0 or more, got -1/, "--more-strengths", "1,-1"),
    refused(/--levels must be from 0 to 1, got 2/, "--levels", "0.9,2"),
    refused(/one of --queries, --texts and --vectors/, "--queries", "3", "--texts", "x"),
    refused(/--dry-run needs --judge or --rewrite/, "--dry-run"),
  ]);
});
