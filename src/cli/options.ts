import { ENGINE_NAMES, type EngineName } from "../engine/open-engine.js";
import type { LoadOptions } from "../sae/formats/format.js";
import { CHECKPOINT_FORMATS } from "../sae/formats/registry.js";
import { type OptionSpec, UsageError } from "./command.js";

const FORMAT_NAMES = CHECKPOINT_FORMATS.map(({ name }) => name).join(", ");

interface SaeOptions {
  sae: OptionSpec & { type: "string"; required: true };
  k: OptionSpec & { type: "integer" };
  format: OptionSpec & { type: "string" };
  scale: OptionSpec & { type: "number" };
}

/** The SAE and, where its file does not tell, its k and how it is read. */
export const saeOptions: SaeOptions = {
  sae: {
    type: "string",
    value: "FILE",
    about: "the SAE: a file or folder of any format that inspect knows",
    required: true,
  },
  k: {
    type: "integer",
    least: 1,
    about: "latents kept per document, where the file does not tell",
  },
  format: {
    type: "string",
    value: "NAME",
    about: `layout of the SAE's file, where it does not tell: ${FORMAT_NAMES}`,
  },
  scale: {
    type: "number",
    about: "factor of the embeddings in training, for an SAELens file that asks for it",
  },
};

/** How the SAE of these options is read. */
export function loadOptions(values: { k?: number; format?: string; scale?: number }): LoadOptions {
  const { k, format, scale } = values;
  if (format !== undefined && !isFormat(format)) {
    throw new UsageError(`--format takes one of ${FORMAT_NAMES}, got "${format}"`);
  }
  return { k, format, scale };
}

function isFormat(format: string): boolean {
  return CHECKPOINT_FORMATS.some(({ name }) => name === format.split("/")[0]);
}

/** Where to run: a device of ONNX Runtime, or TensorFlow.js on one. */
export const engineOption: { engine: OptionSpec & { type: "string" } } = {
  engine: { type: "string", choices: ENGINE_NAMES, about: "where to run (default auto)" },
};

/** The engine that `--engine` names, auto by default. */
export function engineChoice(value: string | undefined): EngineName {
  return ENGINE_NAMES.find((name) => name === value) ?? "auto";
}

/** What to do with rows that cannot be encoded. */
export const badRowsOption = {
  "skip-bad-rows": {
    type: "boolean",
    about: "leave out zero and NaN rows instead of refusing the file",
  },
} as const;

/** A comma-separated list of an option's `choices`, in the order given; UsageError for any other word. */
export function readChoices<T extends string>(
  option: string,
  list: string | undefined,
  choices: readonly T[],
): T[] | undefined {
  return list?.split(",").map((text) => {
    const choice = choices.find((name) => name === text.trim());
    if (choice === undefined) {
      throw new UsageError(`${option} takes ${choices.join(", ")}, got "${text}"`);
    }
    return choice;
  });
}
