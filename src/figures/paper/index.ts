/** Numbers of the paper, for figures that overlay them. */
export {
  PAPER_COMPUTE,
  PAPER_COMPUTE_SIZES,
  PAPER_COSINES_BY_K,
  PAPER_COSINES_BY_N,
  PAPER_DENSITIES,
  PAPER_FINAL_ERRORS,
  PAPER_GEOMETRY,
  PAPER_GRID_SIZES,
  PAPER_ITERATIVE,
  PAPER_METRICS,
  PAPER_STEPS,
} from "./paper-numbers.js";
