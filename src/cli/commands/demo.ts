import path from "node:path";
import { BASELINES_OPTION, FIGURE_OPTIONS, runBuild } from "../build-atlas.js";
import { type Command, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { engineOption } from "../options.js";
import { BUILD_OPTIONS } from "./build.js";

const options = {
  out: option.path("folder of the atlas (default families/wordnet)"),
  ...FIGURE_OPTIONS,
  ...BASELINES_OPTION,
  seed: option.integer("random seed (default 0)"),
  ...engineOption,
};

export const demoCommand: Command = defineCommand({
  name: "demo",
  group: "build",
  summary: "Build the atlas of the sample, 13,087 nouns from WordNet.",
  details:
    "Takes half a minute and needs no GPU, key or network. Steps whose inputs and options have not changed are not repeated, " +
    "and an interrupted run continues where it stopped.",
  example: "feature-families demo",
  options,
  elsewhere: {
    command: "build",
    options: BUILD_OPTIONS.filter((name) => !Object.hasOwn(options, name)),
  },
  async run(values, _positionals, context) {
    const { sampleOptions } = await import("../../atlas/sample-options.js");
    const atlas = {
      dir: values.out ?? path.join("families", "wordnet"),
      ...sampleOptions(context.packageRoot),
      seed: values.seed,
      baselines: values.baselines,
      device: values.engine ?? "auto",
    };
    return runBuild(atlas, values, context);
  },
});
