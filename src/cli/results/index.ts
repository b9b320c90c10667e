/** Results as lines for a terminal. */
export * from "./build.js";
export * from "./search-results.js";
