import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";

/** The machine and versions of a run, as lines of a markdown list. */
export function describeMachine(): string[] {
  const require = createRequire(import.meta.url);
  const onnx = require("onnxruntime-node/package.json") as { version: string };
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `machine: ${cpuName()}, ${availableParallelism()} cores, ${gib} GiB, ${platform()} ${arch()}`,
    `Node ${process.version}, onnxruntime-node ${onnx.version}`,
  ];
}

/** When a part ran and how busy the machine was, for its section. */
export function describeMoment(): string {
  const minute = new Date().toISOString().slice(0, 16).replace("T", " ");
  return `_${minute} UTC, load ${loadavg()[0].toFixed(1)} before._`;
}

// Some virtual machines report only the vendor; the family identifies the generation.
function cpuName(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown CPU";
  try {
    const info = readFileSync("/proc/cpuinfo", "utf8");
    const family = /^cpu family\s*: (\d+)$/m.exec(info)?.[1];
    return family === undefined ? model : `${model} (family ${family})`;
  } catch {
    return model;
  }
}
