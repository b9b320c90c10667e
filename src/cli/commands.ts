import type { Command } from "./command.js";
import { jupyterCommand } from "./jupyter.js";
import { notebooksCommand } from "./notebooks.js";

/** Every command, in the order of the overview. */
export const commands: readonly Command[] = [notebooksCommand, jupyterCommand];
