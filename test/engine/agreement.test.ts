import test from "ava";
import { fork } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Codes } from "../../src/core/index.js";
import { type EngineName, ENGINE_NAMES } from "../../src/engine/index.js";
import { seesGpu } from "../../src/engine/probe/index.js";
import { readNpyMatrix } from "../../src/files/index.js";
import { type EngineResult, ONNX_WEBGPU, ROWS, STEPS } from "../support/children/engine-child.js";
import { atLength } from "../support/campaign.js";
import { sharedPath } from "../support/shared.js";

// Where there is no GPU, WebGPU runs on SwiftShader, which Debian's chromium brings; only at full length, as it is slow.
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
// For a driver that hangs; one in software takes a minute on an idle machine.
const TIMEOUT = 900_000;

type Answer = { result: EngineResult } | { reason: string };

function softwareDriver(): NodeJS.ProcessEnv {
  if (!atLength || seesGpu() || !existsSync(SWIFTSHADER)) return process.env;
  return { XDG_RUNTIME_DIR: tmpdir(), ...process.env, VK_ICD_FILENAMES: SWIFTSHADER };
}

/** Runs an engine in a process of its own. */
function ask(name: EngineName | typeof ONNX_WEBGPU): Promise<Answer> {
  return new Promise((resolve) => {
    const file = fileURLToPath(new URL("../support/children/engine-child.js", import.meta.url));
    const child = fork(file, [name], {
      execArgv: [],
      env: softwareDriver(),
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      serialization: "advanced",
    });
    let answer: Answer | undefined;
    child.on("message", (message) => (answer = message as Answer));
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve(answer ?? { reason: `its process ended with ${signal ?? code}` });
    });
  });
}

/** Share of rows with the same set of latents, and the largest difference of a value in those. */
function compareCodes(a: Codes, b: Codes): { same: number; gap: number } {
  let same = 0;
  let gap = 0;
  for (let i = 0; i < a.rows; i++) {
    const row = ({ k, indices, values }: Codes) =>
      new Map([...indices.subarray(i * k, (i + 1) * k)].map((f, j) => [f, values[i * k + j]]));
    const [one, other] = [row(a), row(b)];
    if (![...one.keys()].every((f) => other.has(f))) continue;
    same++;
    for (const [f, value] of one) gap = Math.max(gap, Math.abs(value - (other.get(f) ?? NaN)));
  }
  return { same: same / a.rows, gap };
}

const relative = (a: number, b: number) => Math.abs(a - b) / Math.max(1e-12, Math.abs(b));

async function referenceCodes(): Promise<Codes | undefined> {
  const [indices, values] = ["indices", "values"].map((name) =>
    sharedPath(`reference/expected/topk_${name}_8_512.npy`),
  );
  if (!indices || !values) return undefined;
  const { data } = await readNpyMatrix(indices);
  const all = Uint32Array.from(data).subarray(0, ROWS * 8);
  const numbers = (await readNpyMatrix(values)).data.subarray(0, ROWS * 8);
  return { rows: ROWS, k: 8, n: 512, indices: all, values: numbers };
}

const first = ask("cpu");

test("the CPU, by its kernels, follows the reference", async (t) => {
  const answer = await first;
  t.true("result" in answer, JSON.stringify(answer));
});

for (const name of [...ENGINE_NAMES.filter((each) => each !== "auto"), ONNX_WEBGPU] as const) {
  // Where there is no GPU, each is a process that only says so.
  const isSkipped = !atLength && !seesGpu() && /webgpu|cuda/.test(name);
  (isSkipped ? test.skip : test.serial)(
    `${name} agrees with the reference and with the CPU`,
    async (t) => {
      const base = await first;
      if (!("result" in base)) return t.fail(base.reason);
      const answer = name === "cpu" ? base : await ask(name);
      if (!("result" in answer)) {
        t.log(`skipped: ${answer.reason}`);
        t.pass();
        return;
      }
      const { result } = answer;
      t.log(result.description);
      for (const [kind, codes] of Object.entries(result.seeded)) {
        const { same, gap } = compareCodes(codes, base.result.seeded[kind]);
        t.is(same, 1, kind);
        t.true(gap < 1e-4, `${kind}: ${gap}`);
        for (let i = 1; i < codes.values.length; i++) {
          if (i % codes.k !== 0) t.true(codes.values[i] <= codes.values[i - 1], "descending");
        }
      }
      t.true(result.together);
      t.deepEqual(result.ties, [2, 5, 8, 11, 14]);
      t.deepEqual(result.nearest.indices, base.result.nearest.indices);
      t.regex(result.overflow, /active latents, but codes have room for only 2/);
      if (result.leaked !== undefined) t.is(result.leaked, 0);
      const expected = await referenceCodes();
      if (expected && result.reference) {
        const { same, gap } = compareCodes(result.reference, expected);
        t.true(same >= 0.999, `${same}`);
        t.true(gap < 1e-4, `${gap}`);
      }
      compareSteps(result, base.result, (ok, message) => t.true(ok, message));
    },
  );
}

function compareSteps(
  result: EngineResult,
  base: EngineResult,
  check: (ok: boolean, message: string) => void,
): void {
  if (!result.steps || !base.steps) return;
  const trajectory = sharedPath("reference/training/trajectory.json");
  const { log } = trajectory
    ? (JSON.parse(readFileSync(trajectory, "utf8")) as { log: number[][] })
    : { log: [] };
  check(result.steps.length === STEPS || result.steps.length === 5, "20 steps, or 5");
  result.steps.forEach((step, i) => {
    const columns = [step.loss, step.reconstruction, step.aux, step.gradNorm];
    const other = base.steps?.[i] ?? step;
    [other.loss, other.reconstruction, other.aux, other.gradNorm].forEach((value, j) =>
      check(relative(columns[j], value) < 1e-4, `column ${j} of step ${i + 1} and the CPU's`),
    );
    check(step.dead === other.dead, `dead latents at step ${i + 1}: ${step.dead}, ${other.dead}`);
    if (log.length === 0) return;
    columns.forEach((value, j) =>
      check(relative(value, log[i][j + 1]) < 1e-4, `column ${j} of step ${i + 1}: ${value}`),
    );
    check(step.dead === log[i][5], `dead latents at step ${i + 1}`);
  });
  if (result.steps.length < STEPS) return;
  check(relative(result.error ?? NaN, base.error ?? NaN) < 1e-4, "squared error");
  base.firstRow?.forEach((value, i) =>
    check(Math.abs(value - (result.firstRow?.[i] ?? NaN)) < 1e-5, "weights after 20 steps"),
  );
}
