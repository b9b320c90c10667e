/**
 * Bytes below the formats: where they come from, archives of them, and how numbers are laid out in them.
 */
export { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from "./half.js";
export { type ByteSource, bytesSource, openSource, withSource } from "./source.js";
export {
  type Tensor,
  type TensorData,
  type TensorDtype,
  countValues,
  decodeTensorData,
  isTensor,
  tensorToFloat32,
} from "./tensor.js";
export { type ZipArchive, type ZipEntry, locateStored, openZip, readEntry } from "./zip.js";
