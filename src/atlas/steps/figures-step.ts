import path from "node:path";
import { sha256Json } from "../../files/atomic-file.js";
import type { AtlasStore } from "../store.js";
import { type WriteFiguresOptions, drawFigures, renderFigures } from "../figures/write-figures.js";
import { withLock } from "../files/lock.js";
import { StepRunner } from "../files/manifest.js";

/**
 * Draws all of an atlas's figures into `folder` unless they are there and nothing they show has changed. Gives the
 * paths of the files, or undefined where nothing had to be drawn.
 */
export async function refreshFigures(
  data: AtlasStore,
  folder: string,
  options: Omit<WriteFiguresOptions, "names"> = {},
): Promise<string[] | undefined> {
  return withLock(data.dir, () => runFigures(data, folder, options));
}

async function runFigures(
  data: AtlasStore,
  folder: string,
  options: Omit<WriteFiguresOptions, "names">,
): Promise<string[] | undefined> {
  const { formats = ["png", "svg"], scale, dpi } = options;
  const figures = await drawFigures(data, undefined, options);
  const runner = await StepRunner.open(data.dir);
  let written: string[] | undefined;
  await runner.step(
    {
      name: "figures",
      // 2: npm's browser draws, and SVG carries its font.
      version: 2,
      inputs: Object.fromEntries(figures.map((figure) => [figure.name, sha256Json(figure)])),
      options: { formats, scale, dpi, folder: path.relative(data.dir, folder) },
      outputs: figures.flatMap(({ name }) =>
        formats.map((format) => path.relative(data.dir, path.join(folder, `${name}.${format}`))),
      ),
    },
    async () => {
      written = await renderFigures(figures, folder, { ...options, formats });
    },
  );
  return written;
}
