export { matrixBlocks } from "./matrix-blocks.js";
export { unpackSnappy } from "./snappy.js";
