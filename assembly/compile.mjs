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

const here = dirname(fileURLToPath(import.meta.url));

/** A source of this folder compiled for shared and for plain memory, each as base64. */
export async function compileKernels(source) {
  const packaged = createRequire(import.meta.url).resolve("assemblyscript/package.json");
  const compiler = join(dirname(packaged), "bin/asc.js");
  const folder = await mkdtemp(join(tmpdir(), "kernels-"));
  const compile = async (name, flags) => {
    const out = join(folder, name);
    const args = [compiler, source, ...flags.split(" "), "--outFile", out];
    await promisify(execFile)(process.execPath, args, { cwd: here });
    return (await readFile(out)).toString("base64");
  };
  try {
    const [shared, plain] = await Promise.all([
      compile("shared.wasm", `${FLAGS} ${SHARED}`),
      compile("plain.wasm", FLAGS),
    ]);
    return { shared, plain };
  } finally {
    await rm(folder, { recursive: true });
  }
}
