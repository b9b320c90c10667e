import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { FormatError } from "../../src/core/index.js";
import {
  type ByteSource,
  type TensorContent,
  bytesSource,
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
} from "../../src/files/index.js";
import { inFolder } from "../support/folder.js";
import { sharedPath } from "../support/shared.js";

const fixture = "test/fixtures/safetensors/all.safetensors";
type Expected = Record<string, { shape: number[]; dtype: string; values: (number | boolean)[] }>;
const expected = JSON.parse(
  readFileSync("test/fixtures/safetensors/expected.json", "utf8"),
) as Expected;

function withHeader(header: unknown, dataLength: number): ByteSource {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return bytesSource("x.safetensors", Buffer.concat([length, json, Buffer.alloc(dataLength)]));
}

test("readSafetensors reads every dtype and the metadata", async (t) => {
  const { tensors, metadata } = await readSafetensors(fixture);
  t.deepEqual(metadata, { k: "8" });
  t.deepEqual([...tensors.keys()].sort(), Object.keys(expected).sort());
  for (const [name, { shape, dtype, data }] of tensors) {
    const wanted = expected[name];
    t.deepEqual([shape, dtype], [wanted.shape, wanted.dtype], name);
    t.deepEqual(Array.from(data, Number), wanted.values.map(Number), name);
  }
});

test("encodeSafetensors writes the same bytes again", async (t) => {
  const { tensors, metadata } = await readSafetensors(fixture);
  const bytes = Buffer.concat(encodeSafetensors(tensors, metadata));
  t.deepEqual(bytes, readFileSync(fixture));
});

test("writeSafetensors and readSafetensors agree, half precision included", (t) =>
  inFolder(async (folder) => {
    const path = join(folder, "sae.safetensors");
    const contents = new Map<string, TensorContent>([
      ["a", { shape: [2, 2], data: Float32Array.of(1, -2, 3, 0.5) }],
      ["half", { shape: [2], data: Float32Array.of(1.0004, 70000), dtype: "float16" }],
      ["brain", { shape: [3], data: Float32Array.of(1.004, -3, NaN), dtype: "bfloat16" }],
      ["count", { shape: [], data: BigInt64Array.of(5n) }],
    ]);
    await writeSafetensors(path, contents, { format: "test" });
    const { tensors, metadata } = await readSafetensors(path);
    t.deepEqual(metadata, { format: "test" });
    t.deepEqual(tensors.get("a")?.data, Float32Array.of(1, -2, 3, 0.5));
    t.deepEqual(tensors.get("half")?.data, Float32Array.of(1, Infinity));
    t.deepEqual(tensors.get("brain")?.data, Float32Array.of(1.0078125, -3, NaN));
    t.deepEqual(tensors.get("count"), { shape: [], dtype: "int64", data: BigInt64Array.of(5n) });
  }));

test("encodeSafetensors refuses values that do not fit shape or dtype", (t) => {
  const data = Float32Array.of(1, 2);
  t.throws(() => encodeSafetensors(new Map([["a", { shape: [3], data }]])), {
    instanceOf: RangeError,
  });
  t.throws(() => encodeSafetensors(new Map([["a", { shape: [2], data, dtype: "int32" }]])), {
    instanceOf: TypeError,
  });
});

test("readSafetensors refuses headers that do not fit the file", async (t) => {
  const f32 = (start: number, end: number, shape: number[]): object => ({
    dtype: "F32",
    shape,
    data_offsets: [start, end],
  });
  const cases: [ByteSource, RegExp][] = [
    [bytesSource("x", new Uint8Array(0)), /not a safetensors file: 0 bytes/],
    [bytesSource("x", Buffer.from("\x93NUMPY\x01\x00 and so on", "latin1")), /header of \d+ bytes/],
    [withHeader("[1]", 0), /not a JSON object/],
    [withHeader("{", 0), /not valid JSON/],
    [withHeader({ a: f32(0, 8, [2]) }, 7), /truncated: .* found/],
    [withHeader({ a: f32(0, 8, [2]) }, 9), /too long/],
    [withHeader({ a: f32(0, 8, [3]) }, 8), /makes 12 bytes, found 8/],
    [withHeader({ a: f32(0, 8, [2]), b: f32(4, 12, [2]) }, 12), /"b" overlaps/],
    [withHeader({ a: f32(0, 8, [2]), b: f32(12, 20, [2]) }, 20), /"b" leaves a gap/],
    [withHeader({ a: f32(0, 8, [-2]) }, 8), /no shape/],
    [withHeader({ a: f32(0, 0, [2 ** 40, 2 ** 40]) }, 0), /too large/],
    [withHeader({ a: { dtype: "F8_E4M3", shape: [1], data_offsets: [0, 1] } }, 1), /F8_E4M3/],
    [withHeader({ a: 5 }, 0), /dtype none/],
    [withHeader({ __metadata__: { k: 8 } }, 0), /__metadata__ must be texts/],
  ];
  for (const [source, message] of cases) {
    await t.throwsAsync(readSafetensors(source), { instanceOf: FormatError, message });
  }
});

test("readSafetensors reads a SAELens directory's weights", async (t) => {
  const path = sharedPath("data/checkpoints/saelens_relu/sae_weights.safetensors");
  if (path === undefined) {
    t.log("skipped: the checkpoints are absent");
    t.pass();
    return;
  }
  const { tensors } = await readSafetensors(path);
  t.deepEqual(tensors.get("W_enc")?.shape, [128, 128]);
});
