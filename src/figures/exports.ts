export {
  PAPER_COLOURS,
  PAPER_COMPUTE,
  PAPER_COMPUTE_SIZES,
  PAPER_COSINES_BY_K,
  PAPER_COSINES_BY_N,
  PAPER_COSINES_HEADLINE,
  PAPER_DENSITIES,
  PAPER_FAMILIES,
  PAPER_FINAL_ERRORS,
  PAPER_GEOMETRY,
  PAPER_GRID_SIZES,
  PAPER_HEADLINE_SIZES,
  PAPER_ITERATIVE,
  PAPER_K_SWEEP,
  PAPER_METRICS,
  PAPER_PEARSON,
  PAPER_RADAR,
  PAPER_STEERING,
  PAPER_STEPS,
  PAPER_SUBTREES_PER_PASS,
  PAPER_TOKEN_OVERLAP,
  type PaperCosine,
  type PaperDomain,
  type PaperPowerLaw,
  type PaperSae,
} from "./paper-numbers.js";
export {
  type RadarChoice,
  type RadarFamily,
  chooseRadarFamilies,
  drawRadarCharts,
} from "./radar-charts.js";
export { type ScorePanel, type ScoreSeries, drawScoreHistogram } from "./score-histogram.js";
export { type MatchSeries, drawMatchHistogram } from "./match-histogram.js";
export { type SplitNode, type SplitRoot, drawSplittingTree } from "./splitting-tree.js";
export { type FamilyComponentsInput, drawFamilyComponents } from "./family-components.js";
export { type FamilyDocumentsInput, drawFamilyDocuments } from "./family-documents.js";
export { type FamilyGraphInput, drawFamilyGraph } from "./family-graph.js";
export { drawFiringRatio } from "./firing-ratio.js";
export { type KeptLatents, drawKeptLatents } from "./kept-latents.js";
export { type OverlapInput, drawOverlapViolins } from "./overlap-violins.js";
export { type PassSeries, countByPass, drawSubtreesPerPass } from "./subtrees-per-pass.js";
export type { ValueSeries } from "./value-histogram.js";
export { type RankSeries, drawDimensionMagnitudes, drawMagnitudeDecay } from "./rank-curves.js";
