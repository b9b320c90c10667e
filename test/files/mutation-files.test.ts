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

// At full length those of bytes are 50,000 with the 22,500 of mutation.test.ts.
const CAMPAIGNS = {
  bytes: campaign(27_500, 350),
  structure: campaign(30_000, 350),
};

for (const [what, rounds] of Object.entries(CAMPAIGNS)) {
  test(`${rounds} files of every format, damaged in their ${what}, end in a result or one FormatError`, async (t) => {
    const program = ["build/test/support/mutation/mutate-files.js", String(rounds), what];
    const { stdout } = await promisify(execFile)(process.execPath, program, { maxBuffer: 1 << 24 });
    const report = JSON.parse(stdout) as Report;
    t.log(
      `${report.rounds} rounds, ${report.refused} refused, slowest ${report.slowestMs.toFixed(0)} ms (${report.slowest}), memory grew by ${report.growthMb.toFixed(0)} MB`,
    );
    t.deepEqual(report.problems, []);
    t.true(report.rounds >= rounds);
    t.true(report.refused > rounds / 10);
    t.true(report.growthMb < 256);
  });
}
