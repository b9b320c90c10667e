import path from "node:path";
import type { AtlasData } from "./context.js";
import { ATLAS_FILES } from "./files.js";
import { ATLAS_FIGURES, type WriteFiguresOptions, writeFigures } from "./figures.js";
import { StepRunner } from "./manifest.js";

/**
 * Draws all of an atlas's figures into `folder` unless they are there and nothing they show has changed. Gives the
 * paths of the files, or undefined where nothing had to be drawn.
 */
export async function refreshFigures(
  data: AtlasData,
  folder: string,
  options: Omit<WriteFiguresOptions, "names"> = {},
): Promise<string[] | undefined> {
  const { formats = ["png", "svg"], size, scale, onProgress, signal } = options;
  const runner = await StepRunner.open(data.dir);
  const { families, map, labels, forest } = ATLAS_FILES;
  const names = Object.keys(ATLAS_FIGURES);
  const has = await Promise.all(
    names.map(async (name) => (await ATLAS_FIGURES[name](data, options)) !== undefined),
  );
  const outputs = names
    .filter((_, i) => has[i])
    .flatMap((name) =>
      formats.map((format) => path.relative(data.dir, path.join(folder, `${name}.${format}`))),
    );
  let written: string[] | undefined;
  await runner.step(
    {
      name: "figures",
      version: 1,
      inputs: Object.fromEntries(
        [families, map, labels, forest].map((file) => [file, runner.outputHash(file)]),
      ),
      options: { formats, size, scale, folder: path.relative(data.dir, folder) },
      outputs,
    },
    async () => {
      written = await writeFigures(data, folder, { ...options, formats, onProgress, signal });
    },
  );
  return written;
}
