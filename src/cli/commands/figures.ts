import { existsSync } from "node:fs";
import path from "node:path";
import type { Atlas } from "../../atlas/atlas.js";
import type { FigureListing } from "../../atlas/figures/registry.js";
import { atlasOption, chooseAtlas, movedOptions } from "../atlas-option.js";
import type { Command, CommandOutput, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { figureOptions, figureOptionsOf } from "../options.js";
import { didYouMean } from "../suggest.js";
import { formatRows } from "../results/rows.js";

const options = {
  all: option.flag("draw every figure that the atlas has data for"),
  paper: option.flag(
    "overlay the paper's numbers, dashed or hollow; without figure names, draw every figure that has them",
  ),
  list: option.flag("list all figures by group, with what they show and what they lack", {
    excludes: ["out", ...Object.keys(figureOptions), "by", "family", "families"],
  }),
  ...atlasOption,
  ...movedOptions,
  atlases: option.list("folders of more atlases to compare with"),
  saes: option.list("SAEs of the same embeddings to compare with"),
  "grid-folder": option.folder("folder of SAEs that train --grid wrote"),
  out: option.path("folder of the figures (default figures/NAME)"),
  ...figureOptions,
  by: option.text(
    "what document-map is coloured by: family, or a column of the corpus (default: a class)",
    { value: "COLUMN" },
  ),
  family: option.text("family shown in figures of one family, by parent latent or name", {
    value: "FAMILY",
  }),
  families: option.latents("families in the co-occurrence grid, by their parent latents"),
};

type Values = OptionValues<typeof options>;

export const figuresCommand: Command = defineCommand({
  name: "figures",
  group: "explore",
  summary: "Draw figures of an atlas, by name or all; --list shows them.",
  details:
    "Without a name, draws the figures that a build draws. Figures of several SAEs take them from --atlases, --saes or " +
    "--grid-folder; without these, a small grid is trained once into the folder of the atlas if its corpus is small, as " +
    "the sample is.",
  example: "feature-families figures latent-map family-tree --width 85mm --formats pdf",
  positionals: "[NAME...]",
  options,
  async run(values, names, { onProgress, onWarning, signal }) {
    const registry = await import("../../atlas/figures/registry.js");
    const { openAtlas } = await import("../../atlas/open.js");
    const chosen = chooseNames(values, names, registry);
    checkFiles(values);
    const drawn = await figureOptionsOf("figures", values);
    const dirs = [await chooseAtlas("figures", values), ...(values.atlases ?? [])];
    const atlases = await Promise.all(
      dirs.map((dir) => openAtlas(dir, { onProgress, onWarning, signal })),
    );
    const [atlas, ...others] = atlases;
    try {
      const inputs = { atlases: others, saes: values.saes, grid: await gridOf(atlas, values) };
      if (values.list) return describeList(await atlas.listFigures(inputs));
      const undrawn: { name: string; reason: string }[] = [];
      const files = await atlas.figures(values.out ?? path.join("figures", atlas.name), {
        ...inputs,
        names: chosen ?? registry.ATLAS_FIGURES,
        paper: values.paper,
        ...drawn,
        by: values.by,
        family: values.family,
        families: values.families,
        // A figure that was asked for by its name must be there; of all, some may be missing.
        onUndrawn:
          names.length > 0 ? undefined : (name, reason) => void undrawn.push({ name, reason }),
        onProgress,
        signal,
      });
      return {
        json: { files, undrawn },
        lines: [
          ...files.map((file) => `wrote ${file}`),
          ...formatRows(undrawn.map(({ name, reason }) => [`not drawn: ${name}`, reason])),
        ],
      };
    } finally {
      await Promise.all(atlases.map((one) => one.close()));
    }
  },
});

/** The names to draw; undefined for what a build draws. */
function chooseNames(
  { all, paper, list }: Values,
  names: readonly string[],
  { FIGURES, findFigures, overlaidFigures }: typeof import("../../atlas/figures/registry.js"),
): string[] | undefined {
  if ([all, list, names.length > 0].filter(Boolean).length > 1 || ((all || list) && paper)) {
    throw new UsageError("figures: --all, --list and names (or --paper) exclude each other");
  }
  const known = FIGURES.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined && !unknown.startsWith("paper-")) {
    const hint = didYouMean(unknown, known) || "; --list shows all";
    throw new UsageError(`figures: unknown figure "${unknown}"${hint}`);
  }
  if (all) return known;
  if (names.length === 0) return paper ? overlaidFigures() : undefined;
  try {
    return findFigures(names, { paper }).map(({ name }) => name);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

function checkFiles({ saes, gridFolder }: Values): void {
  const missing = saes?.find((file) => !existsSync(file));
  if (missing !== undefined) throw new UsageError(`figures: --saes: no such file: ${missing}`);
  if (gridFolder !== undefined && !existsSync(path.join(gridFolder, "table.json"))) {
    throw new UsageError(
      `figures: --grid-folder: expected a folder with a table.json, got ${gridFolder}`,
    );
  }
}

/** The grid that was given, else a small one that is trained where the corpus is small. */
async function gridOf(atlas: Atlas, { gridFolder }: Values): Promise<string | undefined> {
  if (gridFolder !== undefined) return gridFolder;
  const { hasSmallCorpus } = await import("../../atlas/figures/small-grid.js");
  return (await hasSmallCorpus(atlas.store)) ? "small" : undefined;
}

/** A block per group, the figures that people want most first. */
function describeList(list: readonly FigureListing[]): CommandOutput {
  const groups = [...new Set(list.map(({ group }) => group))];
  const rows = formatRows(
    list.map(({ name, shows, overlay, missing }) => [
      `  ${name}`,
      overlay ? `${shows} [--paper]` : shows,
      missing ?? "",
    ]),
  );
  const blocks = groups.flatMap((group) => [
    group === "main" ? "figures to start with" : group,
    ...rows.filter((_, at) => list[at].group === group),
    "",
  ]);
  const key = "[--paper]: the paper's numbers can be overlaid; last column: what is missing";
  return { json: list, lines: [...blocks, key] };
}
