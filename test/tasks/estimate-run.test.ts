import test from "ava";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { RUN_RATES, estimateRun, readRates } from "../../src/tasks/index.js";
import { runCli } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";

test("a run's estimate follows from the sizes and the rates", (t) => {
  const rates = {
    ...{ ...RUN_RATES, flops: 1e9, bytesRead: 4e6, pairs: 1e6, coreHour: 0.5 },
    ...{ codesRead: 8e4, textRead: 1e6, labelled: 1e5 },
  };
  const size = {
    ...{ documents: 3_600_000, d: 1000, k: 10, n: 500, groupDocuments: 900_000 },
    ...{ characters: 100, labelDocuments: 350_000 },
  };
  const { stages, coreHours, computeCost } = estimateRun(size, rates);
  t.deepEqual(
    stages.map(({ kind, tasks }) => [kind, tasks]),
    [
      ["encode", 36],
      ["pairs", 4],
      ["total", 1],
      ["labels", 1],
    ],
  );
  // 3.6e6 documents at 1e6 operations and 4,000 bytes each: 1 ms for either.
  t.is(stages[0].coreHours, 2);
  // All 125,000 pairs meet in each of 4 groups.
  t.is(stages[1].written, 20 * 4 * 125_000);
  t.is(stages[2].read, stages[1].written);
  t.true(Math.abs(stages[1].coreHours - (198 + 5e5 / rates.merged) / 3600) < 1e-6);
  // 1 hour for the codes, 0.1 for all texts, 0.1 for those of 350,000 documents and each latent's 20 strongest.
  t.true(Math.abs(stages[3].coreHours - 1.2) < 1e-6);
  t.is(computeCost, coreHours * 0.5);
});

test("task estimate takes rates from a file and refuses what is no rate", async (t) =>
  inFolder(async (folder) => {
    const file = path.join(folder, "rates.json");
    const words = ["task", "estimate", "--documents", "1000000000", "--dimensions", "1536"];
    const call = [...words, "--k", "32", "--n", "8192", "--json"];
    const before = await runCli(call);
    t.is(before.code, 0, before.stderr);
    writeFileSync(file, JSON.stringify({ coreHour: 2 * RUN_RATES.coreHour }));
    const after = await runCli([...call, "--rates", file]);
    const costOf = ({ stdout }: typeof before): number =>
      (JSON.parse(stdout) as { computeCost: number }).computeCost;
    t.is(costOf(after), 2 * costOf(before));
    for (const wrong of [{ coreHours: 1 }, { flops: -1 }]) {
      writeFileSync(file, JSON.stringify(wrong));
      await t.throwsAsync(readRates(file), { name: "FormatError", message: /rates\.json/ });
    }
  }));
