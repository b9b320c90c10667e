/**
 * Reads and writes the file formats of the field: NumPy, PyTorch, safetensors, Parquet, JSON, CSV; no reader runs
 * what a file contains.
 */
export { type AtomicFile, createAtomicFile, sha256File, writeFileAtomic } from "./atomic-file.js";
export { type ByteSource, bytesSource, openSource } from "./bytes/source.js";
export { type Tensor, type TensorData, type TensorDtype, tensorToFloat32 } from "./bytes/tensor.js";
export { type CodesPaths, type ReadCodesOptions, findCodes, readCodes } from "./codes.js";
export {
  type CsvOptions,
  type CsvTable,
  type CsvValue,
  type FormatCsvOptions,
  type ParseCsvOptions,
  formatCsv,
  parseCsv,
} from "./csv.js";
export { parseJson, readJson, stringifyJson, writeJson } from "./json.js";
export { type JsonlRow, readJsonl, writeJsonl } from "./jsonl.js";
export { type RowStore, openMatrix, readMatrix, streamMatrix } from "./matrix.js";
export { type NpyDtype, type NpyHeader, readNpyHeader } from "./numpy/npy-header.js";
export {
  type NpyContent,
  type NpyWriteDtype,
  type NpyWriter,
  createNpyWriter,
  encodeNpy,
  writeNpy,
} from "./numpy/npy-write.js";
export {
  type IndexMatrix,
  type NpyArray,
  type NpyData,
  type RowBlock,
  type RowBlockOptions,
  readNpy,
  readNpyIndices,
  readNpyMatrix,
  streamNpyRows,
} from "./numpy/npy.js";
export { type NpzOptions, readNpz } from "./numpy/npz.js";
export {
  type ParquetOptions,
  type ParquetRow,
  readParquetMatrix,
  streamParquetRows,
} from "./parquet/parquet.js";
export {
  type TensorContent,
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
} from "./safetensors.js";
export { type TextOptions, readLines, readText } from "./text.js";
export { type TorchContent, writeTorchState } from "./torch/torch-write.js";
export { readTorch, readTorchState } from "./torch/torch.js";
