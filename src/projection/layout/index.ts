/** UMAP's weights, start and rounds, in WebAssembly (assembly/layout.ts). */
export { fitCurve } from "./curve.js";
export { type NeighbourGraph, uniteDirections, weighNeighbours } from "./fuzzy-graph.js";
export { type LayoutKernels, PHASE, openLayoutKernels } from "./layout-kernels.js";
export { spectralPlaces } from "./spectral.js";
