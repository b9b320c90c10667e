import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { writeFileAtomic } from "../files/atomic-file.js";

/**
 * Writes .jupyter/kernels/tslab/kernel.json directly, because tslab's own installer needs IPython and disables source
 * maps; returns its path. Throws, stating what to run, if tslab or the built library is missing.
 */
export async function writeKernelSpec(packageRoot: string): Promise<string> {
  const inClone = path.join(packageRoot, "notebooks");
  const places = [inClone, process.cwd()].map((folder) =>
    path.join(folder, "node_modules/tslab/bin/tslab"),
  );
  const tslab = places.find(existsSync);
  if (tslab === undefined) {
    const install = existsSync(inClone) ? "npm --prefix notebooks ci" : "npm install tslab";
    throw new Error(`tslab is not installed: run ${install}`);
  }
  if (!existsSync(path.join(packageRoot, "dist/index.js"))) {
    throw new Error("the library is not built: run npm run build");
  }
  const program = [process.execPath, "--enable-source-maps", tslab];
  const spec = {
    argv: [...program, "kernel", "--config-path", "{connection_file}"],
    display_name: "TypeScript",
    language: "typescript",
  };
  const file = path.join(packageRoot, ".jupyter/kernels/tslab/kernel.json");
  await writeFileAtomic(file, `${JSON.stringify(spec, undefined, 2)}\n`);
  return file;
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
