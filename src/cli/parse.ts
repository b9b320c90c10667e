import { CommanderError, Help, Command as Parser, Option } from "commander";
import { type Command, type CommandGroup, type OptionSpec, UsageError } from "./command.js";
import { checkTogether } from "./option-rules.js";
import { parseOptionValue, valuePlaceholder } from "./option-values.js";
import { nearestWord } from "./suggest.js";

const GROUPS: Record<CommandGroup, string> = {
  build: "Build an atlas:",
  explore: "Explore and share it:",
  label: "Label it:",
  steps: "Single steps, on files:",
  "set-up": "Set up:",
};

const NARROWEST_COLUMN = 24;

// Words of a call, an option together with its value.
const UNITS = /--\S+ (?!-)(?:"[^"]*"|\S)+|(?:"[^"]*"|'[^']*'|\S)+/g;

/** A parsed call: which command, with what. */
export interface Call {
  command: Command;
  values: Record<string, unknown>;
  positionals: string[];
  json: boolean;
}

/**
 * Parses the words behind the program's name. Undefined where the call asks for help or the version, which is then
 * printed. Throws UsageError, in one line, for a call that no command takes.
 */
export function parseCall(
  words: readonly string[],
  commands: readonly Command[],
  version: string,
): Call | undefined {
  let call: Call | undefined;
  const parser = createParser(commands, version, (parsed) => (call = parsed));
  try {
    parser.parse([...words], { from: "user" });
  } catch (error) {
    // What commander throws once it has printed help or the version.
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw error;
  }
  return call;
}

/** commander's parser of all commands; `onCall` receives the call of each line that it parses. */
export function createParser(
  commands: readonly Command[],
  version: string,
  onCall: (call: Call) => void = () => {},
): Parser {
  const program = new Parser("feature-families")
    .description("Open up sparse autoencoders trained on text embeddings.")
    .usage("<command> [options]")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "show this help")
    // Errors become one line of ours instead.
    .configureOutput({ outputError: () => {} })
    .configureHelp({
      minWidthToWrap: NARROWEST_COLUMN,
      subcommandTerm: (command) => command.name(),
      // Without commander's own help command: `--help` is enough.
      visibleCommands: ({ commands: subcommands }) => [...subcommands],
      formatHelp: (command, helper) =>
        Help.prototype.formatHelp.call(helper, command, helper) +
        formatExample(commands, command.name(), helper.helpWidth ?? 80),
    })
    .showSuggestionAfterError(false)
    .exitOverride(
      refuse(
        "",
        commands.map(({ name }) => name),
      ),
    );
  program.addHelpText(
    "after",
    "\nRun feature-families <command> --help for a command's options and an example.",
  );
  for (const command of commands) addCommand(program, command, onCall);
  return program;
}

function addCommand(program: Parser, command: Command, onCall: (call: Call) => void): void {
  const { name, group, summary, details, options, positionals } = command;
  const parser = program
    .command(name)
    .summary(summary)
    .description(details === undefined ? summary : `${summary}\n\n${details}`)
    .helpGroup(GROUPS[group])
    .exitOverride(refuse(`${name}: `, [...Object.keys(options), "json", "help"]));
  if (positionals !== undefined) parser.arguments(positionals);
  parser.allowUnknownOption(command.passesThrough === true);
  const flags: string[] = [];
  for (const [flag, spec] of Object.entries(options)) {
    const option = createOption(`${name}: --${flag}`, flag, spec);
    if (spec.type === "boolean") flags.push(option.attributeName());
    parser.addOption(option);
  }
  for (const flag of command.elsewhere?.options ?? []) {
    const other = command.elsewhere?.command ?? "";
    parser.addOption(new Option(`--${flag} [VALUE]`).hideHelp());
    parser.on(`option:${flag}`, () => {
      const call = `feature-families ${other} --${flag} …`;
      throw new UsageError(`${name}: --${flag} is an option of ${other}: ${call}`);
    });
  }
  parser.option("--json", "print the result, and nothing else, as JSON on standard output");
  parser.action(() => {
    const { json = false, ...values } = parser.opts<{ json?: boolean }>();
    checkTogether(command, values);
    onCall({
      command,
      values: { ...Object.fromEntries(flags.map((flag) => [flag, false])), ...values },
      positionals: parser.args,
      json,
    });
  });
}

function createOption(name: string, flag: string, spec: OptionSpec): Option {
  const { type, choices, required = false } = spec;
  const value = type === "boolean" ? "" : ` <${valuePlaceholder(spec)}>`;
  // The choices stand before the default.
  const [, what, fallback = ""] = /^(.*?)( \(default.*)?$/.exec(spec.about) ?? [];
  const words = choices === undefined ? "" : `: ${choices.join(", ")}`;
  const about = `${what}${words}${fallback}${required ? " (required)" : ""}`;
  const option = new Option(`--${flag}${value}`, about);
  // A flag named "no-…" is one of its own here, not the opposite of another.
  option.negate = false;
  if (type === "boolean") return option;
  return option
    .makeOptionMandatory(required)
    .argParser((text: string, previous: unknown) => parseOptionValue(name, spec, text, previous));
}

/** Turns commander's errors into ours; a mistyped command or option is looked up among the `known` ones. */
function refuse(prefix: string, known: readonly string[]): (error: CommanderError) => never {
  return (error) => {
    if (error.exitCode === 0) throw error;
    const text = error.message.replace(/^error: /, "");
    const [, dashes, word] = /^unknown (?:command|option) '(-*)([^'=]*)/.exec(text) ?? [];
    const near = word === undefined ? undefined : nearestWord(word, known);
    const hint = near === undefined ? "" : ` (did you mean ${dashes}${near}?)`;
    throw new UsageError(prefix + text + hint, { cause: error });
  };
}

/** The example of a command, broken between words where it is wider than the terminal. */
function formatExample(commands: readonly Command[], name: string, width: number): string {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) return "";
  const lines = [""];
  for (const word of command.example.match(UNITS) ?? []) {
    const line = lines[lines.length - 1];
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + word.length + 5 <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`  ${word}`);
  }
  return `\nExample:\n  ${lines.join(" \\\n  ")}\n`;
}
