import path from "node:path";
import type { StabilityReport } from "../../compare/stability-report.js";
import { readAtlasOptions } from "../../atlas/atlas-options.js";
import { buildFolder } from "../../atlas/build.js";
import { openStore } from "../../atlas/store.js";
import { ATLAS_FILES } from "../../atlas/files.js";
import type { AtlasOptions, AtlasStability } from "../../atlas/options.js";
import {
  type Command,
  type CommandContext,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { engineChoice, engineOption } from "../options.js";
import { formatRows } from "../text.js";

/** SAEs trained with other seeds where nothing is said, if the atlas's own was trained here. */
const SEEDS = 3;

const options = {
  atlas: { type: "string", value: "DIR", about: "folder of a built atlas", required: true },
  resamples: { type: "integer", least: 1, about: "resamples of the documents (default 100)" },
  subsample: { type: "number", about: "share of the documents in each (default 0.5)" },
  bootstrap: {
    type: "boolean",
    about: "draw as many documents as there are, with repeats, instead",
  },
  seeds: {
    type: "integer",
    least: 0,
    about: `SAEs to train with other seeds (default ${SEEDS}; 0 where the atlas's SAE was given or others are named)`,
  },
  epochs: { type: "integer", least: 1, about: "passes over the documents in their training" },
  lr: { type: "number", about: "learning rate of their training" },
  batch: { type: "integer", least: 1, about: "documents a training step" },
  k: {
    type: "integer",
    least: 1,
    about: "latents that the named SAEs keep per document, where their files do not tell",
  },
  engine: engineOption.engine,
} as const;

type Values = OptionValues<typeof options>;

export const stabilityCommand: Command = defineCommand({
  name: "stability",
  summary:
    "Measure how well an atlas's families come again, over documents and over training seeds.",
  details:
    "Families are found anew in resamples of the documents, and in SAEs that differ from the atlas's in their seed alone\n" +
    "or are named behind the options. The values go into stability.json, families.json, the forest and the catalog; they\n" +
    "stay there until the families change. SAEs that were trained are kept in the atlas; an interrupted training goes on.",
  example: "feature-families stability --atlas families/wordnet --resamples 100 --seeds 3",
  positionals: "SAE…",
  options,
  async run(values, saes, context) {
    const atlas = await readAtlasOptions(values.atlas);
    const start = performance.now();
    const report = await buildFolder({
      ...atlas,
      device: engineChoice(values.engine),
      stability: stabilityOptions(values, saes, atlas, context),
      onProgress: context.onProgress,
      signal: context.signal,
    });
    const seconds = (performance.now() - start) / 1000;
    const data = await openStore(values.atlas);
    const found = await data.stability();
    const file = path.join(values.atlas, ATLAS_FILES.stability);
    if (found === undefined) throw new Error(`stability: ${file} was not written`);
    const names = new Map((await data.families()).map(({ parent, name }) => [parent, name]));
    return {
      json: { ...report, seconds, file, documents: found.documents, seeds: found.seeds },
      lines: [
        ...summaryLines(found),
        "",
        ...familyLines(found, names),
        "",
        `wrote ${file} in ${seconds.toFixed(1)} s`,
      ],
    };
  },
});

function stabilityOptions(
  values: Values,
  saes: readonly string[],
  atlas: AtlasOptions,
  context: CommandContext,
): AtlasStability {
  const { resamples, subsample, bootstrap, epochs, lr, batch, k } = values;
  if (bootstrap && subsample !== undefined) {
    throw new UsageError("stability: --bootstrap and --subsample exclude each other");
  }
  if (subsample !== undefined && !(subsample > 0 && subsample <= 1)) {
    throw new UsageError(`stability: --subsample must be over 0 and at most 1, got ${subsample}`);
  }
  const isKnown = atlas.training !== undefined || (epochs !== undefined && lr !== undefined);
  if (values.seeds === undefined && !isKnown && saes.length === 0) {
    context.note(
      "over documents alone: how the atlas's SAE was trained is not known here; give --epochs and --lr, or other SAEs",
    );
  }
  if ((values.seeds ?? 0) > 0 && !isKnown) {
    throw new UsageError(
      "stability: how the atlas's SAE was trained is not known here: --seeds needs --epochs and --lr",
    );
  }
  return {
    resamples,
    scheme: bootstrap ? "bootstrap" : "subsample",
    share: subsample,
    seeds: values.seeds ?? (isKnown && saes.length === 0 ? SEEDS : 0),
    training: { epochs, lr, batch },
    saes,
    k,
  };
}

function summaryLines({ documents, seeds, families, edges }: StabilityReport): string[] {
  const { resamples, scheme, share, permuted } = documents;
  const drawn = scheme === "bootstrap" ? "bootstrap" : `${percent(share)} of the documents`;
  return formatRows([
    ["", "stability", "random latents", "permuted codes"],
    [
      `${families.length} families, ${resamples} x ${drawn}`,
      digits(documents.families),
      digits(documents.random),
      permuted.count === 0 ? "no families" : `${digits(permuted.families)} (${permuted.count})`,
    ],
    [
      `${edges.length} edges`,
      digits(documents.edges),
      "",
      permuted.edgeCount === 0 ? "no edges" : `${digits(permuted.edges)} (${permuted.edgeCount})`,
    ],
    ...(seeds === null
      ? []
      : [
          [
            `families over ${seeds.saes.length} other SAEs, ${percent(seeds.matched)} of latents matched`,
            digits(seeds.families),
            digits(seeds.random),
            "",
          ],
        ]),
  ]);
}

/** The most and the least stable families. */
function familyLines({ families }: StabilityReport, names: ReadonlyMap<number, string>): string[] {
  const sorted = [...families].sort((a, b) => b.stability - a.stability || a.latent - b.latent);
  const shown = sorted.length <= 10 ? sorted : [...sorted.slice(0, 5), ...sorted.slice(-5)];
  return formatRows([
    ["latent", "family", "members", "over documents", "over seeds"],
    ...shown.map(({ latent, members, stability, interval: [low, high], seeds }) => [
      String(latent),
      names.get(latent) ?? "",
      String(members.length),
      `${digits(stability)} (${digits(low)} to ${digits(high)})`,
      digits(seeds?.stability),
    ]),
  ]);
}

function digits(value: number | null | undefined): string {
  return value?.toFixed(2) ?? "none";
}

function percent(value: number | null): string {
  return value === null ? "none" : `${(100 * value).toFixed(0)} %`;
}
