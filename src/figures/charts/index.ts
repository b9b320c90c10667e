/** Chart kinds: data and marks; they know nothing of SAEs. */
export { binRange, binValues, meanOf, medianOf, stepTrace } from "./bins.js";
export type { LinePlot } from "./lines.js";
