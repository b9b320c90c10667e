/** The command line: its table of commands, and how a call is parsed. */
export { matchCommand } from "./commands/match.js";
export { UsageError, defineCommand, type Command } from "./command.js";
export { type Call, createParser, parseCall } from "./parse.js";
export { runCall } from "./run-call.js";
export { runCommand } from "./run-command.js";
export { describeError } from "./describe-error.js";
export { createProgressDisplay } from "./progress-display.js";
export { showMessage } from "./show-message.js";
export { parseGrid } from "./train-grid.js";
export { commands } from "./commands.js";
export { valuePlaceholder } from "./option-values.js";
