/** How large, dense and separate families are, compared with random ones. */
export * from "./block-ratios.js";
export * from "./family-statistics.js";
export * from "./statistics-record.js";
