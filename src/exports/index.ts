/** Files of an atlas for other tools. */
export { type DelphiOptions, exportDelphi } from "./delphi.js";
export { catalogToFlatParquet } from "./flat-parquet.js";
export type { ExportInputs } from "./inputs.js";
export { type NeuronpediaOptions, documentTokens, exportNeuronpedia } from "./neuronpedia.js";
