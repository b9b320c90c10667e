/**
 * The exact best rows by cosine: read in blocks, or picked through a quantised index that loses none of them.
 */
export * from "./kept-index.js";
export * from "./quantised-rows.js";
export * from "./search-index.js";
export * from "./search-rows.js";
