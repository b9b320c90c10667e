/**
 * Reads and writes the file formats of the field: NumPy, PyTorch, safetensors, Parquet, JSON, CSV; no reader runs
 * what a file contains.
 */
export * from "./browser.js";
export { type AtomicFile, createAtomicFile, sha256File, writeFileAtomic } from "./atomic-file.js";
export { openSource } from "./bytes/source.js";
export { type CodesPaths, type ReadCodesOptions, findCodes, readCodes } from "./codes.js";
export { type CodesPlan, type PlannedShard, readCodesPlan } from "./codes-plan.js";
export {
  type CodesShard,
  type CodesShardWriter,
  codesShardName,
  createCodesShard,
  findCodesShards,
  readCodesShards,
  streamCodesShard,
  streamCodesShards,
} from "./codes-shards.js";
export { readJson, writeJson } from "./json.js";
export { type JsonlRow, readJsonl, writeJsonl } from "./jsonl.js";
export {
  type MatrixFile,
  type MatrixShard,
  type RowStore,
  matrixShards,
  openMatrix,
  readMatrix,
  streamMatrix,
} from "./matrix.js";
export { type NpyWriter, createNpyWriter, writeNpy } from "./numpy/npy-write.js";
export { type NpzOptions, readNpz } from "./numpy/npz.js";
export { type ParquetOptions, type ParquetRow, streamParquetRows } from "./parquet/parquet.js";
export { readParquetMatrix } from "./parquet/parquet-matrix.js";
export { writeSafetensors } from "./safetensors-write.js";
export { type TextOptions, readLines, readText } from "./text.js";
export { type TorchContent, writeTorchState } from "./torch/torch-write.js";
export { readTorch, readTorchState } from "./torch/torch.js";
