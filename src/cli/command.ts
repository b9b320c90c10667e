import type { OnProgress } from "../core/progress.js";

/** One option of a command; every option is written `--name`. */
export interface OptionSpec {
  /**
   * "list" takes several values, by commas or by giving the option again; what is in double quotes is one value.
   * "numbers" is such a list of numbers, "latents" one of whole numbers and ranges, such as 3,17,40-59.
   */
  type: "string" | "number" | "integer" | "boolean" | "list" | "numbers" | "latents";
  /** One line for `--help`; says the default where there is one. */
  about: string;
  /** Stands for the value in `--help`, such as FILE. Default NAME, N or LIST, by the type. */
  value?: string;
  required?: boolean;
  /** The only words taken, by a string or by each item of a list. */
  choices?: readonly string[];
  /** Smallest number taken, by a number or by each item of numbers. */
  least?: number;
  /** Largest number taken. */
  most?: number;
  /** Options that cannot be given beside this one, without dashes; naming the pair on one side is enough. */
  excludes?: readonly string[];
  /** Options of which at least one must be given beside this one. */
  needs?: readonly string[];
  /** A file or folder that must be there before the command begins. */
  input?: boolean;
  /** A string that names one folder or file, without separators. */
  isName?: boolean;
}

type Word<S extends OptionSpec> = S["choices"] extends readonly (infer C)[] ? C : string;

type OptionValue<S extends OptionSpec> = S["type"] extends "boolean"
  ? boolean
  : S["type"] extends "list"
    ? Word<S>[]
    : S["type"] extends "numbers" | "latents"
      ? number[]
      : S["type"] extends "string"
        ? Word<S>
        : number;

type CamelCase<S> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** The parsed options of a command, `--max-cost` as maxCost: required ones and flags are there, others may be undefined. */
export type OptionValues<O extends Record<string, OptionSpec>> = {
  [K in keyof O as CamelCase<K>]: O[K] extends { required: true } | { type: "boolean" }
    ? OptionValue<O[K]>
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
  /** Prints a warning (standard error, under --json as well). */
  onWarning: (warning: string) => void;
  /** Prints lines of the result before the command ends. */
  print(lines: readonly string[]): void;
  /** Prints a question to the reader. */
  prompt(to: "stdout" | "stderr", prompt: string): void;
  /** Standard input, from now on read by the command. */
  input(): NodeJS.ReadableStream;
}

/** What a command gives: `json` goes to standard output under --json, else `lines` do. */
export interface CommandOutput {
  json: unknown;
  lines: string[];
  /** Part of the work failed: exit code 1, though there is a result. Default false. */
  failed?: boolean;
}

/** Where a command stands in the overview. */
export type CommandGroup = "build" | "explore" | "label" | "steps" | "set-up";

/**
 * A command: its table for parsing and `--help`, and its work. The file that defines one imports the library inside
 * `run` alone, so that `--help` and `--version` load none of it.
 */
export interface Command {
  name: string;
  group: CommandGroup;
  summary: string;
  /** Longer text for `--help`, below the summary. */
  details?: string;
  /** A call that works as it stands, shown in `--help`. */
  example: string;
  options: Record<string, OptionSpec>;
  /** Options that another command has: giving one here is an error that names that command. */
  elsewhere?: { command: string; options: readonly string[] };
  /** The arguments, such as `<IN> <OUT>` (required) or `[WORD...]` (any number); without it there are none. */
  positionals?: string;
  /** Options that it does not know are positionals, for another program. */
  passesThrough?: boolean;
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
