import { writeJson } from "../../files/json.js";
import { openEngine } from "../../engine/open-engine.js";
import type { Engine } from "../../engine/engine.js";
import { matchSaes } from "../../compare/match-saes.js";
import { splitLatents, splittingTrees } from "../../compare/splitting-trees.js";
import { matchFamiliesBothWays } from "../../compare/universality.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import {
  familyLines,
  matchLines,
  matchWithNulls,
  reportMatch,
  reportTrees,
  treeLines,
  universalOf,
} from "./match-report.js";
import { openMatchSide } from "./match-side.js";
import { engineChoice, engineOption } from "../options.js";

export const matchCommand: Command = defineCommand({
  name: "match",
  summary:
    "Match the latents of two or three SAEs by decoder direction: splits, recurrent and novel latents, families.",
  details:
    "Writes the paper's file: for each latent of the small SAE those of the large one that are nearest to it. A latent\n" +
    "is recurrent where its best cosine is above that of 99 % of random directions with the same spectrum, else novel.\n" +
    "SAEs of two corpora (of one embedding) are matched the same way: what both have is universal. --middle follows\n" +
    "latents through three sizes and tells how far that agrees with the direct way. Atlases instead of files give names\n" +
    "to latents, and their families are matched too.",
  example:
    "feature-families match --small csLG_16_3072_32.pth --large csLG_64_9216_128.pth --out csLG_nns_16to64.json",
  options: {
    small: {
      type: "string",
      value: "FILE",
      about: "the smaller SAE, of any format, or an atlas's folder",
      required: true,
    },
    middle: { type: "string", value: "FILE", about: "one in between, for splitting trees" },
    large: {
      type: "string",
      value: "FILE",
      about: "the larger SAE, or an atlas's folder",
      required: true,
    },
    out: { type: "string", value: "FILE", about: "{small latent: [large latents]}, .json" },
    trees: {
      type: "string",
      value: "FILE",
      about: "the splitting trees with their self-consistency, .json; needs --middle",
    },
    draws: { type: "integer", least: 1, about: "random directions of the null (default 2000)" },
    seed: { type: "integer", about: "of the nulls (default 0)" },
    ...engineOption,
  },
  async run(values, _positionals, { onProgress, signal }) {
    if (values.trees !== undefined && values.middle === undefined) {
      throw new UsageError("match: --trees needs --middle, an SAE between the two");
    }
    const small = await openMatchSide(values.small);
    const large = await openMatchSide(values.large);
    const middle = values.middle === undefined ? undefined : await openMatchSide(values.middle);
    const { draws, seed } = values;
    const engine: Engine = await openEngine(engineChoice(values.engine));
    try {
      const options = { onProgress, signal };
      const found = await matchWithNulls(small.decoder, large.decoder, engine, {
        ...{ draws, seed },
        ...options,
      });
      const splits = splitLatents(found.match);
      const report = reportMatch(found, splits, universalOf(found));
      const trees =
        middle &&
        splittingTrees(
          await matchSaes(small.decoder, middle.decoder, engine, options),
          await matchSaes(middle.decoder, large.decoder, engine, options),
          found.match,
        );
      const thresholds = {
        toSmall: found.toSmallNull.threshold,
        toLarge: found.toLargeNull.threshold,
      };
      const families =
        small.families &&
        large.families &&
        matchFamiliesBothWays(small.families, large.families, found.match, thresholds, { seed });
      if (values.out !== undefined) {
        await writeJson(values.out, Object.fromEntries(splits.map((list, i) => [i, list])), 0);
      }
      if (values.trees !== undefined) await writeJson(values.trees, trees, 0);
      const written = [values.out, values.trees].filter((file) => file !== undefined);
      return {
        json: { out: values.out, ...report, trees: trees && reportTrees(trees), families },
        lines: [
          ...matchLines(report),
          ...(trees && middle ? treeLines(trees, [small, middle, large]) : []),
          ...(families ? familyLines(families, small, large) : []),
          ...written.map((file) => `wrote ${file}`),
        ],
      };
    } finally {
      await engine.dispose();
    }
  },
});
