import test from "ava";
import { UsageError, commandHelp, defineCommand, parseCommandLine } from "../../src/cli/command.js";

const command = defineCommand({
  name: "encode",
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

test("options are parsed by their types, and absent ones stay undefined", (t) => {
  const { values, json } = parseCommandLine(command, [
    "--sae",
    "x.pth",
    "--k",
    "8",
    "--lr=1e-3",
    "--json",
  ]);
  t.deepEqual(values, { sae: "x.pth", k: 8, lr: 1e-3, compat: false });
  t.true(json);
});

const wrongCalls: [string, string[], RegExp][] = [
  ["a missing required option", [], /encode: --sae is required/],
  [
    "a fraction for a whole number",
    ["--sae", "x", "--k", "2.5"],
    /--k takes a whole number, got "2.5"/,
  ],
  ["text for a number", ["--sae", "x", "--lr", "fast"], /--lr takes a number, got "fast"/],
  ["an empty number", ["--sae", "x", "--k="], /--k takes a whole number, got ""/],
  ["a value outside the choices", ["--sae", "x", "--engine", "tpu"], /one of cpu, auto, got "tpu"/],
  ["an unknown option", ["--sae", "x", "--fast"], /encode: Unknown option '--fast'/],
  ["a stray argument", ["--sae", "x", "y"], /encode: Unexpected argument 'y'/],
];
for (const [title, args, message] of wrongCalls) {
  test(`${title} is a usage error that names it`, (t) => {
    t.throws(() => parseCommandLine(command, args), { instanceOf: UsageError, message });
  });
}

test("help lists every option and the example, even without the required ones", (t) => {
  t.true(parseCommandLine(command, ["--help"]).help);
  const help = commandHelp(command);
  for (const part of [
    "--sae FILE",
    "(required)",
    "--engine cpu|auto",
    "feature-families encode --sae F",
  ]) {
    t.true(help.includes(part), part);
  }
});
