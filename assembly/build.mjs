// Compiles the kernels and writes the modules that src carries: node assembly/build.mjs
// Or one of them: node assembly/build.mjs out.ts [training.ts|search.ts|encode.ts|layout.ts|parquet.ts]
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileKernels } from "./compile.mjs";

const MODULES = {
  "training.ts": "../src/engine/kernels/kernel-bytes.ts",
  "search.ts": "../src/search/scan/kernel-bytes.ts",
  "encode.ts": "../src/engine/onnx/kernel-bytes.ts",
  "layout.ts": "../src/projection/layout/kernel-bytes.ts",
  "parquet.ts": "../src/files/parquet/kernel-bytes.ts",
};
/** Those that also run on one thread, over plain memory. */
const PLAIN = ["training.ts"];
/** Those that run in one thread, over plain memory alone. */
const ALONE = ["parquet.ts"];
/** Those that start only where the engine has relaxed SIMD. */
const RELAXED = ["encode.ts"];

async function build(source, out) {
  const plain = PLAIN.includes(source);
  const [shared, alone] = await Promise.all([
    compileKernels(source, { shared: !ALONE.includes(source), relaxed: RELAXED.includes(source) }),
    plain ? compileKernels(source, { shared: false }) : "",
  ]);
  const parts = [
    `/** The compiled assembly/${source}, as base64; written by assembly/build.mjs. */\nexport const KERNELS: string =\n  "${shared}";\n`,
    `/** The same for a memory of one thread. */\nexport const PLAIN_KERNELS: string =\n  "${alone}";\n`,
  ];
  await writeFile(out, parts.slice(0, plain ? 2 : 1).join("\n"));
}

const here = dirname(fileURLToPath(import.meta.url));
const [, , out, source = "training.ts"] = process.argv;
if (out !== undefined) await build(source, out);
else for (const [name, path] of Object.entries(MODULES)) await build(name, join(here, path));
