/** Models that turn texts into embeddings in this process. */
export { openModelFolder } from "./model-folder.js";
export { createOfflineEmbedder } from "./sentence-encoder.js";
export { type Piece, createPieces } from "./sentence-pieces.js";
