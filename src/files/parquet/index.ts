export { matrixBlocks } from "./matrix-blocks.js";
export { openPage, readValues } from "./page-values.js";
export { readLists, shareOut } from "./parquet-matrix.js";
export { unpackSnappy } from "./snappy.js";
export { openZstd } from "./zstd.js";
