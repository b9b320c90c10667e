import { existsSync } from "node:fs";
import path from "node:path";
import { SIZES, type SizeName } from "../../figures/theme.js";
import { type AtlasStore, openStore } from "../../atlas/store.js";
import { type FigureFormat, writeFigures } from "../../atlas/figures.js";
import {
  type FigureListing,
  ATLAS_FIGURES,
  FIGURES,
  listFigures,
} from "../../atlas/figures/registry.js";
import { hasSmallCorpus, trainSmallGrid } from "../../atlas/figures/small-grid.js";
import { type FigureSources, figureSources } from "../../atlas/figures/sources.js";
import {
  type Command,
  type CommandContext,
  type CommandOutput,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { readChoices } from "../options.js";
import { formatRows } from "../text.js";

const FORMATS = ["png", "svg", "html"] as const satisfies readonly FigureFormat[];

const options = {
  all: { type: "boolean", about: "every figure that there is data for" },
  paper: { type: "boolean", about: "those that show the paper's numbers beside your own" },
  list: { type: "boolean", about: "list all figures, what they need and whether it is there" },
  atlas: {
    type: "list",
    value: "DIR",
    about: "folder of the atlas (default families/wordnet); several are compared",
  },
  saes: {
    type: "list",
    value: "FILE",
    about: "SAEs of the same embeddings to compare with the atlas's",
  },
  grid: { type: "string", value: "DIR", about: "a grid of SAEs, as `train --grid` writes it" },
  out: { type: "string", value: "DIR", about: "folder of the figures (default figures/<atlas>)" },
  format: { type: "string", value: "LIST", about: "of png, svg, html (default png,svg)" },
  size: {
    type: "string",
    choices: Object.keys(SIZES),
    about: "what the figures are for (default screen)",
  },
  family: { type: "integer", about: "parent latent of the one family to show" },
  families: { type: "string", value: "LIST", about: "parent latents for the co-occurrence grid" },
} as const;

type Values = OptionValues<typeof options>;

export const figuresCommand: Command = defineCommand({
  name: "figures",
  summary: "Draw the paper's figures of an atlas or several: all, or those named.",
  details:
    "Without a name those that a build draws. Figures of several SAEs take them from several --atlas, from --saes or\n" +
    "from --grid; without any, a small grid is trained once into the atlas's folder where its corpus is small, as the\n" +
    "sample is. --list shows every name.",
  example: "feature-families figures latent-map family-tree --size page --format svg",
  positionals: "NAME…",
  options,
  async run(values, names, context) {
    const chosen = chooseNames(values, names);
    const atlases = await openAtlases(values, context);
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
function chooseNames({ all, paper, list }: Values, names: readonly string[]): string[] | undefined {
  if ([all, paper, list, names.length > 0].filter(Boolean).length > 1) {
    throw new UsageError("figures: --all, --paper, --list and names exclude each other");
  }
  const known = FIGURES.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`figures: unknown figure "${unknown}"; there are ${known.join(", ")}`);
  }
  if (all) return known;
  if (paper) return FIGURES.filter(({ group }) => group === "paper").map(({ name }) => name);
  return names.length > 0 ? [...names] : undefined;
}

async function openAtlases(values: Values, context: CommandContext): Promise<AtlasStore[]> {
  const { onProgress, signal } = context;
  const dirs = values.atlas ?? ["families/wordnet"];
  return Promise.all(dirs.map((dir) => openStore(dir, { onProgress, signal })));
}

async function openSources(
  [atlas, ...others]: readonly AtlasStore[],
  { saes, grid }: Values,
  { onProgress, signal }: CommandContext,
): Promise<FigureSources> {
  const missing = saes?.find((file) => !existsSync(file));
  if (missing !== undefined) throw new UsageError(`figures: --saes names no file: ${missing}`);
  if (grid !== undefined && !existsSync(path.join(grid, "table.json"))) {
    throw new UsageError(`figures: --grid needs a folder with a table.json, got ${grid}`);
  }
  const train = (await hasSmallCorpus(atlas))
    ? () => trainSmallGrid(atlas, { onProgress, signal })
    : undefined;
  return figureSources(atlas, {
    others,
    saeFiles: saes,
    grid: grid === undefined ? train : () => Promise.resolve(grid),
  });
}

async function draw(
  sources: FigureSources,
  names: string[] | undefined,
  values: Values,
  { onProgress, signal }: CommandContext,
): Promise<CommandOutput> {
  const { dir } = sources.atlas;
  const folder = values.out ?? path.join("figures", path.basename(path.resolve(dir)));
  const undrawn: { name: string; reason: string }[] = [];
  const isChoice = !values.all && !values.paper;
  const files = await writeFigures(sources, folder, {
    names: names ?? ATLAS_FIGURES,
    formats: readChoices("figures: --format", values.format, FORMATS),
    size: values.size as SizeName | undefined,
    family: values.family,
    families: parseLatents(values.families),
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

function parseLatents(list: string | undefined): number[] | undefined {
  return list?.split(",").map((text) => {
    const latent = Number(text);
    if (text.trim() === "" || !Number.isInteger(latent) || latent < 0) {
      throw new UsageError(`figures: --families takes latents such as 12,40, got "${text}"`);
    }
    return latent;
  });
}
