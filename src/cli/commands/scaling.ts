import { drawComputeFrontier, drawScalingLaw } from "../../figures/charts/scaling.js";
import type { SizeName } from "../../figures/theme.js";
import { SIZES } from "../../figures/theme.js";
import { renderFigures } from "../../atlas/figures.js";
import { type ScalingFit, fitScaling } from "../../sae/train/scaling.js";
import { readGridTable } from "../../sae/train/train-grid.js";
import { type Command, UsageError, defineCommand } from "../command.js";

export const scalingCommand: Command = defineCommand({
  name: "scaling",
  summary: "Fit the scaling laws of a grid of SAEs: error by n for each k, and by compute.",
  details:
    "TABLE is the table.json or table.csv of train --grid. Compute is counted as in arXiv 2408.00657:\n" +
    "steps · (2d(n + k - 1) + n · log2 k).",
  example: "feature-families scaling grid/table.json --out figures/grid",
  positionals: "TABLE",
  options: {
    out: { type: "string", value: "DIR", about: "draw both figures into this folder" },
    size: {
      type: "string",
      choices: Object.keys(SIZES),
      about: "what the figures are for (default screen)",
    },
  },
  async run(values, tables, { onProgress, signal }) {
    if (tables.length !== 1) {
      throw new UsageError(`scaling: expected one table of train --grid, got ${tables.length}`);
    }
    const runs = await readGridTable(tables[0]);
    const fits = fitScaling(runs);
    const size = values.size as SizeName | undefined;
    const files =
      values.out === undefined
        ? []
        : await renderFigures(
            [drawScalingLaw(runs, { size }), drawComputeFrontier(runs, { size })],
            values.out,
            { onProgress, signal },
          );
    const lines = [
      ...fits.size.map((fit) => describeFit(fit, "n")),
      ...fits.compute.map((fit) => describeFit(fit, "F")),
      ...(fits.size.length === 0 ? ["no fit: expected two n or more for some k"] : []),
      ...files.map((file) => `wrote ${file}`),
    ];
    return { json: { ...fits, files }, lines };
  },
});

function describeFit({ k, a, b, r2, points }: ScalingFit, variable: string): string {
  return `k ${k}: error = ${a.toPrecision(4)} · ${variable}^${b.toFixed(4)} (${points} runs, R² ${r2.toFixed(3)})`;
}
