import type { ScalingFit } from "../../sae/train/scaling.js";
import { type Command, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { figureOptions, figureOptionsOf } from "../options.js";

const needs = ["out"] as const;

export const scalingCommand: Command = defineCommand({
  name: "scaling",
  group: "steps",
  summary: "Fit the scaling laws of a grid of SAEs: error by n for each k, and by compute.",
  details:
    "TABLE is the table.json or table.csv that train --grid writes. Compute is counted as in arXiv 2408.00657: " +
    "steps · (2d(n + k - 1) + n · log2 k).",
  example: "feature-families scaling grid/table.json --out figures/grid",
  positionals: "<TABLE>",
  options: {
    out: option.path("folder for both figures (default: draw none)"),
    size: { ...figureOptions.size, needs },
    width: { ...figureOptions.width, needs },
    height: { ...figureOptions.height, needs },
    "no-title": { ...figureOptions["no-title"], needs },
    formats: { ...figureOptions.formats, needs },
    dpi: { ...figureOptions.dpi, needs },
  },
  async run(values, tables, { onProgress, signal }) {
    const { readGridTable } = await import("../../sae/train/train-grid.js");
    const { fitScaling } = await import("../../sae/train/scaling.js");
    const runs = await readGridTable(tables[0]);
    const fits = fitScaling(runs);
    const drawn = await figureOptionsOf("scaling", values);
    let files: string[] = [];
    if (values.out !== undefined) {
      const { drawData } = await import("../../atlas/figures/entry.js");
      const { findFigures } = await import("../../atlas/figures/registry.js");
      const { renderFigures } = await import("../../atlas/figures/write-figures.js");
      const entries = findFigures(["scaling-law", "compute-frontier"]);
      const figures = entries.map((entry) => drawData(entry, runs, drawn));
      files = await renderFigures(figures, values.out, { ...drawn, onProgress, signal });
    }
    const lines = [
      ...fits.size.map((fit) => describeFit(fit, "n")),
      ...fits.compute.map((fit) => describeFit(fit, "F")),
      ...(fits.size.length === 0 ? ["no fit: expected four values of n or more for some k"] : []),
      ...files.map((file) => `wrote ${file}`),
    ];
    return { json: { ...fits, files }, lines };
  },
});

function describeFit({ k, a, b, r2, points }: ScalingFit, variable: string): string {
  return `k ${k}: error = ${a.toPrecision(4)} · ${variable}^${b.toFixed(4)} (${points} runs, R² ${r2.toFixed(3)})`;
}
