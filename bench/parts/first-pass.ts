import { limitThreads } from "../../src/engine/onnx/index.js";
import { TRIALS, type TrialResult, runTrials } from "../first-pass-trials.js";
import { figure } from "../format.js";
import type { Part, Section } from "../part.js";
import { markdownTable } from "../report.js";

const ROWS = 1e6;
const QUICK_ROWS = 1e4;
const TARGET_ROWS = 1e8;

export const firstPassPart: Part = {
  name: "first-pass-proof",
  title: "The first pass on trial",
  onlyByName: true,
  async run({ quick, rows = quick ? QUICK_ROWS : ROWS, seed = 1 }): Promise<Section | string> {
    // Small products gain nothing from a second thread.
    limitThreads(1);
    const start = process.cpuUsage();
    const found = await tryAll(rows, seed);
    if (typeof found === "string") return found;
    const { user, system } = process.cpuUsage(start);
    const total = sumOf(found.map(([, { rows: each }]) => each));
    const sets = sumOf(found.map(([, { weights }]) => weights));
    const differing = found.flatMap(([, each]) => each.differing);
    const table = found.map(([kind, each]) => [
      kind,
      String(each.weights),
      each.rows.toLocaleString("en"),
      `${figure((100 * each.passed) / each.rows)} %`,
      String(each.differing.length),
    ]);
    return {
      body: `The int8 first pass ([design](design.md#engines)) beside the dense product, on Node ${process.versions.node}: codes of random rows and of rows and weights that are
hard for its bound, ${figure(sets)} sets of weights from seed ${seed} on (65 to 512 latents, k up to 32, d 1 to 1030, mostly up to 64), with up to 8,192 rows each.
Rows that the pass leaves to the dense product are compared too; they cannot differ. It took ${figure((user + system) / 1e6)} s of processor time.

${markdownTable(["kind", "sets of weights", "rows", "encoded by the pass", "rows with other codes"], table)}
${differing
  .slice(0, 20)
  .map((each) => `\n- ${each}`)
  .join("")}`,
      targets: [
        {
          what: "rows with other codes than the dense product's",
          target: `0 of ${TARGET_ROWS.toLocaleString("en")}`,
          measured: `${differing.length} of ${total.toLocaleString("en")}`,
          met: differing.length === 0 && (quick || total >= TARGET_ROWS),
        },
      ],
    };
  },
};

/** All kinds in turn, each with its next set of weights, until there are enough rows, or any differ. */
async function tryAll(rows: number, seed: number): Promise<[kind: string, TrialResult][] | string> {
  const found = TRIALS.map((kind): [string, TrialResult] => [
    kind,
    { rows: 0, passed: 0, weights: 0, differing: [] },
  ]);
  let [done, reported] = [0, 0];
  for (let firstSeed = seed; done < rows; firstSeed++) {
    for (const [kind, sum] of found) {
      const each = await runTrials(kind, 1, { firstSeed });
      if (typeof each === "string") return each;
      sum.rows += each.rows;
      sum.passed += each.passed;
      sum.weights += each.weights;
      sum.differing.push(...each.differing);
      done += each.rows;
    }
    const bad = found.some(([, { differing }]) => differing.length > 0);
    if (bad || done - reported >= rows / 100) {
      reported = done;
      process.stderr.write(`${done.toLocaleString("en")} rows${bad ? ", some differ" : ""}\n`);
    }
    if (bad) break;
  }
  return found;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
