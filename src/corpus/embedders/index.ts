/** Models that turn texts into embeddings in this process. */
export * from "./model-folder.js";
export * from "./sentence-encoder.js";
export * from "./sentence-pieces.js";
