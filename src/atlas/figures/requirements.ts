import { isPlainTopK } from "../../sae/sae.js";
import { savedContrasts } from "../contrast/saved-contrasts.js";
import type { FigureEntry, Requirement } from "./entry.js";
import { scoreOf, scoredLabels } from "./reading.js";
import type { FigureSources } from "./sources.js";

/** Several SAEs of one embedding. */
export const SEVERAL_SAES: Requirement = requirement("two SAEs or more", ({ compares }) =>
  compares === undefined ? "needs two SAEs or more: --saes, --atlases or --grid-folder" : undefined,
);

/** A grid of SAEs with its table. */
export const GRID: Requirement = requirement("a grid of SAEs", ({ hasGrid }) =>
  hasGrid ? undefined : "needs a grid of SAEs: --grid-folder, as `train --grid` writes it",
);

const VARIED = { k: variedSize("k", "n"), n: variedSize("n", "k") };

/** SAEs that differ in `varied` and are equal in the other size. */
export function severalOf(varied: "n" | "k"): Requirement {
  return VARIED[varied];
}

/** Whether a figure is one of several SAEs. */
export function comparesSaes({ requires }: Pick<FigureEntry, "requires">): boolean {
  return [SEVERAL_SAES, VARIED.k, VARIED.n].some((one) => requires.includes(one));
}

/** Families of the atlas. */
export const FAMILIES: Requirement = requirement("families", async ({ atlas }) =>
  (await atlas.families()).length === 0 ? "this atlas has no families" : undefined,
);

/** Documents with classes and the agreement with them. */
export const TAXONOMY: Requirement = requirement("documents with classes", async ({ atlas }) =>
  (await atlas.taxonomy()) ? undefined : "needs documents with classes",
);

/** The documents' own map. */
export const DOCUMENT_MAP: Requirement = requirement("a map of the documents", async ({ atlas }) =>
  (await atlas.documentPlaces())
    ? undefined
    : "the documents have no map of their own: run `feature-families map --of documents --atlas DIR`",
);

/** The log of the training that made the atlas's SAE. */
export const TRAIN_LOG: Requirement = requirement("an SAE that the atlas trained", ({ atlas }) =>
  atlas.paths.trainLog === undefined ? "the SAE was given, so there is no training log" : undefined,
);

/** An SAE that can keep any number of latents. */
export const TOP_K: Requirement = requirement("a top-k SAE", async ({ atlas }) => {
  const { kind } = (await atlas.sae()).activation;
  return kind === "topk" ? undefined : `needs a top-k SAE, but this one is ${kind}`;
});

/** An SAE of the paper's kind. */
export const PLAIN_TOP_K: Requirement = requirement(
  "a top-k SAE of raw embeddings",
  async ({ atlas }) =>
    isPlainTopK(await atlas.sae())
      ? undefined
      : "needs a top-k SAE of raw embeddings with one bias, like the paper's",
);

/** Labels with a score. */
export const LABEL_SCORES: Requirement = requirement("labels with scores", async ({ atlas }) =>
  (await scoredLabels(atlas)).some(({ scores }) => scores.length > 0)
    ? undefined
    : "the labels have no scores: run `feature-families label`",
);

/** Labels judged by a language model. */
export const PEARSON_SCORES: Requirement = requirement(
  "labels with scores by a language model",
  async ({ atlas }) =>
    (await scoredLabels(atlas)).some((label) => Number.isFinite(scoreOf(label, "pearson")))
      ? undefined
      : "the labels have no scores by a language model: run `feature-families label`",
);

/** What the command `stability` measured. */
export const STABILITY: Requirement = requirement(
  "the stability of the families",
  async ({ atlas }) =>
    (await atlas.stability())
      ? undefined
      : "the families' stability was not measured: run `feature-families stability`",
);

/** What the command `contrast` saved. */
export const CONTRAST: Requirement = requirement("a saved contrast", async ({ atlas }) =>
  (await savedContrasts(atlas)).length > 0
    ? undefined
    : "no contrast was saved: run `feature-families contrast COLUMN --save`",
);

/** What the command `steering` measured. */
export const STEERING: Requirement = requirement("an evaluation of steering", async ({ atlas }) =>
  (await atlas.steering())
    ? undefined
    : "steering was not evaluated: run `feature-families steering`",
);

function requirement(
  needs: string,
  missing: (sources: FigureSources) => string | undefined | Promise<string | undefined>,
): Requirement {
  return { needs, missing: async (sources) => missing(sources) };
}

function variedSize(varied: "n" | "k", fixed: "n" | "k"): Requirement {
  const needs = `SAEs of equal ${fixed} and different ${varied}`;
  return requirement(needs, async (sources) => {
    // A grid has them, whether it is trained yet or not.
    if (sources.compares === "grid") return undefined;
    if (sources.compares === undefined) return SEVERAL_SAES.missing(sources);
    const saes = (await sources.saes()).map(({ sae }) => sae);
    const isPair = saes.some((a) =>
      saes.some((b) => a[fixed] === b[fixed] && a[varied] < b[varied]),
    );
    return isPair ? undefined : `needs ${needs}: --grid-folder`;
  });
}
