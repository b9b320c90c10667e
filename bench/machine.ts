import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";

/** The kind of machine: runs on machines of one kind are comparable, and replace each other on the page. */
export function machineKind(): string {
  return `${cpuName()}, ${availableParallelism()} cores`;
}

/** The machine, its instruction sets and versions, as lines of a markdown list. */
export function describeMachine(): string[] {
  const require = createRequire(import.meta.url);
  const onnx = require("onnxruntime-node/package.json") as { version: string };
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `${gib} GiB, ${platform()} ${arch()}`,
    `instruction sets: ${instructionSets().join(", ") || "not known here"}`,
    `Node ${process.version}, onnxruntime-node ${onnx.version}`,
  ];
}

// What products of floats and bytes gain from, as Linux names it.
const INSTRUCTION_SETS: Record<string, string> = {
  avx2: "AVX2",
  fma: "FMA",
  avx512f: "AVX-512",
  avx_vnni: "AVX VNNI",
  avx512_vnni: "AVX-512 VNNI",
  avx512_bf16: "AVX-512 BF16",
  amx_int8: "AMX int8",
  amx_bf16: "AMX BF16",
  asimd: "NEON",
  asimddp: "NEON dot products",
  i8mm: "NEON int8 matrices",
  sve: "SVE",
};

function instructionSets(): string[] {
  const flags = new Set(/^(?:flags|Features)\s*: (.*)$/m.exec(readCpuInfo())?.[1].split(" "));
  return Object.keys(INSTRUCTION_SETS)
    .filter((flag) => flags.has(flag))
    .map((flag) => INSTRUCTION_SETS[flag]);
}

/** When a part ran and how busy the machine was, for its section. */
export function describeMoment(): string {
  const minute = new Date().toISOString().slice(0, 16).replace("T", " ");
  return `_${minute} UTC, load ${loadavg()[0].toFixed(1)} before._`;
}

// Some virtual machines report only the vendor; the family identifies the generation.
function cpuName(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown CPU";
  const family = /^cpu family\s*: (\d+)$/m.exec(readCpuInfo())?.[1];
  return family === undefined ? model : `${model} (family ${family})`;
}

function readCpuInfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}
