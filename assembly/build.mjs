// Compiles the kernels and writes the modules that src carries: node assembly/build.mjs
// Or one of them: node assembly/build.mjs out.ts [kernels.ts|nearest.ts]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MODULES = {
  "kernels.ts": "../src/engine/kernels/module.ts",
  "nearest.ts": "../src/search/scan-module.ts",
};

const here = dirname(fileURLToPath(import.meta.url));
const compiler = join(
  dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")),
  "bin/asc.js",
);
const flags =
  "--runtime stub --enable simd --enable threads --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536 --noAssert -O3";

function build(source, out) {
  const folder = mkdtempSync(join(tmpdir(), "kernels-"));
  try {
    const wasm = join(folder, "kernels.wasm");
    execFileSync(process.execPath, [compiler, source, ...flags.split(" "), "--outFile", wasm], {
      cwd: here,
    });
    const text = readFileSync(wasm).toString("base64");
    writeFileSync(
      out,
      `/** The compiled assembly/${source}, as base64; written by assembly/build.mjs. */\nexport const KERNELS: string =\n  "${text}";\n`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [, , out, source = "kernels.ts"] = process.argv;
if (out !== undefined) build(source, out);
else for (const [name, path] of Object.entries(MODULES)) build(name, join(here, path));
