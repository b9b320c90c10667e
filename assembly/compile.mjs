import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const FLAGS =
  "--runtime stub --enable simd --importMemory --initialMemory 1 --maximumMemory 65536 --noAssert -O3";
const SHARED = "--enable threads --sharedMemory";

/** A source of this folder compiled for shared and for plain memory, each as base64. */
export function compileKernels(source) {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")),
    "bin/asc.js",
  );
  const folder = mkdtempSync(join(tmpdir(), "kernels-"));
  const compile = (flags) => {
    const wasm = join(folder, "out.wasm");
    execFileSync(process.execPath, [compiler, source, ...flags.split(" "), "--outFile", wasm], {
      cwd: here,
    });
    return readFileSync(wasm).toString("base64");
  };
  try {
    return { shared: compile(`${FLAGS} ${SHARED}`), plain: compile(FLAGS) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
