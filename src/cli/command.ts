import { parseArgs, type ParseArgsConfig } from "node:util";
import type { OnProgress } from "../core/progress.js";

/** One option of a command; every option is written `--name`. */
export interface OptionSpec {
  /** "list" takes several values, by commas or by giving the option again. */
  type: "string" | "number" | "integer" | "boolean" | "list";
  /** One line for `--help`; says the default where there is one. */
  about: string;
  /** Stands for the value in `--help`, such as FILE. */
  value?: string;
  required?: boolean;
  choices?: readonly string[];
  /** Smallest number taken. */
  least?: number;
}

type OptionValue<S extends OptionSpec> = S["type"] extends "boolean"
  ? boolean
  : S["type"] extends "list"
    ? string[]
    : S["type"] extends "string"
      ? string
      : number;

/** The parsed options of a command: required ones are there, the others may be undefined. */
export type OptionValues<O extends Record<string, OptionSpec>> = {
  [K in keyof O]: O[K] extends { required: true }
    ? OptionValue<O[K]>
    : O[K]["type"] extends "boolean"
      ? boolean
      : OptionValue<O[K]> | undefined;
};

/** What a command gets besides its options. */
export interface CommandContext {
  onProgress: OnProgress;
  /** Aborted by the first Ctrl-C. */
  signal: AbortSignal;
  /** Whether standard output is for the result's JSON alone. */
  json: boolean;
  /** Root folder of the package, where the sample lies. */
  packageRoot: string;
  /** Prints a line for the reader while the command runs (standard error, nothing under --json). */
  note(line: string): void;
}

/** What a command gives: `json` goes to standard output under --json, else `lines` do. */
export interface CommandOutput {
  json: unknown;
  lines: string[];
}

export interface Command {
  name: string;
  summary: string;
  /** Longer text for `--help`, below the summary. */
  details?: string;
  /** A call that works as it stands, shown in `--help`. */
  example: string;
  options: Record<string, OptionSpec>;
  /** Names the positional arguments for `--help`; without it they are refused. */
  positionals?: string;
  run(
    values: Record<string, unknown>,
    positionals: string[],
    context: CommandContext,
  ): Promise<CommandOutput>;
}

/** The call itself is wrong: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError" as const;
}

/** Types a command's `run` by its option table. */
export function defineCommand<const O extends Record<string, OptionSpec>>(
  command: Omit<Command, "run" | "options"> & {
    options: O;
    run(
      values: OptionValues<O>,
      positionals: string[],
      context: CommandContext,
    ): Promise<CommandOutput>;
  },
): Command {
  return command;
}

/**
 * Parses `args` by the command's option table. Throws UsageError for unknown options, missing or
 * malformed values and missing required options.
 */
export function parseCommandLine(
  command: Command,
  args: string[],
): { values: Record<string, unknown>; positionals: string[]; json: boolean; help: boolean } {
  const options: NonNullable<ParseArgsConfig["options"]> = {
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  };
  for (const [name, spec] of Object.entries(command.options)) {
    options[name] = {
      type: spec.type === "boolean" ? "boolean" : "string",
      multiple: spec.type === "list",
    };
  }
  const parsed = parseOrRefuse(command, args, options);
  const help = parsed.values.help === true;
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(command.options)) {
    const raw = parsed.values[name];
    if (spec.type === "boolean") values[name] = raw === true;
    else if (Array.isArray(raw)) values[name] = splitList(command.name, name, raw as string[]);
    else if (typeof raw !== "string") {
      if (spec.required && !help) throw new UsageError(`${command.name}: --${name} is required`);
    } else values[name] = convert(command.name, name, spec, raw);
  }
  return { values, positionals: parsed.positionals, json: parsed.values.json === true, help };
}

function parseOrRefuse(
  command: Command,
  args: string[],
  options: NonNullable<ParseArgsConfig["options"]>,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args, options, allowPositionals: command.positionals !== undefined });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${command.name}: ${text.split(". ")[0]}`, { cause: error });
  }
}

function splitList(command: string, name: string, raw: readonly string[]): string[] {
  const parts = raw.flatMap((text) => text.split(",")).map((text) => text.trim());
  if (parts.includes("")) {
    throw new UsageError(`${command}: --${name} has an empty value, got "${raw.join(",")}"`);
  }
  return parts;
}

function convert(command: string, name: string, spec: OptionSpec, raw: string): string | number {
  if (spec.type === "string") {
    if (spec.choices && !spec.choices.includes(raw)) {
      const list = spec.choices.join(", ");
      throw new UsageError(`${command}: --${name} takes one of ${list}, got "${raw}"`);
    }
    return raw;
  }
  const number = raw.trim() === "" ? NaN : Number(raw);
  if (!Number.isFinite(number) || (spec.type === "integer" && !Number.isSafeInteger(number))) {
    const kind = spec.type === "integer" ? "a whole number" : "a number";
    throw new UsageError(`${command}: --${name} takes ${kind}, got "${raw}"`);
  }
  if (spec.least !== undefined && number < spec.least) {
    throw new UsageError(`${command}: --${name} must be ${spec.least} or more, got ${raw}`);
  }
  return number;
}

/** The text of `feature-families <command> --help`. */
export function commandHelp(command: Command): string {
  const positionals = command.positionals ? ` [${command.positionals}]` : "";
  const rows = Object.entries(command.options).map(([name, spec]): [string, string] => {
    const value = spec.type === "boolean" ? "" : ` ${spec.value ?? spec.choices?.join("|") ?? "N"}`;
    return [`--${name}${value}`, spec.about + (spec.required ? " (required)" : "")];
  });
  rows.push(["--json", "print the result as JSON on standard output, and nothing else there"]);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [
    `feature-families ${command.name}${positionals} [options]`,
    "",
    command.summary,
    ...(command.details ? ["", command.details] : []),
    "",
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`),
    "",
    "Example:",
    `  ${command.example}`,
  ].join("\n");
}
