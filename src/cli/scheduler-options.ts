import path from "node:path";
import type { ScheduleOptions } from "../tasks/run-plan.js";
import type { OptionValues } from "./command.js";
import * as option from "./option-kinds.js";

/** Who starts tasks. Not --engine, which is where arithmetic runs. */
export const schedulerOptions: {
  scheduler: option.Choice<"local" | "spark" | "ray">;
  master: option.Option<"string">;
  address: option.Option<"string">;
  "task-command": option.Option<"string">;
} = {
  scheduler: option.text(
    "scheduler that runs the tasks (default local: in this process, one at a time)",
    {
      choices: ["local", "spark", "ray"],
    },
  ),
  master: option.url(
    "URL of Spark's master, such as spark://host:7077 or yarn (default local[*])",
    {
      needs: ["scheduler"],
    },
  ),
  address: option.text(
    'address of the Ray cluster; "local" starts one on this machine (default: the one running on this machine)',
    {
      value: "ADDRESS",
      needs: ["scheduler"],
    },
  ),
  "task-command": option.text(
    "command that starts feature-families on the machines that run tasks (default: the same as on this machine)",
    {
      value: "COMMAND",
      needs: ["scheduler"],
    },
  ),
};

/** How these options have a plan's tasks run. */
export function scheduleOf(
  values: OptionValues<typeof schedulerOptions>,
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
