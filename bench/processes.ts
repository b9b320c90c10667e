// Starts the processes that measure: our tasks, their Python peers and the command line.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Absent, Measured, TaskContext } from "./part.js";

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
const PYTHON = process.env.FEATURE_FAMILIES_PYTHON ?? "python3";

/** What some work takes, in seconds of the clock and of all processors together. */
export interface Work {
  seconds: number;
  processorSeconds: number;
}

export async function timed<T>(work: () => Promise<T>): Promise<Work & { result: T }> {
  const start = performance.now();
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - start) / 1000;
  return { result, seconds, processorSeconds: (user + system) / 1e6 };
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
  seconds: number;
  peakMB: number;
}

/** Runs a task of a part: build/bench/task.js PART TASK FOLDER. Throws Error with what it printed if it fails. */
export async function runTask<T>(
  part: string,
  task: string,
  { folder, quick }: TaskContext,
): Promise<Measured<T>> {
  const script = fileURLToPath(new URL("task.js", import.meta.url));
  const size = quick ? ["--quick"] : [];
  const { code, stdout, stderr } = await run(process.execPath, [
    script,
    part,
    task,
    folder,
    ...size,
  ]);
  if (code !== 0) throw new Error(`${part} ${task}: ${stderr || `ended with ${code}`}`);
  return lastLine<Measured<T>>(stdout);
}

/** Runs build/bench/NAME.js and returns its standard output. Throws Error with what it printed if it fails. */
export async function runScript(name: string, args: string[]): Promise<string> {
  const script = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  const { code, stdout, stderr } = await run(process.execPath, [script, ...args]);
  if (code !== 0) throw new Error(`${name}: ${stderr || `ended with ${code}`}`);
  return stdout;
}

/** Runs bench/peers/NAME.py; absent if Python or a package it needs is missing. */
export async function runPeer<T>(
  name: string,
  { folder, quick }: TaskContext,
  args: string[],
): Promise<Measured<T> | Absent> {
  const script = join(ROOT, "bench", "peers", `${name}.py`);
  const size = quick ? ["--quick"] : [];
  try {
    const { code, stdout, stderr } = await run(PYTHON, [script, folder, ...args, ...size]);
    if (code === 0) return lastLine<Measured<T>>(stdout);
    return { absent: `failed: ${stderr.trim().split("\n").at(-1) ?? ""}` };
  } catch {
    return { absent: "no Python here" };
  }
}

/** Runs the command line from dist. Throws Error with what it printed if it fails. */
export async function runCli(
  args: string[],
): Promise<{ seconds: number; stdout: string; peakMB: number }> {
  const ended = await run(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args]);
  if (ended.code !== 0) throw new Error(`${args[0]}: ${ended.stderr.trim().slice(-500)}`);
  return ended;
}

/** Waits until the machine has been 90 % idle for two seconds, at most `seconds`. */
export async function waitForQuiet(seconds: number): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const before = cpuTimes();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const after = cpuTimes();
    if (after.idle - before.idle > 0.9 * (after.all - before.all)) return;
  }
}

function cpuTimes(): { idle: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    idle: sum(times.map(({ idle }) => idle)),
    all: sum(times.flatMap((each) => Object.values(each))),
  };
}

/** Builds dist with the explorer's page, so that the command line matches these sources. */
export async function buildDist(): Promise<void> {
  for (const [program, ...args] of [
    ["typescript/bin/tsc", "-p", join(ROOT, "tsconfig.json")],
    ["vite/bin/vite.js", "build", join(ROOT, "explorer")],
  ]) {
    const script = join(ROOT, "node_modules", program);
    const { code, stdout, stderr } = await run(process.execPath, [script, ...args]);
    if (code !== 0) throw new Error(`${program}: ${stdout}${stderr}`);
  }
}

/** Peak memory of a Linux process so far, in MB; undefined elsewhere. */
export function peakOf(pid: number | "self"): number | undefined {
  try {
    const found = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found ? Number(found[1]) / 1024 : undefined;
  } catch {
    return undefined;
  }
}

function run(command: string, args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr, peakMB] = ["", "", 0];
    const watch = setInterval(() => {
      peakMB = Math.max(peakMB, (child.pid && peakOf(child.pid)) || 0);
    }, 100);
    child.stdout.on("data", (chunk) => (stdout += String(chunk)));
    child.stderr.on("data", (chunk) => (stderr += String(chunk)));
    child.on("error", (error) => {
      clearInterval(watch);
      reject(error);
    });
    child.on("close", (code) => {
      clearInterval(watch);
      const seconds = (performance.now() - start) / 1000;
      resolve({ code: code ?? 1, stdout, stderr, seconds, peakMB });
    });
  });
}

function lastLine<T>(stdout: string): T {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}
