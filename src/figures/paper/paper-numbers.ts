/**
 * The numbers of "Disentangling Dense Embeddings with Sparse Autoencoders" (https://arxiv.org/abs/2408.00657), to be
 * drawn beside one's own. The authors published no tables of most of them: each constant below states its origin.
 * "Digitised" means read off the vector operators of the authors' PDF figures, accurate to about 1e-4 of an axis's
 * range; "read" means taken from their released files, notebooks or model card.
 */

/** The paper's two corpora: 271,492 abstracts of astrophysics and 153,146 of machine learning. */
export type PaperDomain = "astro-ph" | "cs.LG";

/** The paper's three headline SAEs, by k: their n are 3,072, 6,144 and 9,216. */
export type PaperSae = 16 | 32 | 64;

/** A power law `y = a · x^b` as drawn. */
export interface PaperPowerLaw {
  a: number;
  b: number;
}

/** The n of the paper's grid of 40 SAEs; the columns of PAPER_FINAL_ERRORS. */
export const PAPER_GRID_SIZES: readonly number[] = [3072, 4608, 6144, 9216, 12288];

/**
 * Final normalised MSE of the 40 SAEs over the whole corpus, one for each of PAPER_GRID_SIZES, with the line drawn
 * through them (no irreducible term). Digitised from l_n_k_scaling.
 */
export const PAPER_FINAL_ERRORS: readonly {
  k: number;
  domain: PaperDomain;
  errors: readonly number[];
  fit: PaperPowerLaw;
}[] = [
  finalErrors(16, "astro-ph", [0.23, 0.2174, 0.2113, 0.1994, 0.1943], 0.6147, -0.1227),
  finalErrors(16, "cs.LG", [0.2308, 0.2164, 0.2064, 0.1986, 0.191], 0.6718, -0.1339),
  finalErrors(32, "astro-ph", [0.1751, 0.1649, 0.1594, 0.1516, 0.1459], 0.4945, -0.1297),
  finalErrors(32, "cs.LG", [0.181, 0.1698, 0.1632, 0.1548, 0.1483], 0.5631, -0.1417),
  finalErrors(64, "astro-ph", [0.1419, 0.1308, 0.1262, 0.1195, 0.115], 0.4606, -0.1479),
  finalErrors(64, "cs.LG", [0.1486, 0.1397, 0.1312, 0.123, 0.117], 0.6039, -0.1743),
  finalErrors(128, "astro-ph", [0.1111, 0.1051, 0.1023, 0.0972, 0.0923], 0.3144, -0.1294),
  finalErrors(128, "cs.LG", [0.1205, 0.1129, 0.1084, 0.0999, 0.0939], 0.511, -0.1791),
];

/** The n of the runs of the compute figure; the columns of PAPER_COMPUTE. */
export const PAPER_COMPUTE_SIZES: readonly number[] = [3072, 6144, 9216, 12288];

/** Training steps of each run of the compute figure; `trainingFlops` with d 1536 then gives its x. */
export const PAPER_STEPS = 13_300;

/**
 * Compute scaling on astro-ph: the last point of each run's curve (one batch, so noisier than PAPER_FINAL_ERRORS), one
 * for each of PAPER_COMPUTE_SIZES, and the frontier through them, from 1.26e11 to 5.03e11 FLOPs. Digitised from
 * reconstruction_loss_plot_flops.
 */
export const PAPER_COMPUTE: readonly {
  k: number;
  errors: readonly number[];
  frontier: PaperPowerLaw;
}[] = [
  { k: 16, errors: [0.2264, 0.2128, 0.1984, 0.1957], frontier: { a: 3.8373, b: -0.1106 } },
  { k: 32, errors: [0.1816, 0.1588, 0.1554, 0.152], frontier: { a: 5.2458, b: -0.132 } },
  { k: 64, errors: [0.142, 0.1262, 0.1182, 0.1152], frontier: { a: 8.0262, b: -0.1579 } },
  { k: 128, errors: [0.1111, 0.1048, 0.0975, 0.0936], frontier: { a: 2.798, b: -0.1257 } },
];

/**
 * The table of SAEs on the released models' card: normalised MSE of the last training batch, mean log10 density of the
 * latents, mean activation that is not 0. Read.
 */
export const PAPER_METRICS: readonly {
  k: number;
  n: number;
  domain: PaperDomain;
  normalizedMse: number;
  meanLogDensity: number;
  meanActivation: number;
}[] = [
  metrics(16, 3072, "astro-ph", 0.2264, -2.7204, 0.1264),
  metrics(16, 3072, "cs.LG", 0.2284, -2.7314, 0.1332),
  metrics(64, 9216, "astro-ph", 0.1182, -2.4682, 0.0539),
  metrics(64, 9216, "cs.LG", 0.124, -2.3536, 0.0545),
  metrics(128, 12288, "astro-ph", 0.0936, -2.7025, 0.0399),
  metrics(128, 12288, "cs.LG", 0.0942, -2.0858, 0.0342),
];

/**
 * log10 density of the live latents on astro-ph: median and mean. Digitised from log_feature_density and its combined form;
 * bins of 0.1.
 */
export const PAPER_DENSITIES: Readonly<Record<PaperSae, { median: number; mean: number }>> = {
  16: { median: -2.719, mean: -2.721 },
  32: { median: -2.887, mean: -2.778 },
  64: { median: -2.563, mean: -2.468 },
};

/**
 * Pearson correlation of the labels' predictions with the truth: the dashed line (taken to be the median) and the share of
 * latents in the bins from 0.8 on. Digitised from pearson_correlations_combined; bins of 0.1.
 */
export const PAPER_PEARSON: Readonly<
  Record<PaperDomain, Readonly<Record<PaperSae, { median: number; shareFrom08: number }>>>
> = {
  "astro-ph": {
    16: { median: 0.985, shareFrom08: 0.61 },
    32: { median: 0.857, shareFrom08: 0.53 },
    64: { median: 0.866, shareFrom08: 0.53 },
  },
  "cs.LG": {
    16: { median: 0.707, shareFrom08: 0.39 },
    32: { median: 0.676, shareFrom08: 0.35 },
    64: { median: 0.657, shareFrom08: 0.35 },
  },
};

/**
 * How often a judge recognised which latent was turned up and which down, by the cosine of the edited with the original query:
 * astro-ph, SAE64, 50 queries, chance 0.2; and the same of queries that a language model rewrote. Digitised from
 * accuracy_vs_cosine_similarity.
 */
export const PAPER_STEERING: Readonly<{
  cosines: readonly number[];
  up: readonly number[];
  down: readonly number[];
  rewrite: { cosine: number; up: number; down: number };
}> = {
  cosines: [0.05, 0.2, 0.35, 0.7, 0.9, 0.95, 1],
  up: [0.9, 0.94, 0.88, 0.78, 0.42, 0.32, 0.32],
  down: [0.56, 0.6, 0.54, 0.52, 0.38, 0.36, 0.16],
  rewrite: { cosine: 0.72, up: 0.58, down: 0.4 },
};

/**
 * Directions of the 9,216 latents of SAE64 on astro-ph: mean cosine of encoder and decoder, mean of the largest cosine with
 * another decoder direction, and the slope of the first on the second. Digitised from
 * cosine_similarity_encoder_decoder_scatter.
 */
export const PAPER_GEOMETRY: Readonly<Record<"encoderDecoder" | "nearest" | "slope", number>> = {
  ...{ encoderDecoder: 0.573, nearest: 0.282, slope: -0.046 },
};

/**
 * Pairs of SAEs on astro-ph, k and n of the one listed first in the legend, then of the other, with the largest cosine of each
 * latent with those of the other SAE: its mean or median (the figure does not say). The direction looks like "each latent of
 * the first in the second", which is inferred. Pairs of equal k are digitised from combined_k, those of equal n from
 * combined_n, the headline SAEs' from multiple_cosine_sim_histograms.
 */
export const PAPER_COSINES: readonly (readonly [number, number, number, number, number])[] = [
  [16, 3072, 16, 6144, 0.926],
  [16, 3072, 16, 9216, 0.922],
  [16, 6144, 16, 9216, 0.754],
  [32, 3072, 32, 6144, 0.886],
  [32, 3072, 32, 9216, 0.885],
  [32, 6144, 32, 9216, 0.664],
  [64, 3072, 64, 6144, 0.766],
  [64, 3072, 64, 9216, 0.767],
  [64, 6144, 64, 9216, 0.456],
  [16, 3072, 32, 3072, 0.841],
  [16, 3072, 64, 3072, 0.713],
  [32, 3072, 64, 3072, 0.765],
  [16, 6144, 32, 6144, 0.626],
  [16, 6144, 64, 6144, 0.468],
  [32, 6144, 64, 6144, 0.49],
  [16, 9216, 32, 9216, 0.494],
  [16, 9216, 64, 9216, 0.388],
  [32, 9216, 64, 9216, 0.377],
  [16, 3072, 32, 6144, 0.878],
  [16, 3072, 64, 9216, 0.795],
  [32, 6144, 64, 9216, 0.595],
];

/**
 * Normalised MSE at steps 1 to 10 of the search for an input whose code is the edited one: a silent latent turned on,
 * and an active one turned off. What the authors optimised and how is not known. Digitised from
 * combined_iterative_optimisation.
 */
export const PAPER_ITERATIVE: Readonly<
  Record<PaperSae, { zeroToActive: readonly number[]; activeToZero: readonly number[] }>
> = {
  16: {
    zeroToActive: [0.0996, 0.0728, 0.0599, 0.0554, 0.051, 0.0474, 0.0437, 0.042, 0.0408, 0.0401],
    activeToZero: [0.0319, 0.0299, 0.0213, 0.019, 0.0174, 0.015, 0.0134, 0.0122, 0.0116, 0.0111],
  },
  32: {
    zeroToActive: [0.1613, 0.1401, 0.1136, 0.0996, 0.0864, 0.0775, 0.0711, 0.0664, 0.064, 0.0625],
    activeToZero: [0.0433, 0.1345, 0.0769, 0.0795, 0.0696, 0.0604, 0.0551, 0.052, 0.0502, 0.0492],
  },
  64: {
    zeroToActive: [0.2225, 0.2224, 0.1925, 0.1614, 0.1427, 0.1291, 0.1202, 0.1145, 0.1111, 0.1094],
    activeToZero: [0.076, 0.2294, 0.1792, 0.1517, 0.1432, 0.1333, 0.1263, 0.1221, 0.1197, 0.1185],
  },
};

/**
 * The families of astro-ph SAE64 that the authors stored (thresholds of 0.6, older than the paper's): how many, and how many of
 * them have at least so many members, from the counts of the smallest sizes and the largest one. Read.
 */
export const PAPER_FAMILIES: Readonly<{
  families: number;
  atLeast: readonly (readonly [size: number, families: number])[];
}> = {
  families: 610,
  atLeast: [
    [4, 610],
    [5, 470],
    [6, 368],
    [7, 305],
    [8, 256],
    [9, 216],
    [10, 186],
    [473, 1],
  ],
};

/** Subtrees found in each of the four passes of one run with older thresholds. Read off a notebook's plot. */
export const PAPER_SUBTREES_PER_PASS: readonly number[] = [99, 226, 282, 189];

/**
 * Normalised MSE of SAE64 decoded with other k, on one batch: least at its own k. Read off a notebook's image, so to
 * about 0.02.
 */
export const PAPER_K_SWEEP: readonly { k: number; normalizedMse: number }[] = [
  { k: 16, normalizedMse: 0.44 },
  { k: 64, normalizedMse: 0.19 },
  { k: 252, normalizedMse: 0.8 },
];

function finalErrors(
  k: number,
  domain: PaperDomain,
  errors: readonly number[],
  a: number,
  b: number,
): (typeof PAPER_FINAL_ERRORS)[number] {
  return { k, domain, errors, fit: { a, b } };
}

function metrics(
  k: number,
  n: number,
  domain: PaperDomain,
  normalizedMse: number,
  meanLogDensity: number,
  meanActivation: number,
): (typeof PAPER_METRICS)[number] {
  return { k, n, domain, normalizedMse, meanLogDensity, meanActivation };
}
