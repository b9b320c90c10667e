import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const FLAGS =
  "--runtime stub --enable simd --importMemory --initialMemory 1 --maximumMemory 65536 --noAssert -O3";
const SHARED = "--enable threads --sharedMemory";
const RELAXED = "--enable relaxed-simd";

const here = dirname(fileURLToPath(import.meta.url));

/** A source of this folder compiled for shared or for plain memory, as base64. */
export async function compileKernels(source, { shared, relaxed = false }) {
  const packaged = createRequire(import.meta.url).resolve("assemblyscript/package.json");
  const compiler = join(dirname(packaged), "bin/asc.js");
  const flags = [FLAGS, ...(shared ? [SHARED] : []), ...(relaxed ? [RELAXED] : [])]
    .join(" ")
    .split(" ");
  const folder = await mkdtemp(join(tmpdir(), "kernels-"));
  try {
    const out = join(folder, "kernels.wasm");
    const args = [compiler, source, ...flags, "--outFile", out];
    await promisify(execFile)(process.execPath, args, { cwd: here });
    return (await readFile(out)).toString("base64");
  } finally {
    await rm(folder, { recursive: true });
  }
}
