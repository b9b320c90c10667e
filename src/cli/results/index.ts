/** Results as lines for a terminal. */
export { type BuildSummary, describeSummary } from "./build.js";
export { describeResults } from "./search-results.js";
