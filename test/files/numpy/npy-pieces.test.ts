import test from "ava";
import { FormatError } from "../../../src/core/index.js";
import {
  bytesSource,
  readNpyIndices,
  readNpyMatrix,
  streamMatrix,
  streamNpyRows,
} from "../../../src/files/index.js";
import type { ByteSource } from "../../../src/files/index.js";
import { decodeFloat16 } from "../../../src/files/bytes/index.js";

// Three pieces of 64-bit integers, the last of which is cut off within a row.
const [ROWS, COLS] = [90_001, 3];
const COUNT = ROWS * COLS;

/** An .npy file of values as they lie in memory. */
function npyOf(descr: string, values: ArrayBufferView): ByteSource {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${ROWS}, ${COLS}), }`;
  const head = Buffer.from(`\x93NUMPY\x01\x00..${dict.padEnd(117)}\n`, "latin1");
  head.writeUInt16LE(118, 8);
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bytesSource(descr, Buffer.concat([head, bytes]));
}

const big = (at: number): bigint => BigInt((at * 2_654_435_761) % 2 ** 32);
const wide = BigInt64Array.from({ length: COUNT }, (_, at) => big(at));
const narrow = Uint32Array.from(wide, Number);

test("64-bit integers come as indices and as float32, piece by piece, in both byte orders", async (t) => {
  const swapped = wide.slice();
  Buffer.from(swapped.buffer).swap64();
  for (const [descr, values] of [
    ["<i8", wide],
    ["<u8", wide],
    [">i8", swapped],
  ] as const) {
    const indices = await readNpyIndices(npyOf(descr, values));
    t.deepEqual(indices, { rows: ROWS, cols: COLS, data: narrow }, descr);
    const matrix = await readNpyMatrix(npyOf(descr, values));
    t.deepEqual(matrix.data, Float32Array.from(narrow), descr);
  }
});

test("an index that does not fit is refused wherever it stands, with its row", async (t) => {
  for (const at of [0, 5, 131_071, 131_072, 200_001, COUNT - 1]) {
    for (const [value, message] of [
      [-1n, `<i8: row ${Math.floor(at / COLS)} contains -1, expected an index from 0 to 2^32 - 1`],
      [
        2n ** 32n,
        `<i8: row ${Math.floor(at / COLS)} contains 4294967296, expected an index from 0 to 2^32 - 1`,
      ],
      [2n ** 53n, "<i8: contains 9007199254740992, expected integers up to 2^53"],
      [-(2n ** 53n) - 1n, "<i8: contains -9007199254740993, expected integers up to 2^53"],
    ] as const) {
      const values = wide.slice();
      values[at] = value;
      await t.throwsAsync(readNpyIndices(npyOf("<i8", values)), {
        instanceOf: FormatError,
        message,
      });
    }
  }
});

test("numbers of other types are converted to the same float32 whole, in blocks and in memory that is used again", async (t) => {
  const doubles = Float64Array.from({ length: COUNT }, (_, at) => Math.sin(at) * 1e9);
  const bits = Uint16Array.from({ length: COUNT }, (_, at) => at % 65_536);
  const halves = new Float32Array(COUNT);
  decodeFloat16(bits, halves);
  const files: [string, ArrayBufferView, Float32Array][] = [
    ["<f8", doubles, Float32Array.from(doubles)],
    ["<f2", bits, halves],
    ["<i4", Int32Array.from(narrow), Float32Array.from(Int32Array.from(narrow))],
    ["|u1", Uint8Array.from(narrow), Float32Array.from(Uint8Array.from(narrow))],
    ["<f4", halves, halves],
  ];
  for (const [descr, values, expected] of files) {
    const words = Buffer.from(expected.buffer);
    const same = (data: Float32Array, from: number): boolean =>
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(
        words.subarray(4 * from, 4 * from + data.byteLength),
      );
    t.true(same((await readNpyMatrix(npyOf(descr, values))).data, 0), descr);
    for (const reuse of [false, true]) {
      let next = 17;
      const options = { start: 17, end: ROWS - 5, rowsPerBlock: 40_000, reuse };
      for await (const { start, block } of streamNpyRows(npyOf(descr, values), options)) {
        t.true(start === next && same(block.data, COLS * start), `${descr} from ${start}`);
        next += block.rows;
      }
      t.is(next, ROWS - 5);
    }
  }
});

test("blocks share memory only where that is asked for", async (t) => {
  const values = Float32Array.from({ length: COUNT }, (_, at) => at);
  for (const stream of [streamNpyRows, streamMatrix]) {
    for (const reuse of [undefined, false, true]) {
      const buffers: ArrayBufferLike[] = [];
      const options = { rowsPerBlock: 20_000, reuse };
      for await (const { block } of stream(npyOf("<f4", values), options)) {
        buffers.push(block.data.buffer);
      }
      t.is(buffers.length, 5);
      t.is(new Set(buffers).size, reuse ? 2 : 5);
    }
  }
});

test("every float16 is decoded to its float32, from any place in memory", (t) => {
  const value = (bits: number): number => {
    const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
    const size =
      exponent === 31
        ? mantissa === 0
          ? Infinity
          : NaN
        : exponent === 0
          ? mantissa * 2 ** -24
          : (1024 + mantissa) * 2 ** (exponent - 25);
    return bits & 0x8000 ? -size : size;
  };
  const all = Uint16Array.from({ length: 65_537 }, (_, bits) => bits);
  for (const [from, length] of [
    [0, 65_536],
    [1, 65_535],
    [1, 4],
    [2, 5],
    [7, 0],
  ]) {
    const out = new Float32Array(length + 3).fill(5);
    decodeFloat16(all.subarray(from, from + length), out, 2);
    t.deepEqual([out[0], out[1], out[length + 2]], [5, 5, 5]);
    for (let i = 0; i < length; i++) {
      if (!Object.is(out[2 + i], value(from + i))) t.fail(`${from + i}: ${out[2 + i]}`);
    }
  }
});
