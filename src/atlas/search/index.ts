/** Searches and steering on an atlas. */
export * from "./document-search.js";
export * from "./evaluate-steering.js";
export * from "./name-vectors.js";
