import { isPlainTopK } from "../../sae/sae.js";
import type { FigureEntry, Requirement } from "./entry.js";
import { scoreOf, scoredLabels } from "./reading.js";

/** Several SAEs of one embedding. */
export const SEVERAL_SAES: Requirement = {
  needs: "two SAEs or more",
  missing: ({ compares }) =>
    Promise.resolve(
      compares === undefined
        ? "needs two SAEs or more: --saes, --atlases or --grid-folder"
        : undefined,
    ),
};

/** A grid of SAEs with its table. */
export const GRID: Requirement = {
  needs: "a grid of SAEs",
  missing: ({ hasGrid }) =>
    Promise.resolve(
      hasGrid ? undefined : "needs a grid of SAEs: --grid-folder, as `train --grid` writes it",
    ),
};

const VARIED: Record<"k" | "n", Requirement> = { k: variedSize("k"), n: variedSize("n") };

/** SAEs that differ in `varied` and are equal in the other size. */
export function severalOf(varied: "n" | "k"): Requirement {
  return VARIED[varied];
}

/** Whether a figure is one of several SAEs. */
export function comparesSaes({ requires }: Pick<FigureEntry, "requires">): boolean {
  return [SEVERAL_SAES, VARIED.k, VARIED.n].some((one) => requires.includes(one));
}

/** Families of the atlas. */
export const FAMILIES: Requirement = {
  needs: "families",
  missing: async ({ atlas }) =>
    (await atlas.families()).length === 0 ? "this atlas has no families" : undefined,
};

/** Documents with classes and the agreement with them. */
export const TAXONOMY: Requirement = {
  needs: "documents with classes",
  missing: async ({ atlas }) =>
    (await atlas.taxonomy()) === undefined ? "needs documents with classes" : undefined,
};

/** The log of the training that made the atlas's SAE. */
export const TRAIN_LOG: Requirement = {
  needs: "an SAE that the atlas trained",
  missing: ({ atlas }) =>
    Promise.resolve(
      atlas.paths.trainLog === undefined
        ? "the SAE was given, so that there is no training log"
        : undefined,
    ),
};

/** An SAE that can keep any number of latents. */
export const TOP_K: Requirement = {
  needs: "a top-k SAE",
  missing: async ({ atlas }) => {
    const { kind } = (await atlas.sae()).activation;
    return kind === "topk" ? undefined : `needs a top-k SAE, this one is ${kind}`;
  },
};

/** An SAE of the paper's kind. */
export const PLAIN_TOP_K: Requirement = {
  needs: "a top-k SAE of raw embeddings",
  missing: async ({ atlas }) =>
    isPlainTopK(await atlas.sae())
      ? undefined
      : "needs a top-k SAE of raw embeddings with one bias, as the paper's",
};

function variedSize(varied: "n" | "k"): Requirement {
  const fixed = varied === "n" ? "k" : "n";
  return {
    needs: `SAEs of equal ${fixed} and different ${varied}`,
    async missing(sources) {
      if (sources.compares === undefined) return SEVERAL_SAES.missing(sources);
      // A grid has them, whether it is trained yet or not.
      if (sources.compares === "grid") return undefined;
      const saes = (await sources.saes()).map(({ sae }) => sae);
      const isPair = saes.some((a) =>
        saes.some((b) => a[fixed] === b[fixed] && a[varied] < b[varied]),
      );
      return isPair
        ? undefined
        : `needs SAEs of equal ${fixed} and different ${varied}: --grid-folder`;
    },
  };
}

/** Labels with a score. */
export const LABEL_SCORES: Requirement = {
  needs: "labels with scores",
  missing: async ({ atlas }) =>
    (await scoredLabels(atlas)).some(({ scores }) => scores.length > 0)
      ? undefined
      : "the labels have no scores: run `feature-families label`",
};

/** Labels judged by a language model. */
export const PEARSON_SCORES: Requirement = {
  needs: "labels with scores by a language model",
  missing: async ({ atlas }) =>
    (await scoredLabels(atlas)).some((label) => Number.isFinite(scoreOf(label, "pearson")))
      ? undefined
      : "the labels have no scores by a language model: run `feature-families label`",
};

/** What the command `stability` measured. */
export const STABILITY: Requirement = {
  needs: "the stability of the families",
  missing: async ({ atlas }) =>
    (await atlas.stability()) === undefined
      ? "the families' stability was not measured: run `feature-families stability`"
      : undefined,
};

/** What the command `steering` measured. */
export const STEERING: Requirement = {
  needs: "an evaluation of steering",
  missing: async ({ atlas }) =>
    (await atlas.steering()) === undefined
      ? "steering was not evaluated: run `feature-families steering`"
      : undefined,
};
