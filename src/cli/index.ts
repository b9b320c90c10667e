/** The command line: its table of commands, and how a call is parsed. */
export * from "./commands/match.js";
export * from "./command.js";
export * from "./parse.js";
export * from "./run-call.js";
export * from "./run-command.js";
export * from "./describe-error.js";
export * from "./progress-display.js";
export * from "./show-message.js";
export * from "./train-grid.js";
export * from "./commands.js";
export * from "./option-values.js";
