import { existsSync } from "node:fs";
import path from "node:path";
import type { AtlasStore } from "../../atlas/store.js";
import type { FigureListing } from "../../atlas/figures/registry.js";
import type { FigureSources } from "../../atlas/figures/sources.js";
import { atlasOption, chooseAtlas } from "../atlas-option.js";
import {
  type Command,
  type CommandContext,
  type CommandOutput,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { sizeOption } from "../options.js";
import { didYouMean } from "../suggest.js";
import { formatRows } from "../text/rows.js";

const options = {
  all: { type: "boolean", about: "every figure that there is data for" },
  paper: { type: "boolean", about: "figures that show the paper's numbers beside yours" },
  list: { type: "boolean", about: "list all figures, what they need, and whether it is there" },
  ...atlasOption,
  atlases: { type: "list", about: "folders of more atlases to compare with" },
  saes: { type: "list", about: "SAEs of the same embeddings to compare with" },
  "grid-folder": {
    type: "string",
    value: "DIR",
    about: "a grid of SAEs, as train --grid writes it",
  },
  out: { type: "string", value: "PATH", about: "folder of the figures (default figures/NAME)" },
  formats: {
    type: "list",
    choices: ["png", "svg", "html"],
    about: "file formats (default png,svg)",
  },
  ...sizeOption,
  family: {
    type: "string",
    value: "FAMILY",
    about: "the family to show, by parent latent, in figures of one family",
  },
  families: { type: "latents", about: "parent latents for the co-occurrence grid" },
} as const;

type Values = OptionValues<typeof options>;

export const figuresCommand: Command = defineCommand({
  name: "figures",
  group: "explore",
  summary: "Draw figures of an atlas, by name or all; --list shows them.",
  details:
    "Without a name, the figures that a build draws. Figures of several SAEs take them from --atlases, --saes or " +
    "--grid-folder; without these, a small grid is trained once into the folder of the atlas if its corpus is small, as " +
    "the sample is.",
  example: "feature-families figures latent-map family-tree --size page --formats svg",
  positionals: "[NAME...]",
  options,
  async run(values, names, context) {
    const { FIGURES, listFigures } = await import("../../atlas/figures/registry.js");
    const { openStore } = await import("../../atlas/store.js");
    const chosen = chooseNames(values, names, FIGURES);
    const { onProgress, signal } = context;
    const dirs = [await chooseAtlas("figures", values.atlas), ...(values.atlases ?? [])];
    const atlases = await Promise.all(dirs.map((dir) => openStore(dir, { onProgress, signal })));
    try {
      const sources = await openSources(atlases, values, context);
      return values.list
        ? describeList(await listFigures(sources))
        : await draw(sources, chosen, values, context);
    } finally {
      await Promise.all(atlases.map((atlas) => atlas.close()));
    }
  },
});

/** The names to draw; undefined for what a build draws. */
function chooseNames(
  { all, paper, list }: Values,
  names: readonly string[],
  figures: readonly { name: string; group: string }[],
): string[] | undefined {
  if ([all, paper, list, names.length > 0].filter(Boolean).length > 1) {
    throw new UsageError("figures: --all, --paper, --list and names exclude each other");
  }
  const known = figures.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, known) || "; --list shows all";
    throw new UsageError(`figures: unknown figure "${unknown}"${hint}`);
  }
  if (all) return known;
  if (paper) return figures.filter(({ group }) => group === "paper").map(({ name }) => name);
  return names.length > 0 ? [...names] : undefined;
}

async function openSources(
  [atlas, ...others]: readonly AtlasStore[],
  { saes, gridFolder }: Values,
  { onProgress, signal }: CommandContext,
): Promise<FigureSources> {
  const missing = saes?.find((file) => !existsSync(file));
  if (missing !== undefined) throw new UsageError(`figures: --saes names no file: ${missing}`);
  if (gridFolder !== undefined && !existsSync(path.join(gridFolder, "table.json"))) {
    throw new UsageError(`figures: --grid-folder needs a table.json in it, got ${gridFolder}`);
  }
  const { hasSmallCorpus, trainSmallGrid } = await import("../../atlas/figures/small-grid.js");
  const { figureSources } = await import("../../atlas/figures/sources.js");
  const train = (await hasSmallCorpus(atlas))
    ? () => trainSmallGrid(atlas, { onProgress, signal })
    : undefined;
  return figureSources(atlas, {
    others,
    saeFiles: saes,
    grid: gridFolder === undefined ? train : () => Promise.resolve(gridFolder),
  });
}

async function draw(
  sources: FigureSources,
  names: string[] | undefined,
  values: Values,
  { onProgress, signal }: CommandContext,
): Promise<CommandOutput> {
  const { writeFigures } = await import("../../atlas/figures.js");
  const { ATLAS_FIGURES } = await import("../../atlas/figures/registry.js");
  const undrawn: { name: string; reason: string }[] = [];
  const isChoice = !values.all && !values.paper;
  const folder = values.out ?? path.join("figures", sources.atlas.name);
  const files = await writeFigures(sources, folder, {
    names: names ?? ATLAS_FIGURES,
    formats: values.formats,
    size: values.size,
    family: parentOf(values.family),
    families: values.families,
    // A figure that was asked for by its name must be there; of all, some may be missing.
    onUndrawn:
      isChoice && names ? undefined : (name, reason) => void undrawn.push({ name, reason }),
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
}

function describeList(list: readonly FigureListing[]): CommandOutput {
  const cells = list.map(({ name, group, shows, needs, missing }) => [
    name,
    group,
    shows,
    needs === "" ? "an atlas" : needs,
    missing ?? "yes",
  ]);
  const head = ["figure", "about", "shows", "needs", "can be drawn"];
  return { json: list, lines: formatRows([head, ...cells]) };
}

function parentOf(family: string | undefined): number | undefined {
  if (family === undefined) return undefined;
  if (!/^\d+$/.test(family)) {
    throw new UsageError(`figures: --family takes a parent latent, got "${family}"`);
  }
  return Number(family);
}
