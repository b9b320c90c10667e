/** What of the files' room needs no Node: formats as bytes and text in memory. A bundler for browsers takes this in place of the index. */
export { type ByteSource, bytesSource } from "./bytes/source.js";
export { type Tensor, type TensorData, type TensorDtype, tensorToFloat32 } from "./bytes/tensor.js";
export {
  type CsvOptions,
  type CsvTable,
  type CsvValue,
  type FormatCsvOptions,
  type ParseCsvOptions,
  formatCsv,
  parseCsv,
} from "./csv.js";
export { parseJson, stringifyJson } from "./json-text.js";
export { type NpyContent, type NpyWriteDtype, encodeNpy } from "./numpy/npy-encode.js";
export { type NpyDtype, type NpyHeader, readNpyHeader } from "./numpy/npy-header.js";
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
export { type TensorContent, encodeSafetensors, readSafetensors } from "./safetensors.js";
