export {
  type Codes,
  type CountOptions,
  type Postings,
  createCodes,
  invertCodes,
  latentCounts,
  latentDensities,
  topDocuments,
} from "./codes.js";
export { ApiError, FormatError } from "./errors.js";
export {
  type Matrix,
  createMatrix,
  dot,
  matrixRow,
  matrixRows,
  normalizeRows,
  rowNorms,
  takeRows,
  transpose,
} from "./matrix.js";
export { type OnProgress, type Progress } from "./progress.js";
export { type Random, createRandom, sampleIndices, shuffleInPlace } from "./random.js";
