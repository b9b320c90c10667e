import type { Device } from "../engine/engine.js";
import type { OptionSpec } from "./command.js";

/** The SAE and, where its name does not tell, its k. */
export const saeOptions = {
  sae: {
    type: "string",
    value: "FILE",
    about: "the SAE: a released .pth or our .safetensors",
    required: true,
  },
  k: {
    type: "integer",
    least: 1,
    about: "latents kept per document, where the file does not tell",
  },
} as const;

const ENGINES: readonly (Device | "auto")[] = ["auto", "cpu", "webgpu", "cuda"];

/** Where to run. */
export const engineOption: { engine: OptionSpec & { type: "string" } } = {
  engine: { type: "string", choices: ENGINES, about: "where to run (default auto)" },
};

/** The engine that `--engine` names, auto by default. */
export function engineChoice(value: string | undefined): Device | "auto" {
  return ENGINES.find((name) => name === value) ?? "auto";
}

/** What to do with rows that cannot be encoded. */
export const badRowsOption = {
  "skip-bad-rows": {
    type: "boolean",
    about: "leave out zero and NaN rows instead of refusing the file",
  },
} as const;
