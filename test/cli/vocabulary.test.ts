import test from "ava";
import { commands, createParser, parseCall, valuePlaceholder } from "../../src/cli/index.js";

test("an option name has one type and one placeholder in all commands", (t) => {
  const known = new Map<string, string>();
  for (const command of commands) {
    for (const [name, spec] of Object.entries(command.options)) {
      const kind = `${spec.type} ${spec.type === "boolean" ? "" : valuePlaceholder(spec)}`;
      const before = known.get(name) ?? kind;
      t.is(kind, before, `${command.name} --${name}`);
      known.set(name, before);
    }
  }
});

test("no command has options that another word is used for elsewhere", (t) => {
  const retired = ["top", "most", "max", "count", "base-url", "up", "down", "writer-model"];
  for (const { name, options } of commands) {
    for (const word of retired) t.false(word in options, `${name} --${word}`);
  }
});

test("every example is a call that its command takes", (t) => {
  for (const { name, example } of commands) {
    const words = example.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', "")) ?? [];
    t.is(words[0], "feature-families");
    t.is(parseCall(words.slice(1), commands, "1.0.0")?.command.name, name);
  }
});

for (const width of [60, 80, 120]) {
  test(`help fits a terminal of ${width} columns`, (t) => {
    const program = createParser(commands, "1.0.0");
    for (const parser of [program, ...program.commands]) {
      const help = parser.configureOutput({ getOutHelpWidth: () => width }).helpInformation();
      for (const line of help.split("\n")) {
        // A word alone may be wider, such as a path.
        const isOneWord = !/\S\s+\S/.test(line.trim().replace(/ \\$/, ""));
        t.true(line.length <= width || isOneWord, `${parser.name()}: ${line}`);
      }
    }
  });
}

test("a group of commands has a heading, and each command stands under one", (t) => {
  const help = createParser(commands, "1.0.0").helpInformation();
  for (const heading of ["Build an atlas:", "Label it:", "Set up:"]) t.true(help.includes(heading));
  t.false(help.includes("\nCommands:"));
  for (const { name } of commands) t.regex(help, new RegExp(`^ {2}${name} `, "m"));
});

const typos: [string, string[], RegExp][] = [
  ["a command", ["serach", "dog"], /^unknown command 'serach' \(did you mean search\?\)$/],
  [
    "an option",
    ["search", "dog", "--limt", "3"],
    /^search: unknown option '--limt' \(did you mean --limit\?\)$/,
  ],
  [
    "a choice",
    ["figures", "--size", "sreen"],
    /^figures: --size takes .*, got "sreen"; did you mean "screen"\?$/,
  ],
  [
    "a choice of a list",
    ["pull", "csLG", "--parts", "sae,txts"],
    /got "txts"; did you mean "texts"\?$/,
  ],
];
for (const [title, words, message] of typos) {
  test(`a typo in ${title} gets a suggestion`, (t) => {
    t.throws(() => parseCall(words, commands, "1.0.0"), { name: "UsageError", message });
  });
}

test("an option of build given to demo is an error that names build", (t) => {
  for (const words of [
    ["demo", "--corpus", "x.jsonl", "--k", "4"],
    ["demo", "--compat"],
  ]) {
    t.throws(() => parseCall(words, commands, "1.0.0"), {
      name: "UsageError",
      message: /^demo: --\w+ is an option of build: feature-families build --\w+ …$/,
    });
  }
});

test("lists are given by commas, again, or with quotes around commas", (t) => {
  const values = (...words: string[]): unknown =>
    parseCall(["search", "x", ...words], commands, "1.0.0")?.values.more;
  t.deepEqual(values("--more", "1,2:3"), ["1", "2:3"]);
  t.deepEqual(values("--more", "1", "--more", "2"), ["1", "2"]);
  t.deepEqual(values("--more", '"bird, wing":2,5'), ['"bird, wing":2', "5"]);
  t.throws(() => values("--more", "1,,2"), { message: /--more has an empty value/ });
  const latents = parseCall(["figures", "--families", "3,5-7,6"], commands, "1.0.0");
  t.deepEqual(latents?.values.families, [3, 5, 6, 7]);
});
