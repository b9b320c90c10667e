import { spawn } from "node:child_process";
import path from "node:path";
import {
  type Jupyter,
  findJupyter,
  jupyterEnvironment,
  writeKernelSpec,
} from "../../notebook/jupyter.js";
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
    const wanted = frontend as Frontend | undefined;
    const jupyter = findJupyter(packageRoot, wanted ? [wanted] : (["lab", "notebook"] as const));
    if (!jupyter) {
      throw new Error(
        `jupyter: ${wanted ? `Jupyter's ${wanted}` : "Jupyter"} is not installed; install it with ` +
          "`pip install jupyterlab plotly` (or, on Debian and Ubuntu, `apt-get install jupyter-notebook`) " +
          "and run npm run jupyter again",
      );
    }
    context.note(`starting ${jupyter.program} ${jupyter.part}`);
    await startJupyter(jupyter, packageRoot, positionals);
    return { json, lines: [] };
  },
});

function startJupyter(
  { program, part }: Jupyter<Frontend>,
  packageRoot: string,
  args: string[],
): Promise<void> {
  const child = spawn(program, [part, ...args], {
    cwd: path.join(packageRoot, "notebooks"),
    env: jupyterEnvironment(packageRoot),
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
      else reject(new Error(`jupyter: ${program} ${part} ended with code ${code}`));
    });
  });
}
