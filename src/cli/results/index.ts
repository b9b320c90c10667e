/** Results as lines for a terminal. */
export { describeResults } from "./search-results.js";
