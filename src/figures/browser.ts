/**
 * Figures as data: charts that know nothing of SAEs, theme and pages; without the renderer, which starts a browser. A bundler
 * for browsers takes this in place of the index.
 */
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
export type { Axis } from "./drawing/axis.js";
export type { ChartOptions, Figure, FigureOptions } from "./figure.js";
export { type LossRow, lossCurve } from "./loss-curve.js";
export { standaloneHtml } from "./render/html.js";
export { CATEGORIES } from "./theme/palette.js";
export { SIZES } from "./theme/theme.js";
