export { drawActivationHistogram } from "./activation-histogram.js";
export { type AuditPageOptions, auditPage } from "./audit-page.js";
export { type CatalogPageOptions, catalogPage } from "./catalog-page.js";
export { drawCooccurrenceGrid } from "./cooccurrence-grid.js";
export { drawCosineScatter } from "./cosine-scatter.js";
export { drawDensityHistogram } from "./density-histogram.js";
export { drawDensityMap } from "./density-map.js";
export { drawEncoderDecoderCosine } from "./encoder-decoder-cosine.js";
export { type ErrorLine, drawErrorLines } from "./error-lines.js";
export { drawExplanationBars } from "./explanation-bars.js";
export { type FamilyComponentsInput, drawFamilyComponents } from "./family-components.js";
export { type FamilyDocumentsInput, drawFamilyDocuments } from "./family-documents.js";
export { type FamilyGraphInput, drawFamilyGraph } from "./family-graph.js";
export { drawFamilyHeatmap } from "./family-heatmap.js";
export { type StablePoint, drawFamilyStability } from "./family-stability.js";
export { drawFamilyTree } from "./family-tree.js";
export type { Figure, FigureOptions } from "./figure.js";
export { drawFiringRatio } from "./firing-ratio.js";
export { shareOfRarer } from "./heatmap.js";
export { type HistogramPanel, drawHistogramPanels } from "./histogram-panels.js";
export { standaloneHtml } from "./html.js";
export { type OptimisationSeries, drawIterativeOptimisation } from "./iterative-optimisation.js";
export { type KeptLatents, drawKeptLatents } from "./kept-latents.js";
export { drawLatentMap } from "./latent-map.js";
export { drawLossCurve } from "./loss-curve.js";
export { type MatchSeries, drawMatchHistogram } from "./match-histogram.js";
export { type MetricsRow, drawMetricsTable } from "./metrics-table.js";
export { type OverlapInput, drawOverlapViolins } from "./overlap-violins.js";
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
export { type RankSeries, drawDimensionMagnitudes, drawMagnitudeDecay } from "./rank-curves.js";
export { type Renderer, type RendererOptions, openRenderer } from "./render.js";
export { type FrontierRun, drawComputeFrontier, drawScalingLaw } from "./scaling.js";
export { type ScorePanel, type ScoreSeries, drawScoreHistogram } from "./score-histogram.js";
export { type SplitNode, type SplitRoot, drawSplittingTree } from "./splitting-tree.js";
export { type BeforeAfterInput, drawSteeringBeforeAfter } from "./steering-before-after.js";
export { drawSteeringContour } from "./steering-contour.js";
export { drawSteeringTradeoff } from "./steering-tradeoff.js";
export { type PassSeries, countByPass, drawSubtreesPerPass } from "./subtrees-per-pass.js";
export { drawTaxonomyAgreement } from "./taxonomy-agreement.js";
export type { ValueSeries } from "./value-histogram.js";
