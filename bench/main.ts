// Measures the library and its Python peers and writes docs/benchmarks.md.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { format } from "prettier";
import { writeFileAtomic } from "../src/files/index.js";
import { describeMachine, describeMoment, machineKind } from "./machine.js";
import type { Bench, Part } from "./part.js";
import { isAbsent } from "./part.js";
import { PARTS } from "./parts.js";
import { buildDist, runCli, runPeer, runScript, runTask, waitForQuiet } from "./processes.js";
import { type TitledSection, mergeReport } from "./report.js";

const MACHINES = "Machines";
const HEAD = `# Benchmarks

\`npm run bench\` measures and writes this page. \`npm run bench -- NAME…\` runs single parts, \`--list\` lists them, \`--quick\`
runs them on small sizes without writing, and \`--wait SECONDS\` waits at most that long for an idle machine before each
measurement. Every measurement runs in its own process, with its peak memory (resident set); ours and the peers' alternate
within one run and use all cores. Of several rounds, the best of each side counts. A ratio above 1 × means that ours is
faster. Python is \`$FEATURE_FAMILIES_PYTHON\`, else \`python3\`; a peer that cannot be imported is omitted. A run replaces what was
measured on the same kind of machine; what other kinds measured stays beside it.`;

const LIST = PARTS.map(({ name, title, onlyByName }) => {
  const note = onlyByName === true ? " (only by name)" : "";
  return `${name.padEnd(16)}${title}${note}\n`;
}).join("");

const program = new Command("npm run bench --")
  .description(
    "Measures the library and its Python peers and writes docs/benchmarks.md. Sections of parts that are not measured are kept.",
  )
  .argument("[name...]", "parts to measure, all but those that run only by name", takePart)
  .option("--list", "list the parts")
  .option("--quick", "run on small sizes, to test the benchmark itself; nothing is written", false)
  .option("--out <file>", "page to write", "docs/benchmarks.md")
  .option(
    "--wait <seconds>",
    "longest wait for an idle machine before each measurement",
    seconds,
    0,
  )
  .option(
    "--folder <folder>",
    "where inputs are made and kept for the next run; default a temporary folder",
  )
  .option("--rows <n>", "rows of first-pass-proof, a whole number; default 1,000,000", wholeNumber)
  .option("--seed <n>", "first seed of first-pass-proof, a whole number; default 1", wholeNumber)
  .addHelpText("after", `\nParts:\n${LIST.replaceAll(/^/gm, "  ").trimEnd()}`)
  .parse();
const options = program.opts<{
  list?: boolean;
  quick: boolean;
  out: string;
  wait: number;
  folder?: string;
  rows?: number;
  seed?: number;
}>();
const [names = []] = program.processedArgs as [string[]?];

if (options.list) {
  process.stdout.write(LIST);
} else {
  await runParts(
    PARTS.filter(({ name, onlyByName }) =>
      names.length > 0 ? names.includes(name) : onlyByName !== true,
    ),
  );
}

function takePart(name: string, before: string[] = []): string[] {
  if (PARTS.some((part) => part.name === name)) return [...before, name];
  throw new InvalidArgumentError(`there are ${PARTS.map(({ name }) => name).join(", ")}`);
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < Infinity) return value;
  throw new InvalidArgumentError("expected seconds, 0 or more");
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("expected a whole number, 1 or more");
}

async function runParts(parts: readonly Part[]): Promise<void> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "feature-families-bench-")));
  const peers = await runPeer<{ versions: string }>("versions", { folder, quick: false }, []);
  await buildDist();
  const machine = describeRun(isAbsent(peers) ? peers.absent : peers.versions);
  const started = performance.now();
  try {
    for (const part of parts) {
      const moment = describeMoment();
      const section = await measure(part, folder);
      if (section === undefined) continue;
      const measured = { ...section, body: `${section.body}\n\n${moment}` };
      process.stdout.write(`\n## ${part.title}\n\n${measured.body}\n`);
      // After each part, so that an interrupted run keeps its results.
      if (!options.quick) await save([machine, measured]);
    }
  } finally {
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
  const total = (performance.now() - started) / 1000;
  process.stdout.write(
    `\n${total.toFixed(0)} s in all; ${options.quick ? "--quick: nothing written" : `wrote ${options.out}`}\n`,
  );
}

async function measure(part: Part, folder: string): Promise<TitledSection | undefined> {
  const context = { folder, quick: options.quick, rows: options.rows, seed: options.seed };
  const quiet = (): Promise<void> => waitForQuiet(options.wait);
  const bench: Bench = {
    ...context,
    task: (task) => quiet().then(() => runTask(part.name, task, context)),
    peer: (name, ...args) => quiet().then(() => runPeer(name, context, args)),
    cli: (...args) => quiet().then(() => runCli(args)),
    script: (name, ...args) => runScript(name, args),
  };
  try {
    const section = await part.run(bench);
    if (typeof section !== "string") return { title: part.title, ...section };
    process.stderr.write(`${part.name}: skipped: ${section}\n`);
  } catch (error) {
    process.stderr.write(
      `${part.name}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  }
  return undefined;
}

async function save(sections: TitledSection[]): Promise<void> {
  const existing = existsSync(options.out) ? await readFile(options.out, "utf8") : "";
  const order = [MACHINES, ...PARTS.map(({ title }) => title)];
  const page = mergeReport(existing, { head: HEAD, kind: machineKind(), sections, order });
  await writeFileAtomic(options.out, await format(page, { parser: "markdown", printWidth: 100 }));
}

function describeRun(peers: string): TitledSection {
  const date = new Date().toISOString().slice(0, 10);
  const lines = [...describeMachine(), `Python peers: ${peers}`, `last run: ${date}`];
  return { title: MACHINES, body: lines.map((line) => `- ${line}`).join("\n") };
}
