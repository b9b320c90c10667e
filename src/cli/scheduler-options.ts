import path from "node:path";
import type { ScheduleOptions } from "../tasks/run-plan.js";

/** Who starts tasks. Not --engine, which is where arithmetic runs. */
export const schedulerOptions = {
  scheduler: {
    type: "string",
    choices: ["local", "spark", "ray"],
    about: "who runs the tasks (default local: this process, one by one)",
  },
  master: {
    type: "string",
    value: "URL",
    about: "Spark's master, such as spark://host:7077 or yarn (default local[*])",
    needs: ["scheduler"],
  },
  address: {
    type: "string",
    value: "ADDRESS",
    about: 'Ray\'s address; "local" starts it here (default: the one that runs here)',
    needs: ["scheduler"],
  },
  "task-command": {
    type: "string",
    value: "COMMAND",
    about: "what starts feature-families where tasks run (default: as here)",
    needs: ["scheduler"],
  },
} as const;

/** How these options have a plan's tasks run. */
export function scheduleOf(
  values: {
    scheduler?: ScheduleOptions["scheduler"];
    master?: string;
    address?: string;
    taskCommand?: string;
  },
  packageRoot: string,
): ScheduleOptions {
  const { scheduler = "local", master, address, taskCommand } = values;
  const here = [process.execPath, path.join(packageRoot, "dist/cli/main.js")];
  return {
    ...{ scheduler, master, address },
    command: taskCommand?.split(" ") ?? here,
    drivers: path.join(packageRoot, "schedulers"),
  };
}
