/**
 * How an edit reaches the query. `additive` is the paper's: x + Σ Δ·W_dec with Δ as asked, even below a code of 0.
 * `reconstruction` is the web app's: the edited code decoded. `residual` adds Σ Δz·W_dec with codes kept at 0 or
 * above, so that it keeps what the SAE cannot reconstruct, at the query's length. `iterative` continues from there
 * towards the input whose code is the edited one. `documents` is `additive` along `documentDirections`, at the query's
 * length.
 */
export type SteeringMethod = (typeof STEERING_METHODS)[number];

/** All methods, the paper's two first. */
export const STEERING_METHODS = [
  "additive",
  "reconstruction",
  "residual",
  "iterative",
  "documents",
] as const;
