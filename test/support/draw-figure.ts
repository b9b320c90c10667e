import { FIGURES, drawData } from "../../src/atlas/figures/index.js";
import type { ChartOptions, Figure } from "../../src/figures/index.js";

/** A figure of the registry of `data` as its entry reads them, without an atlas. */
export function drawFigure(
  name: string,
  data: unknown,
  options: ChartOptions & { paper?: boolean } = {},
): Figure {
  const entry = FIGURES.find((one) => one.name === name);
  if (!entry) throw new RangeError(`no figure ${name}`);
  return drawData(entry, data, options);
}
