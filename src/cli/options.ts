import type { WriteFiguresOptions } from "../atlas/figures/write-figures.js";
import type { CorpusColumns } from "../corpus/corpus.js";
import { ENGINE_NAMES, type EngineName } from "../engine/engine-names.js";
import type { FigureOptions } from "../figures/figure.js";
import type { LoadOptions } from "../sae/formats/format.js";
import { type OptionValues, UsageError } from "./command.js";
import { didYouMean } from "./suggest.js";
import * as option from "./option-kinds.js";

/** What a file of embeddings may be. */
export const EMBEDDINGS =
  "embeddings [N, d]: .npy, .npz, .pt, .safetensors, .parquet or a folder of .npy or .parquet";

/** The kernel of notebooks. */
export const kernelOption: { kernel: option.Choice<"tslab" | "deno"> } = {
  kernel: option.text("TypeScript kernel (default tslab, which wrote the committed outputs)", {
    choices: ["tslab", "deno"],
  }),
};

/** The SAE and what its file may not declare. */
export const saeOptions: {
  sae: option.Option<"string"> & { required: true };
  k: option.Option<"integer">;
  format: option.Option<"string">;
  scale: option.Option<"number">;
} = {
  sae: option.file("SAE: a file or folder of any format that inspect reads", { required: true }),
  k: option.count("latents kept per document, if the file does not declare it"),
  format: option.text(
    "checkpoint format, such as saelens, if it cannot be detected (an unknown name lists all formats)",
  ),
  scale: option.number("factor applied to embeddings in training, if an SAELens file requires one"),
};

/** How the SAE of these options is read. Throws UsageError for a format that is none. */
export async function loadOptions({
  k,
  format,
  scale,
}: Omit<OptionValues<typeof saeOptions>, "sae">): Promise<LoadOptions> {
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
export const engineOption: { engine: option.Choice<EngineName> } = {
  engine: option.text("where to run (default auto)", { choices: ENGINE_NAMES }),
};

/** Whether documents without a text are left out. */
export const skipEmptyOption: { "skip-empty": option.Option<"boolean"> } = {
  "skip-empty": option.flag("leave out documents without a text"),
};

const COLUMNS = ["id", "title", "text", "classes"] as const;

/** Which columns of a corpus hold what. */
export const columnsOption: { columns: option.Option<"list"> } = {
  columns: option.list("columns of the corpus, such as id=bibcode,text=abstract,classes=keywords"),
};

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
        `${command}: --columns takes pairs such as id=bibcode, one each for any of ${COLUMNS.join(", ")}; got "${pair}"`,
      );
    }
    columns[known] = column.join("=");
  }
  return columns;
}

/** What to do with rows that cannot be encoded. */
export const badRowsOption: { "skip-bad-rows": option.Option<"boolean"> } = {
  "skip-bad-rows": option.flag("leave out zero and NaN rows instead of rejecting the file"),
};

/** An atlas beside another in the explorer. */
export const withOption: { with: option.Option<"string"> } = {
  with: option.folder(
    "folder of another atlas of the same embeddings, to compare with in the explorer",
  ),
};

/** How long a server may take. */
export const timeoutOption: { timeout: option.Option<"number"> } = {
  timeout: option.number(
    "time limit per request, in seconds (default: adapts to the measured latency, from 60 to 600)",
    { value: "SECONDS", least: 1 },
  ),
};

/** The time limit of these options, in milliseconds. */
export function timeoutMsOf({ timeout }: { timeout?: number }): number | undefined {
  return timeout === undefined ? undefined : 1000 * timeout;
}

/** Limits on what language models may cost. */
export const spendingOptions: {
  "max-cost": option.Option<"number">;
  prices: option.Option<"string">;
  "dry-run": option.Option<"boolean">;
} = {
  "max-cost": option.number("stop at this cost in US dollars", { value: "USD", least: 0 }),
  prices: option.input(
    'JSON file of prices, {"model": {"input", "output"}}, in US dollars per million tokens',
  ),
  "dry-run": option.flag("report prompts, tokens, price and time without calling a model"),
};

/** What a figure is made for, and its measures. */
export const figureOptions: {
  size: option.Choice<"column" | "page" | "slide" | "screen">;
  width: option.Option<"string">;
  height: option.Option<"string">;
  "no-title": option.Option<"boolean">;
  formats: option.Choice<"png" | "svg" | "pdf" | "html", "list">;
  dpi: option.Option<"integer">;
} = {
  size: option.text("medium that the figures are for (default screen)", {
    choices: ["column", "page", "slide", "screen"],
  }),
  width: option.text(
    "width, such as 85mm, 3.3in, 240pt or 900px; without --size, a width or height implies print",
    { value: "LENGTH" },
  ),
  height: option.text("height, likewise (default: depends on size and figure)", {
    value: "LENGTH",
  }),
  "no-title": option.flag("leave out the title above each figure"),
  formats: option.list("file formats (default png,svg)", {
    choices: ["png", "svg", "pdf", "html"],
  }),
  dpi: option.integer(
    "resolution of PNG files in pixels per inch, such as 300 for print (default 192)",
    {
      least: 96,
      most: 768,
    },
  ),
};

/** What figures take of these options. Throws UsageError for a side that is no length, and for a resolution without a PNG. */
export async function figureOptionsOf(
  command: string,
  values: OptionValues<typeof figureOptions>,
): Promise<FigureOptions & Pick<WriteFiguresOptions, "formats" | "dpi">> {
  const { size, width, height, noTitle, formats, dpi } = values;
  if (dpi !== undefined && formats?.includes("png") === false) {
    throw new UsageError(
      `${command}: --dpi applies to png, which is not among --formats ${formats.join(",")}`,
    );
  }
  const { figureSize } = await import("../figures/theme/theme.js");
  try {
    figureSize({ size, width, height });
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
  return { size, width, height, ...(noTitle && { title: "" }), formats, dpi };
}
