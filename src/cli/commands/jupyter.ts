import { spawn } from "node:child_process";
import path from "node:path";
import type { Jupyter } from "../../notebook/jupyter.js";
import { type Command, type CommandContext, defineCommand } from "../command.js";
import { kernelOption } from "../options.js";

type Frontend = "lab" | "notebook";

/** `feature-families jupyter`: sets up the TypeScript kernel and starts Jupyter. */
export const jupyterCommand: Command = defineCommand({
  name: "jupyter",
  group: "set-up",
  summary: "Set up the TypeScript kernel and start Jupyter on the notebooks.",
  details:
    "The kernel is described in .jupyter/ of this clone; nothing is installed outside it. All other options go to " +
    "Jupyter, such as --no-browser --port 8890.",
  example: "feature-families jupyter --no-browser",
  positionals: "[ARGUMENT...]",
  passesThrough: true,
  options: {
    ...kernelOption,
    setup: {
      type: "boolean",
      about: "write the kernel description and start nothing",
      excludes: ["frontend"],
    },
    frontend: {
      type: "string",
      choices: ["lab", "notebook"],
      about: "which Jupyter to start (default: lab if installed, else notebook)",
    },
  },
  async run({ setup, frontend: wanted, kernel: name }, positionals, context) {
    const { findJupyter, jupyterEnvironment, writeKernelSpec } =
      await import("../../notebook/jupyter.js");
    const { packageRoot } = context;
    const kernel = await writeKernelSpec(packageRoot, name);
    const jupyterPath = path.join(packageRoot, ".jupyter");
    const json = { kernel, jupyterPath };
    if (setup) {
      return { json, lines: [`kernel written; start Jupyter with JUPYTER_PATH=${jupyterPath}`] };
    }
    const jupyter = findJupyter(packageRoot, wanted ? [wanted] : (["lab", "notebook"] as const));
    if (!jupyter) {
      throw new Error(
        `jupyter: ${wanted ? `Jupyter's ${wanted}` : "Jupyter"} is not installed; install it with ` +
          "`pip install jupyterlab plotly` (or, on Debian and Ubuntu, `apt-get install jupyter-notebook`) " +
          "and run npm run jupyter again",
      );
    }
    context.note(`starting ${jupyter.program} ${jupyter.part}`);
    const forNew = name === undefined ? [] : [`--MultiKernelManager.default_kernel_name=${name}`];
    const args = [...forNew, ...positionals];
    await startJupyter(jupyter, args, context, jupyterEnvironment(packageRoot));
    return { json, lines: [] };
  },
});

function startJupyter(
  { program, part }: Jupyter<Frontend>,
  args: string[],
  { packageRoot, signal }: CommandContext,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(program, [part, ...args], {
    cwd: path.join(packageRoot, "notebooks"),
    env,
    stdio: "inherit",
  });
  // Ctrl-C reaches Jupyter by itself, as it shares the terminal; SIGTERM comes to this process alone.
  const forward = (): void => {
    if ((signal.reason as Error).cause === "SIGTERM") child.kill();
  };
  signal.addEventListener("abort", forward);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      signal.removeEventListener("abort", forward);
      if (code === 0 || code === null) resolve();
      else reject(new Error(`jupyter: ${program} ${part} ended with code ${code}`));
    });
  });
}
