import { writeJson } from "../data/json.js";
import { openEngine } from "../engine/auto.js";
import type { Engine } from "../engine/engine.js";
import { type SaeMatch, matchSaes, matchNull, splitLatents } from "../families/match.js";
import { loadSae } from "../sae/checkpoint.js";
import { type Command, defineCommand } from "./command.js";
import { engineChoice, engineOption } from "./options.js";
import { formatRows } from "./text.js";

export const matchCommand: Command = defineCommand({
  name: "match",
  summary:
    "Match the latents of two SAEs by decoder direction: splits, recurrent and novel latents.",
  details:
    "Writes the paper's file: for each latent of the small SAE those of the large one that are nearest to it. A latent\n" +
    "is recurrent where its best cosine is above that of 99 % of random directions with the same spectrum, else novel.",
  example:
    "feature-families match --small csLG_16_3072_32.pth --large csLG_64_9216_128.pth --out csLG_nns_16to64.json",
  options: {
    small: {
      type: "string",
      value: "FILE",
      about: "the smaller SAE, of any format",
      required: true,
    },
    large: {
      type: "string",
      value: "FILE",
      about: "the larger SAE, of any format",
      required: true,
    },
    out: { type: "string", value: "FILE", about: "{small latent: [large latents]}, .json" },
    draws: { type: "integer", least: 1, about: "random directions of the null (default 2000)" },
    seed: { type: "integer", about: "of the null (default 0)" },
    ...engineOption,
  },
  async run(values, _positionals, { onProgress, signal }) {
    // k plays no part in directions: files that do not tell it are read all the same.
    const small = (await loadAny(values.small)).decoder;
    const large = (await loadAny(values.large)).decoder;
    const engine: Engine = await openEngine(engineChoice(values.engine));
    try {
      const options = { onProgress, signal };
      const match = await matchSaes(small, large, engine, options);
      const { draws, seed } = values;
      const down = await matchNull(large, small, engine, { draws, seed, ...options });
      const up = await matchNull(small, large, engine, { draws, seed, ...options });
      const splits = splitLatents(match);
      if (values.out !== undefined) {
        await writeJson(values.out, Object.fromEntries(splits.map((list, i) => [i, list])), 0);
      }
      const report = summarise(match, splits, down.threshold, up.threshold);
      return {
        json: { out: values.out, ...report },
        lines: [
          ...formatRows([
            ["", "latents", "mean cosine", "threshold", "recurrent"],
            ["large to small", ...cells(report.toSmall)],
            ["small to large", ...cells(report.toLarge)],
          ]),
          `${report.split} of ${splits.length} small latents split in two or more, ${report.lone} have none`,
          ...(values.out === undefined ? [] : [`wrote ${values.out}`]),
        ],
      };
    } finally {
      await engine.dispose();
    }
  },
});

interface Direction {
  latents: number;
  meanCosine: number;
  threshold: number;
  recurrent: number;
}

function summarise(
  { toSmallCosine, toLargeCosine }: SaeMatch,
  splits: readonly number[][],
  downThreshold: number,
  upThreshold: number,
): { toSmall: Direction; toLarge: Direction; split: number; lone: number } {
  const direction = (cosines: Float32Array, threshold: number): Direction => ({
    latents: cosines.length,
    meanCosine: cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length,
    threshold,
    recurrent: cosines.filter((cosine) => cosine > threshold).length,
  });
  return {
    toSmall: direction(toSmallCosine, downThreshold),
    toLarge: direction(toLargeCosine, upThreshold),
    split: splits.filter((list) => list.length > 1).length,
    lone: splits.filter((list) => list.length === 0).length,
  };
}

function cells({ latents, meanCosine, threshold, recurrent }: Direction): string[] {
  const share = ((100 * recurrent) / latents).toFixed(0);
  return [
    String(latents),
    meanCosine.toFixed(3),
    threshold.toFixed(3),
    `${recurrent} (${share} %)`,
  ];
}

async function loadAny(file: string): ReturnType<typeof loadSae> {
  return loadSae(file).catch((error: unknown) => {
    if (error instanceof Error && /tells k: give k/.test(error.message))
      return loadSae(file, { k: 1 });
    throw error;
  });
}
