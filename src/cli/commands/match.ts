import type { ComparedSae } from "../../atlas/compare.js";
import { type Command, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { engineOption } from "../options.js";
import { describeFamilyMatches, describeMatch, describeTrees } from "../results/match.js";

export const matchCommand: Command = defineCommand({
  name: "match",
  group: "steps",
  summary: "Match the latents and families of two or three SAEs by decoder direction.",
  details:
    "For each latent of the small SAE, --out lists the latents of the large one for which it is the nearest. A latent is " +
    "recurrent if its best cosine is above that of 99 % of random directions with the same spectrum, else novel. Between " +
    "SAEs of two corpora (of one embedding model), latents that match both ways are universal. --middle follows latents " +
    "through three sizes and reports how well that agrees with the direct match. Pass folders of atlases instead of files " +
    "to see labels and to match families too.",
  example:
    "feature-families match --small csLG_16_3072_32.pth --large csLG_64_9216_128.pth --out csLG_nns_16to64.json",
  options: {
    small: option.path("the smaller SAE, of any format, or the folder of an atlas", {
      required: true,
    }),
    middle: option.path("an SAE of a size in between, for splitting trees"),
    large: option.path("the larger SAE, or the folder of an atlas", { required: true }),
    out: option.path("file for the matches, {small latent: [large latents]}, .json"),
    trees: option.file(
      "file for the splitting trees with their self-consistency, .json; needs --middle",
      { needs: ["middle"] },
    ),
    draws: option.count("random directions that set the threshold (default 2000)"),
    seed: option.integer("random seed (default 0)"),
    ...engineOption,
  },
  async run(values, _positionals, { onProgress, onWarning, signal }) {
    const { compareSaes, openComparedSae } = await import("../../atlas/compare.js");
    const { chooseSplittingTrees, summariseTrees } =
      await import("../../compare/splitting-trees.js");
    const { withEngine } = await import("../../engine/open-engine.js");
    const { writeJson } = await import("../../files/json.js");
    const open = (file: string): Promise<ComparedSae> => openComparedSae(file, { onWarning });
    const small = await open(values.small);
    const large = await open(values.large);
    const middle = values.middle === undefined ? undefined : await open(values.middle);
    const { draws, seed, out } = values;
    const found = await withEngine(values.engine, (engine) =>
      compareSaes(small, large, engine, { middle, draws, seed, onProgress, signal }),
    );
    const { splits, toSmall, toLarge, universal, trees, families } = found;
    if (out !== undefined) {
      await writeJson(out, Object.fromEntries(splits.map((list, i) => [i, list])), 0);
    }
    if (values.trees !== undefined) await writeJson(values.trees, trees, 0);
    const summary = trees && summariseTrees(trees);
    return {
      json: {
        out,
        toSmall,
        toLarge,
        split: splits.filter((list) => list.length > 1).length,
        lone: splits.filter((list) => list.length === 0).length,
        universal: universal.length,
        trees: summary,
        families,
      },
      lines: [
        ...describeMatch(found),
        ...(trees && summary && middle
          ? describeTrees(summary, chooseSplittingTrees(trees), [small, middle, large])
          : []),
        ...(families ? describeFamilyMatches(families, small, large) : []),
        ...[out, values.trees].flatMap((file) => (file === undefined ? [] : [`wrote ${file}`])),
      ],
    };
  },
});
