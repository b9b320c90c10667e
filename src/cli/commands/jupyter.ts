import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { type Command, defineCommand } from "../command.js";

type Frontend = "lab" | "notebook";

/** `feature-families jupyter`: sets up the TypeScript kernel and starts Jupyter. */
export const jupyterCommand: Command = defineCommand({
  name: "jupyter",
  summary: "Set up the TypeScript kernel for this clone and start Jupyter on the notebooks.",
  details:
    "The kernel's description goes to .jupyter/ in the clone; nothing is installed outside of it.\n" +
    "Arguments after -- are handed to Jupyter, such as -- --no-browser --port 8890.",
  example: "feature-families jupyter --setup",
  positionals: "-- Jupyter's own arguments",
  options: {
    setup: { type: "boolean", about: "write the kernel's description and start nothing" },
    frontend: {
      type: "string",
      choices: ["lab", "notebook"],
      about: "which Jupyter to start (lab if it is installed, else notebook)",
    },
  },
  async run({ setup, frontend }, positionals, context) {
    const { packageRoot } = context;
    const kernel = await writeKernelSpec(packageRoot);
    const jupyterPath = path.join(packageRoot, ".jupyter");
    const json = { kernel, jupyterPath };
    if (setup) {
      return { json, lines: [`kernel written; start Jupyter with JUPYTER_PATH=${jupyterPath}`] };
    }
    const jupyter = findJupyter(packageRoot, frontend as Frontend | undefined);
    context.note(`starting ${jupyter.program} ${jupyter.frontend}`);
    await startJupyter(jupyter, packageRoot, positionals);
    return { json, lines: [] };
  },
});

/**
 * Writes .jupyter/kernels/tslab/kernel.json by hand, as tslab's own installer needs IPython and leaves source maps
 * off. Throws, with what to run, where tslab or the built library is missing.
 */
async function writeKernelSpec(packageRoot: string): Promise<string> {
  const tslab = path.join(packageRoot, "notebooks/node_modules/tslab/bin/tslab");
  if (!existsSync(tslab)) {
    throw new Error("jupyter: tslab is not installed; run npm --prefix notebooks install");
  }
  if (!existsSync(path.join(packageRoot, "dist/index.js"))) {
    throw new Error("jupyter: the library is not built; run npm run build");
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

interface Jupyter {
  program: string;
  frontend: Frontend;
}

/** A `jupyter` on the PATH may be a shim that cannot start anything, so each is tried. */
function findJupyter(packageRoot: string, wanted: Frontend | undefined): Jupyter {
  const inEnvironment = [".venv", "venv"].map((name) =>
    path.join(packageRoot, name, "bin/jupyter"),
  );
  const programs = [...inEnvironment.filter(existsSync), "jupyter", "/usr/bin/jupyter"];
  for (const frontend of wanted ? [wanted] : (["lab", "notebook"] as const)) {
    for (const program of programs) {
      const { status } = spawnSync(program, [frontend, "--version"], { stdio: "ignore" });
      if (status === 0) return { program, frontend };
    }
  }
  throw new Error(
    `jupyter: ${wanted ? `Jupyter's ${wanted}` : "Jupyter"} is not installed; install it with ` +
      "`pip install jupyterlab plotly` (or, on Debian and Ubuntu, `apt-get install jupyter-notebook`) " +
      "and run npm run jupyter again. npm run notebooks runs the notebooks without it",
  );
}

function startJupyter(
  { program, frontend }: Jupyter,
  packageRoot: string,
  args: string[],
): Promise<void> {
  const inherited = process.env.JUPYTER_PATH;
  const places = [path.join(packageRoot, ".jupyter"), ...(inherited ? [inherited] : [])];
  const child = spawn(program, [frontend, ...args], {
    cwd: path.join(packageRoot, "notebooks"),
    env: { ...process.env, JUPYTER_PATH: places.join(path.delimiter) },
    stdio: "inherit",
  });
  // Ctrl-C reaches Jupyter by itself, as it shares the terminal; other signals come to this process alone.
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on("SIGTERM", forward).on("SIGHUP", forward);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      process.off("SIGTERM", forward).off("SIGHUP", forward);
      if (code === 0 || code === null) resolve();
      else reject(new Error(`jupyter: ${program} ${frontend} ended with code ${code}`));
    });
  });
}
