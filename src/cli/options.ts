import type { WriteFiguresOptions } from "../atlas/figures/write-figures.js";
import type { CorpusColumns } from "../corpus/corpus.js";
import { ENGINE_NAMES, type EngineName } from "../engine/engine-names.js";
import type { FigureOptions } from "../figures/figure.js";
import type { LoadOptions } from "../sae/formats/format.js";
import { type OptionValues, UsageError } from "./command.js";
import { didYouMean } from "./suggest.js";

/** What a file of embeddings may be. */
export const EMBEDDINGS =
  "embeddings [N, d]: .npy, .npz, .pt, .safetensors, .parquet or a folder of .npy or .parquet";

/** The kernel of notebooks. */
export const kernelOption = {
  kernel: {
    type: "string",
    choices: ["tslab", "deno"],
    about: "the TypeScript kernel (default tslab, whose outputs the notebooks hold)",
  },
} as const;

/** The SAE and what its file may not declare. */
export const saeOptions = {
  sae: {
    type: "string",
    value: "FILE",
    about: "SAE: a file or folder of any format that inspect reads",
    required: true,
  },
  k: {
    type: "integer",
    least: 1,
    about: "latents kept per document, if the file does not declare it",
  },
  format: {
    type: "string",
    about:
      "checkpoint format such as saelens, if it cannot be detected (an unknown name lists all)",
  },
  scale: {
    type: "number",
    about: "factor applied to embeddings in training, if an SAELens file requires one",
  },
} as const;

/** How the SAE of these options is read. Throws UsageError for a format that is none. */
export async function loadOptions(values: {
  k?: number;
  format?: string;
  scale?: number;
}): Promise<LoadOptions> {
  const { k, format, scale } = values;
  if (format !== undefined) {
    const { CHECKPOINT_FORMATS } = await import("../sae/formats/registry.js");
    const names = CHECKPOINT_FORMATS.map(({ name }) => name);
    if (!names.includes(format.split("/")[0])) {
      const hint = didYouMean(format, names);
      throw new UsageError(`--format takes ${names.join(", ")}, got "${format}"${hint}`);
    }
  }
  return { k, format, scale };
}

/** Where to run: a device of ONNX Runtime, or TensorFlow.js on one. */
export const engineOption: {
  engine: { type: "string"; choices: readonly EngineName[]; about: string };
} = {
  engine: { type: "string", choices: ENGINE_NAMES, about: "where to run (default auto)" },
};

/** Whether documents without a text are left out. */
export const skipEmptyOption = {
  "skip-empty": { type: "boolean", about: "leave out documents without a text" },
} as const;

const COLUMNS = ["id", "title", "text", "classes"] as const;

/** Which columns of a corpus hold what. */
export const columnsOption = {
  columns: {
    type: "list",
    about: "columns of the corpus, such as id=bibcode,text=abstract,classes=keywords",
  },
} as const;

/** The columns of `--columns`, undefined without it. Throws UsageError for what is no pair of them. */
export function parseColumns(
  command: string,
  pairs: readonly string[] | undefined,
): CorpusColumns | undefined {
  if (pairs === undefined) return undefined;
  const columns: CorpusColumns = {};
  for (const pair of pairs) {
    const [what, ...column] = pair.split("=");
    const known = COLUMNS.find((name) => name === what);
    if (known === undefined || column.join("=") === "") {
      throw new UsageError(
        `${command}: --columns takes pairs such as id=bibcode of ${COLUMNS.join(", ")}, got "${pair}"`,
      );
    }
    columns[known] = column.join("=");
  }
  return columns;
}

/** What to do with rows that cannot be encoded. */
export const badRowsOption = {
  "skip-bad-rows": {
    type: "boolean",
    about: "leave out zero and NaN rows instead of rejecting the file",
  },
} as const;

/** An atlas beside another in the explorer. */
export const withOption = {
  with: {
    type: "string",
    value: "DIR",
    about: "folder of another atlas of the same embeddings, to compare with in the explorer",
  },
} as const;

/** How long a server may take. */
export const timeoutOption = {
  timeout: {
    type: "number",
    value: "SECONDS",
    least: 1,
    about: "time limit of a call in seconds (default: follows the measured latency, 60 to 600)",
  },
} as const;

/** The time limit of these options, in milliseconds. */
export function timeoutMsOf({ timeout }: { timeout?: number }): number | undefined {
  return timeout === undefined ? undefined : 1000 * timeout;
}

/** Limits on what language models may cost. */
export const spendingOptions = {
  "max-cost": { type: "number", value: "USD", least: 0, about: "stop at this cost in US dollars" },
  prices: {
    type: "string",
    value: "FILE",
    about: 'prices as JSON, {"model": {"input", "output"}} in dollars per million tokens',
    input: true,
  },
  "dry-run": { type: "boolean", about: "report prompts, tokens, price and time; ask nothing" },
} as const;

/** What a figure is made for, and its measures. */
export const figureOptions = {
  size: {
    type: "string",
    choices: ["column", "page", "slide", "screen"],
    about: "what the figures are for (default screen)",
  },
  width: {
    type: "string",
    value: "LENGTH",
    about: "width such as 85mm, 3.3in, 240pt or 900px; without --size, a length is for print",
  },
  height: {
    type: "string",
    value: "LENGTH",
    about: "height, likewise (default: by size and figure)",
  },
  "no-title": { type: "boolean", about: "leave out the title above each figure" },
  formats: {
    type: "list",
    choices: ["png", "svg", "pdf", "html"],
    about: "file formats (default png,svg)",
  },
  dpi: {
    type: "integer",
    least: 96,
    most: 768,
    about: "pixels of a PNG per inch, such as 300 for print (default 192)",
  },
} as const;

/** What figures take of these options. Throws UsageError for a side that is no length, and for a resolution without a PNG. */
export async function figureOptionsOf(
  command: string,
  values: OptionValues<typeof figureOptions>,
): Promise<FigureOptions & Pick<WriteFiguresOptions, "formats" | "dpi">> {
  const { size, width, height, noTitle, formats, dpi } = values;
  if (dpi !== undefined && formats?.includes("png") === false) {
    throw new UsageError(`${command}: --dpi is for png, and --formats are ${formats.join(",")}`);
  }
  const { figureSize } = await import("../figures/theme/theme.js");
  try {
    figureSize({ size, width, height });
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
  return { size, width, height, ...(noTitle && { title: "" }), formats, dpi };
}
