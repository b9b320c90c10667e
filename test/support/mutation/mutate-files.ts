import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { FormatError, createRandom } from "../../../src/core/index.js";
import { damageStructure } from "./damage-structure.js";
import { mutate } from "./mutate.js";
import { makeSubjects } from "./subjects.js";

// Run as a program of its own, so that its memory and time are its alone: node mutate-files.js ROUNDS bytes|structure
// Damages real files of every kind that is read by path, their bytes or their structure; prints what came of it as JSON.

const rounds = Number(process.argv[2]);
const folder = mkdtempSync(path.join(tmpdir(), "feature-families-mutations-"));
const isStructure = process.argv[3] === "structure";
const all = await makeSubjects(folder);
const report = {
  rounds: 0,
  refused: 0,
  slowestMs: 0,
  slowest: "",
  growthMb: 0,
  problems: [] as string[],
};
const random = createRandom(20261124);
let settled = 0;
for (const { name, file, folder: source, bytes: given, read } of all) {
  const work = mkdtempSync(path.join(folder, "work-"));
  if (source !== undefined) cpSync(source, work, { recursive: true });
  const place = path.join(work, file);
  const bytes = given ?? readFileSync(place);
  for (let round = 0; round < Math.ceil(rounds / all.length); round++) {
    const damaged = isStructure
      ? await damageStructure(file, bytes, random)
      : mutate(bytes, bytes.length, random);
    writeFileSync(place, damaged);
    const start = process.cpuUsage();
    try {
      await read(place);
    } catch (error) {
      if (error instanceof FormatError && error.message.startsWith(work)) report.refused++;
      else
        report.problems.push(
          `${name} round ${round}: ${String(error).slice(0, 200)} ${(error as Error).stack?.split("\n").slice(1, 4).join(" ")}`,
        );
    }
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1000;
    if (ms > report.slowestMs) [report.slowestMs, report.slowest] = [ms, name];
    report.rounds++;
    const { rss } = process.memoryUsage();
    // The program's own start, its compilers included, is no growth.
    if (report.rounds === 200) settled = rss;
    if (settled > 0) report.growthMb = Math.max(report.growthMb, (rss - settled) / 2 ** 20);
  }
}
rmSync(folder, { recursive: true });
report.problems.splice(20);
process.stdout.write(JSON.stringify(report));
