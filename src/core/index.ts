/**
 * What every other room builds on: matrices, sparse codes, seeded random numbers, statistics, errors and progress.
 */
export { type Auc, measureAuc } from "./auc.js";
export { addToList, countShared, jaccard, ownValue } from "./collections.js";
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
export { interruptible } from "./interrupt.js";
export { showsItself } from "./self-showing.js";
export { once } from "./once.js";
export {
  type PostingsList,
  createPostingsList,
  membersOf,
  postingCount,
  postingsOf,
} from "./postings.js";
export type { OnProgress, Progress } from "./progress.js";
export { type Random, createRandom, sampleIndices, shuffleInPlace } from "./random.js";
export {
  type Spread,
  correlation,
  f1Interval,
  meanOf,
  spreadOf,
  wilsonInterval,
} from "./statistics.js";
export { shown } from "./shown.js";
export { type TopDocuments, createTopDocuments } from "./top-documents.js";
export { VERSION } from "./version.js";
export { ArgumentError } from "./errors.js";
