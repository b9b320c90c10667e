/** UMAP's weights, start and rounds, in WebAssembly (assembly/layout.ts). */
export * from "./curve.js";
export * from "./fuzzy-graph.js";
export * from "./layout-kernels.js";
export * from "./spectral.js";
