// Compiles kernels.ts and writes the module that src carries: node assembly/build.mjs [out.ts]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const compiler = join(
  dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")),
  "bin/asc.js",
);
const folder = mkdtempSync(join(tmpdir(), "kernels-"));
const flags =
  "--runtime stub --enable simd --enable threads --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536 --noAssert -O3";
try {
  const wasm = join(folder, "kernels.wasm");
  execFileSync(process.execPath, [compiler, "kernels.ts", ...flags.split(" "), "--outFile", wasm], {
    cwd: here,
  });
  const text = readFileSync(wasm).toString("base64");
  writeFileSync(
    process.argv[2] ?? join(here, "../src/engine/kernels/module.ts"),
    `/** The compiled assembly/kernels.ts, as base64; written by assembly/build.mjs. */\nexport const KERNELS: string =\n  "${text}";\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
