import type { AtlasOptions, AtlasStability } from "../../atlas/options.js";
import { atlasOption, chooseAtlas, movedOptions, withAtlas } from "../atlas-option.js";
import type { Command, CommandContext, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { refuseOptions } from "../option-rules.js";
import { engineOption } from "../options.js";
import { describeFamilyStability, describeStability } from "../results/stability.js";

const options = {
  ...atlasOption,
  ...movedOptions,
  resamples: option.count("number of document resamples (default 100)"),
  subsample: option.number("share of the documents in each resample (default 0.5)"),
  bootstrap: option.flag("resample with replacement (bootstrap) instead", {
    excludes: ["subsample"],
  }),
  seeds: option.integer(
    "SAEs to train with other seeds (default 3, or 0 if SAE files are given or the atlas did not train its own SAE)",
    { least: 0 },
  ),
  epochs: option.count(
    "passes over the documents in their training (default: as for the atlas's SAE)",
  ),
  lr: option.number("learning rate of their training (default: as for the atlas's SAE)"),
  batch: option.count("documents per batch of their training (default: as for the atlas's SAE)"),
  k: option.count("latents kept per document by the given SAEs, if their files do not declare it"),
  ...engineOption,
};

type Values = OptionValues<typeof options>;

export const stabilityCommand: Command = defineCommand({
  name: "stability",
  group: "explore",
  summary: "Measure how reproducible families are across document resamples and training seeds.",
  details:
    "Finds families again in resamples of the documents, and in SAEs that differ from the atlas's only in their seed " +
    "or that are given as arguments. The values are written to stability.json, families.json, the forest and the catalog, " +
    "and stay until the families change. Trained SAEs are kept in the atlas; an interrupted training continues.",
  example: "feature-families stability --resamples 100 --seeds 3",
  positionals: "[SAE...]",
  options,
  async run(values, saes, context) {
    if (saes.length === 0) refuseOptions("stability: a call without SAE files", values, ["k"]);
    if (values.seeds === 0 || (values.seeds === undefined && saes.length > 0)) {
      refuseOptions("stability: a call that trains no SAEs", values, ["epochs", "lr", "batch"]);
    }
    const dir = await chooseAtlas("stability", values);
    const { readAtlasOptions } = await import("../../atlas/files/atlas-options.js");
    const { familyName } = await import("../../records/family.js");
    const built = await readAtlasOptions(dir);
    const { onProgress, onWarning, signal } = context;
    const options = stabilityOptions(values, saes, built, context);
    const start = performance.now();
    const opening = { device: values.engine, onProgress, onWarning, signal };
    return withAtlas(dir, opening, async (atlas) => {
      const found = await atlas.measureStability(options);
      const seconds = (performance.now() - start) / 1000;
      const file = atlas.store.file("stability");
      const names = new Map(
        (await atlas.families()).map((family) => [family.parent, familyName(family)]),
      );
      return {
        json: { seconds, file, documents: found.documents, seeds: found.seeds },
        lines: [
          ...describeStability(found),
          "",
          ...describeFamilyStability(found, names),
          "",
          `wrote ${file} in ${seconds.toFixed(1)} s`,
        ],
      };
    });
  },
});

function stabilityOptions(
  values: Values,
  saes: readonly string[],
  atlas: AtlasOptions,
  context: CommandContext,
): AtlasStability {
  const { resamples, subsample, bootstrap, epochs, lr, batch, k } = values;
  if (subsample !== undefined && !(subsample > 0 && subsample <= 1)) {
    throw new UsageError(`stability: --subsample must be over 0 and at most 1, got ${subsample}`);
  }
  const isKnown = atlas.training !== undefined || (epochs !== undefined && lr !== undefined);
  if (values.seeds === undefined && !isKnown && saes.length === 0) {
    context.onWarning(
      "measured over documents only: the atlas does not record how its SAE was trained; for seeds too, pass --epochs and --lr, or SAE files",
    );
  }
  const wanted = ["seeds", "epochs", "lr", "batch"] as const;
  const given = wanted.find((name) => (values[name] ?? 0) > 0);
  if (given !== undefined && !isKnown) {
    throw new UsageError(
      `stability: the atlas does not record how its SAE was trained: --${given} needs --epochs and --lr`,
    );
  }
  return {
    resamples,
    scheme: bootstrap ? "bootstrap" : "subsample",
    share: subsample,
    seeds: values.seeds,
    training: { epochs, lr, batch },
    saes,
    k,
  };
}
