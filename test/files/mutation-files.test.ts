import test from "ava";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { campaign } from "../support/campaign.js";

interface Report {
  rounds: number;
  refused: number;
  slowestMs: number;
  slowest: string;
  growthMb: number;
  problems: string[];
}

// At full length these are 50,000 with the 22,500 of mutation.test.ts.
const ROUNDS = campaign(27_500, 1_500);

test(`${ROUNDS} damaged checkpoints, tables, graphs and corpora end in a result or one FormatError`, async (t) => {
  const program = ["build/test/support/mutation/mutate-files.js", String(ROUNDS)];
  const { stdout } = await promisify(execFile)(process.execPath, program, { maxBuffer: 1 << 24 });
  const report = JSON.parse(stdout) as Report;
  t.log(
    `${report.rounds} rounds, ${report.refused} refused, slowest ${report.slowestMs.toFixed(0)} ms (${report.slowest}), memory grew by ${report.growthMb.toFixed(0)} MB`,
  );
  t.deepEqual(report.problems, []);
  t.true(report.rounds >= ROUNDS);
  t.true(report.refused > ROUNDS / 10);
  // Of processor time, so that other tests beside it do not count.
  t.true(report.slowestMs < 2000);
  t.true(report.growthMb < 256);
});
