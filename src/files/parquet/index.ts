export { matrixBlocks } from "./matrix-blocks.js";
export { openPage, readValues } from "./page-values.js";
export { unpackSnappy } from "./snappy.js";
