import test from "ava";
import {
  UsageError,
  defineCommand,
  type Call,
  createParser,
  parseCall,
} from "../../src/cli/index.js";

const command = defineCommand({
  name: "encode",
  group: "steps",
  summary: "Encodes embeddings.",
  example: "feature-families encode --sae F",
  options: {
    sae: { type: "string", value: "FILE", about: "the SAE", required: true },
    k: { type: "integer", about: "latents kept" },
    lr: { type: "number", about: "learning rate" },
    engine: { type: "string", choices: ["cpu", "auto"], about: "where to run" },
    compat: { type: "boolean", about: "as the reference" },
  },
  run: () => Promise.resolve({ json: null, lines: [] }),
});

function parse(...args: string[]): Call {
  const call = parseCall([command.name, ...args], [command], "1.0.0");
  if (call === undefined) throw new Error("no call");
  return call;
}

function helpText(width: number): string {
  const [parser] = createParser([command], "1.0.0").commands;
  return parser.configureOutput({ getOutHelpWidth: () => width }).helpInformation();
}

test("options are parsed by their types, and absent ones stay undefined", (t) => {
  const { values, json } = parse("--sae", "x.pth", "--k", "8", "--lr=1e-3", "--json");
  t.deepEqual(values, { sae: "x.pth", k: 8, lr: 1e-3, compat: false });
  t.true(json);
});

const wrongCalls: [string, string[], RegExp][] = [
  ["a missing required option", [], /encode: required option '--sae <FILE>' not specified/],
  [
    "a fraction for a whole number",
    ["--sae", "x", "--k", "2.5"],
    /--k takes a whole number, got "2.5"/,
  ],
  ["text for a number", ["--sae", "x", "--lr", "fast"], /--lr takes a number, got "fast"/],
  ["an empty number", ["--sae", "x", "--k="], /--k takes a whole number, got ""/],
  ["a value outside the choices", ["--sae", "x", "--engine", "tpu"], /takes cpu, auto, got "tpu"/],
  ["an unknown option", ["--sae", "x", "--fast"], /encode: unknown option '--fast'/],
  [
    "a stray argument",
    ["--sae", "x", "y"],
    /encode: too many arguments for 'encode'\. Expected 0 arguments but got 1/,
  ],
];
for (const [title, args, message] of wrongCalls) {
  test(`${title} is a usage error that names it`, (t) => {
    t.throws(() => parse(...args), { instanceOf: UsageError, message });
  });
}

test("help lists every option and the example, even without the required ones", (t) => {
  const help = helpText(80);
  for (const part of [
    "--sae <FILE>",
    "(required)",
    "--engine <NAME>",
    "cpu, auto",
    "feature-families encode --sae F",
  ]) {
    t.true(help.includes(part), part);
  }
});
