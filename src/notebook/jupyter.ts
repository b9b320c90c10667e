import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { writeFileAtomic } from "../files/atomic-file.js";

/** The kernels that run the notebooks; the first is the default, whose outputs are committed. */
export const KERNELS = ["tslab", "deno"] as const;

/** One of KERNELS. */
export type Kernel = (typeof KERNELS)[number];

/**
 * Writes .jupyter/kernels/NAME/kernel.json directly, because tslab's own installer needs IPython and disables source maps, and
 * Deno's writes into the user's folder; returns its path. Throws, stating what to run, if the kernel or the built library is missing.
 */
export async function writeKernelSpec(
  packageRoot: string,
  kernel: Kernel = "tslab",
): Promise<string> {
  const own = kernel === "deno" ? denoSpec(packageRoot) : tslabSpec(packageRoot);
  if (!existsSync(path.join(packageRoot, "dist/index.js"))) {
    throw new Error("the library is not built: run npm run build");
  }
  const spec = { ...own, language: "typescript" };
  const file = path.join(packageRoot, `.jupyter/kernels/${kernel}/kernel.json`);
  await writeFileAtomic(file, `${JSON.stringify(spec, undefined, 2)}\n`);
  return file;
}

interface KernelSpec {
  argv: string[];
  display_name: string;
  env?: Record<string, string>;
}

function tslabSpec(packageRoot: string): KernelSpec {
  const inClone = path.join(packageRoot, "notebooks");
  const places = [inClone, process.cwd()].map((folder) =>
    path.join(folder, "node_modules/tslab/bin/tslab"),
  );
  const tslab = places.find(existsSync);
  if (tslab === undefined) {
    const install = existsSync(inClone) ? "npm --prefix notebooks ci" : "npm install tslab";
    throw new Error(`tslab is not installed: run ${install}`);
  }
  const program = [process.execPath, "--enable-source-maps", tslab];
  const argv = [...program, "kernel", "--config-path", "{connection_file}"];
  return { argv, display_name: "TypeScript" };
}

/** Deno from the packages of the notebooks or of the working folder, else from the PATH. */
function denoSpec(packageRoot: string): KernelSpec {
  const folders = [path.join(packageRoot, "notebooks"), process.cwd()];
  const programs = folders.map((folder) => path.join(folder, "node_modules/.bin/deno"));
  const deno = [...programs.filter(existsSync), "deno"].find(
    (program) => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0,
  );
  if (deno === undefined) {
    throw new Error("deno is not installed: run npm install deno, or see docs.deno.com");
  }
  return {
    argv: [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    // As in tslab, files beside a notebook are imported without ".ts".
    env: { DENO_UNSTABLE_SLOPPY_IMPORTS: "1" },
  };
}

/** The environment in which Jupyter finds the kernel of `writeKernelSpec`. */
export function jupyterEnvironment(packageRoot: string): NodeJS.ProcessEnv {
  const inherited = process.env.JUPYTER_PATH;
  const places = [path.join(packageRoot, ".jupyter"), ...(inherited ? [inherited] : [])];
  return { ...process.env, JUPYTER_PATH: places.join(path.delimiter) };
}

/** A Jupyter installation and one of its parts, such as "lab" or "nbconvert". */
export interface Jupyter<Part extends string> {
  program: string;
  part: Part;
}

/**
 * The first of `parts` that a Jupyter here can start: from a virtual environment in the package's folder, from the
 * PATH, then the system's own. A `jupyter` on the PATH may be a shim without an installation, so each is tried.
 */
export function findJupyter<Part extends string>(
  packageRoot: string,
  parts: readonly Part[],
): Jupyter<Part> | undefined {
  const inEnvironment = [".venv", "venv"].map((name) =>
    path.join(packageRoot, name, "bin/jupyter"),
  );
  const programs = [...inEnvironment.filter(existsSync), "jupyter", "/usr/bin/jupyter"];
  for (const part of parts) {
    for (const program of programs) {
      const { status } = spawnSync(program, [part, "--version"], { stdio: "ignore" });
      if (status === 0) return { program, part };
    }
  }
  return undefined;
}
