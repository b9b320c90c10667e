/** Numbers of the paper, for figures that overlay them. */
export {
  PAPER_COMPUTE,
  PAPER_COMPUTE_SIZES,
  PAPER_COSINES,
  PAPER_DENSITIES,
  PAPER_FINAL_ERRORS,
  PAPER_GEOMETRY,
  PAPER_GRID_SIZES,
  PAPER_ITERATIVE,
  PAPER_METRICS,
  PAPER_STEPS,
} from "./paper-numbers.js";
