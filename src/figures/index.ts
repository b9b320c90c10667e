/** Figures as data: charts that know nothing of SAEs, the figures made of them, theme, renderer and pages. */
export { type BarsOptions, bars } from "./charts/bars.js";
export { type ColumnTreeOptions, columnTree } from "./charts/column-tree.js";
export { type ContourOptions, contour } from "./charts/contour.js";
export { type HeatmapOptions, heatmap } from "./charts/heatmap.js";
export { type HistogramOptions, histogram } from "./charts/histogram.js";
export { type Line, type LinesOptions, lines } from "./charts/lines.js";
export { type MapOptions, pointMap } from "./charts/map.js";
export { type NetworkOptions, network } from "./charts/network.js";
export { type RadarGroup, type RadarOptions, radar } from "./charts/radar.js";
export { type ScatterOptions, scatter } from "./charts/scatter.js";
export { type SlopesOptions, slopes } from "./charts/slopes.js";
export { type TableOptions, table } from "./charts/table.js";
export { type TreeOptions, tree } from "./charts/tree.js";
export { type ViolinsOptions, violins } from "./charts/violins.js";
export { type WaterfallOptions, waterfall } from "./charts/waterfall.js";
export {
  type PassSeries,
  type RadarChoice,
  type ValueSeries,
  chooseRadarFamilies,
  countByPass,
  drawFamilySizes,
  drawFiringRatio,
  drawRadarCharts,
  drawSubtreesPerPass,
  drawTaxonomyAgreement,
} from "./families.js";
export { type FamilyComponentsInput, drawFamilyComponents } from "./family-components.js";
export {
  type FamilyDocumentsInput,
  drawCooccurrenceGrid,
  drawFamilyDocuments,
  drawFamilyHeatmap,
  shareOfRarer,
} from "./family-matrices.js";
export { type StablePoint, drawFamilyStability } from "./family-stability.js";
export { type FamilyGraphInput, drawFamilyGraph, drawFamilyTree } from "./family.js";
export type { ChartOptions, Figure, FigureOptions } from "./figure.js";
export {
  type OverlapInput,
  type ScorePanel,
  type ScoreSeries,
  drawOverlapViolins,
  drawScoreHistogram,
  drawScoresByK,
} from "./labels.js";
export { drawDensityMap, drawLatentMap } from "./latent-map.js";
export {
  type KeptLatents,
  type RankSeries,
  drawActivationHistogram,
  drawCosineScatter,
  drawDensityHistogram,
  drawDimensionMagnitudes,
  drawEncoderDecoderCosine,
  drawKeptLatents,
  drawMagnitudeDecay,
} from "./latents.js";
export { type AuditPageOptions, auditPage } from "./pages/audit-page.js";
export { type CatalogPageOptions, catalogPage } from "./pages/catalog-page.js";
export { standaloneHtml } from "./render/html.js";
export { type Renderer, type RendererOptions, openRenderer } from "./render/render.js";
export {
  type MatchSeries,
  type SplitNode,
  type SplitRoot,
  drawMatchHistogram,
  drawSaeHistograms,
  drawSplittingTree,
} from "./saes.js";
export {
  type BeforeAfterInput,
  type OptimisationSeries,
  drawExplanationBars,
  drawIterativeOptimisation,
  drawReadBackError,
  drawSteeringBeforeAfter,
  drawSteeringContour,
  drawSteeringTradeoff,
} from "./search.js";
export {
  type FrontierRun,
  drawComputeFrontier,
  drawErrorByKept,
  drawLossCurve,
  drawScalingLaw,
} from "./training.js";
