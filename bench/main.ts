// Measures the library and its Python peers and writes docs/benchmarks.md.
// npm run bench [-- --quick] [--folder DIR] [NAME...]; without names all parts but the longest. Sections of other parts are kept.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
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

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string", default: "docs/benchmarks.md" },
    /** Seconds to wait for an idle machine before each measurement. */
    wait: { type: "string", default: "0" },
    /** Where inputs are made and kept for the next run; default a temporary folder. */
    folder: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

if (options.list) {
  for (const { name, title } of PARTS) process.stdout.write(`${name.padEnd(14)}${title}\n`);
} else {
  await runParts(chooseParts());
}

function chooseParts(): Part[] {
  const unknown = positionals.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined) {
    throw new Error(
      `bench: no part "${unknown}"; there are ${PARTS.map(({ name }) => name).join(", ")}`,
    );
  }
  return PARTS.filter(({ name, onlyByName }) =>
    positionals.length > 0 ? positionals.includes(name) : !onlyByName,
  );
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
  const context = { folder, quick: options.quick };
  const quiet = (): Promise<void> => waitForQuiet(Number(options.wait));
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
