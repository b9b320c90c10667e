import { createRequire } from "node:module";

/** What the package's compiled C gives; its own `decompress` copies every page into fresh memory, which takes half as long as to decode it. */
interface ZstdModule {
  /** The memory, another one after it has grown. */
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  /** Bytes that were unpacked; -1 where they are damaged or more than `most`. */
  _decompress(to: number, most: number, from: number, bytes: number): number;
}

type Unpack = (input: Uint8Array, output: Uint8Array) => void;

let opened: Promise<Unpack> | undefined;

/** Decodes zstd in WebAssembly, for a Node that has none. Throws Error where the input is damaged or makes another length. */
export function openZstd(): Promise<Unpack> {
  return (opened ??= load());
}

async function load(): Promise<Unpack> {
  const require = createRequire(import.meta.url);
  const start = require("@foxglove/wasm-zstd/dist/wasm-zstd.js") as () => Promise<ZstdModule>;
  const zstd = await start();
  let address = 0;
  let bytes = 0;
  return (input, output) => {
    const needed = input.length + output.length;
    if (needed > bytes) {
      zstd._free(address);
      [address, bytes] = [0, 0];
      address = zstd._malloc(needed);
      if (address === 0) throw new Error(`no memory for a page of ${needed} bytes`);
      bytes = needed;
    }
    const from = address + output.length;
    zstd.HEAPU8.set(input, from);
    const unpacked = zstd._decompress(address, output.length, from, input.length);
    if (unpacked !== output.length) {
      throw new Error(`zstd of ${Math.max(unpacked, 0)} bytes, expected ${output.length}`);
    }
    output.set(zstd.HEAPU8.subarray(address, from));
  };
}
