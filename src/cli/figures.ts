import path from "node:path";
import { SIZES, type SizeName } from "../figures/theme.js";
import { openAtlas } from "../pipeline/context.js";
import { ATLAS_FIGURES, type FigureFormat, writeFigures } from "../pipeline/figures.js";
import { type Command, UsageError, defineCommand } from "./command.js";

const FORMATS = ["png", "svg", "html"] as const satisfies readonly FigureFormat[];

export const figuresCommand: Command = defineCommand({
  name: "figures",
  summary: "Draw an atlas's figures, all of them or those named.",
  details: `Figures: ${Object.keys(ATLAS_FIGURES).join(", ")}.`,
  example: "feature-families figures latent-map family-tree --size page --format svg",
  positionals: "NAME…",
  options: {
    atlas: {
      type: "string",
      value: "DIR",
      about: "folder of the atlas (default families/wordnet)",
    },
    out: { type: "string", value: "DIR", about: "folder of the figures (default figures/<atlas>)" },
    format: { type: "string", value: "LIST", about: "of png, svg, html (default png,svg)" },
    size: {
      type: "string",
      choices: Object.keys(SIZES),
      about: "what the figures are for (default screen)",
    },
    family: { type: "integer", about: "parent latent of the one family to show" },
    families: { type: "string", value: "LIST", about: "parent latents for the co-occurrence grid" },
  },
  async run(values, names, { onProgress, signal }) {
    const atlas = values.atlas ?? "families/wordnet";
    const data = await openAtlas(atlas, { onProgress, signal });
    const folder = values.out ?? path.join("figures", path.basename(path.resolve(atlas)));
    const unknown = names.find((name) => !(name in ATLAS_FIGURES));
    if (unknown !== undefined) {
      throw new UsageError(
        `figures: unknown figure "${unknown}"; there are ${Object.keys(ATLAS_FIGURES).join(", ")}`,
      );
    }
    const files = await writeFigures(data, folder, {
      names: names.length > 0 ? names : undefined,
      formats: parseFormats(values.format),
      size: values.size as SizeName | undefined,
      family: values.family,
      families: parseLatents(values.families),
      onProgress,
      signal,
    });
    return { json: { files }, lines: files.map((file) => `wrote ${file}`) };
  },
});

function parseFormats(list: string | undefined): FigureFormat[] | undefined {
  return list?.split(",").map((text) => {
    const format = FORMATS.find((name) => name === text.trim());
    if (!format) {
      throw new UsageError(`figures: --format takes ${FORMATS.join(", ")}, got "${text}"`);
    }
    return format;
  });
}

function parseLatents(list: string | undefined): number[] | undefined {
  return list?.split(",").map((text) => {
    const latent = Number(text);
    if (text.trim() === "" || !Number.isInteger(latent) || latent < 0) {
      throw new UsageError(`figures: --families takes latents such as 12,40, got "${text}"`);
    }
    return latent;
  });
}
