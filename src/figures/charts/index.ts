/** Chart kinds: data and marks; they know nothing of SAEs. */
export * from "./bins.js";
export * from "./lines.js";
export { medianOf } from "../../core/statistics.js";
