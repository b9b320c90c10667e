import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import test from "ava";
import { FormatError } from "../../src/core/index.js";
import {
  type ByteSource,
  bytesSource,
  encodeNpy,
  parseCsv,
  parseJson,
  readJson,
  readJsonl,
  readNpy,
  readNpyIndices,
  readNpyMatrix,
  readNpz,
  readSafetensors,
  readText,
  readTorch,
  readTorchState,
  streamNpyRows,
} from "../../src/files/index.js";
import { processorTime } from "../support/processor-time.js";

type Read = (source: ByteSource) => Promise<unknown>;

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) void item;
}

function npy(header: string, values = 0, version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(header.length, 0, length.length);
  const magic = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, "latin1");
  return Buffer.concat([magic, length, Buffer.from(header, "latin1"), Buffer.alloc(values)]);
}

function npyOf(shape: string, values = 0, descr = "'<f4'"): Uint8Array {
  return npy(`{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}}`, values);
}

function safetensors(header: string, length: number | bigint = header.length): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([head, Buffer.from(header)]);
}

const matrix = encodeNpy({ shape: [2, 2], data: [1, 2, 3, 4], dtype: "f4" });
const stream: Read = (source) => drain(streamNpyRows(source));
const checkpoint = readFileSync("test/fixtures/torch/module_state.pth");
const legacy = readFileSync("test/fixtures/torch/state_legacy.pth");
const csv: Read = async (source) => parseCsv(await readText(source), source.name);
const jsonl: Read = (source) => drain(readJsonl(source));

const cases: [string, Read, string | Uint8Array, RegExp][] = [
  ["npy: empty", readNpy, "", /not an npy file: it is empty/],
  ["npy: wrong magic", readNpyMatrix, checkpoint, /does not start with \\x93NUMPY/],
  [
    "npy: magic only",
    readNpy,
    matrix.subarray(0, 9),
    /truncated: npy header needs at least 10 bytes/,
  ],
  ["npy: cut in the header", readNpy, matrix.subarray(0, 60), /header ends at byte 128, found 60/],
  ["npy: cut in the values", stream, matrix.subarray(0, 140), /makes 144 bytes, found 140/],
  ["npy: version 9", readNpy, npy("{}", 0, 9), /version must be from 1 to 3, got 9/],
  ["npy: header of 4 GB", readNpy, npy("", 0, 2).fill(0xff, 8, 12), /header of 4294967295 bytes/],
  ["npy: header of 1 MB", readNpy, npy(" ".repeat(2 ** 20), 0, 2), /at most 65536 are read/],
  ["npy: header of brackets", readNpy, npy("[".repeat(60_000)), /not a Python literal near "\["/],
  ["npy: header of code", readNpy, npy("__import__('os').system('id')"), /no|not a Python literal/],
  ["npy: no dict", readNpy, npy("(1, 2)"), /header is not a dict/],
  ["npy: no shape", readNpy, npyOf("'x'"), /lacks a shape/],
  ["npy: negative shape", readNpy, npyOf("(-1, 2)"), /not a Python literal near "-"/],
  ["npy: fractional shape", readNpy, npyOf("(1.5,)"), /not a Python literal/],
  ["npy: shape past 2^53", readNpy, npyOf("(4294967296, 4294967296)"), /is too large/],
  ["npy: petabytes", readNpyMatrix, npyOf("(1000000000, 100000)", 16), /makes 4000000000000\d+ b/],
  ["npy: 40 dimensions", readNpy, npyOf(`(${"1,".repeat(40)})`, 4), /shape of at most 32/],
  ["npy: a vector for a matrix", readNpyMatrix, npyOf("(4,)", 16), /shape \(4\)/],
  ["npy: endless empty rows", stream, npyOf("(9007199254740, 0)"), /at least one column/],
  ["npy: objects", readNpy, npyOf("(1,)", 8, "'|O'"), /Python objects are never read/],
  ["npy: floats for indices", readNpyIndices, matrix, /expected an integer dtype/],
  ["npz: empty", readNpz, "", /no end record/],
  ["npz: an npy", readNpz, matrix, /no end record/],
  ["safetensors: empty", readSafetensors, "", /not a safetensors file: 0 bytes/],
  ["safetensors: an npy", readSafetensors, matrix, /header of \d+ bytes, found 136/],
  ["safetensors: header of 2^63", readSafetensors, safetensors("{}", 2n ** 63n), /found 2/],
  ["safetensors: brackets", readSafetensors, safetensors("{" + "[".repeat(5e6)), /brackets/],
  ["safetensors: a list", readSafetensors, safetensors("[]"), /not a JSON object/],
  ["safetensors: 9 MB header", readSafetensors, safetensors(" ".repeat(9e6)), /at most 8388608/],
  ["torch: empty", readTorch, "", /the file is empty/],
  ["torch: an npy", readTorch, matrix, /starts neither as a zip archive nor as a pickle/],
  ["torch: cut zip", readTorchState, checkpoint.subarray(0, 900), /zip has no end record/],
  ["torch: cut legacy pickle", readTorch, legacy.subarray(0, 700), /pickle is truncated/],
  ["torch: cut legacy values", readTorch, legacy.subarray(0, -9), /storages make \d+ bytes, found/],
  ["json: empty", readJson, "", /expected JSON, found nothing/],
  ["json: cut", readJson, '{"a": [1, NaN', /not valid JSON/],
  ["json: bytes", readJson, checkpoint, /not UTF-8 text/],
  ["json: deep", readJson, "[".repeat(3e6), /nested over 1000 deep/],
  ["json: endless string", readJson, `NaN"${"\\".repeat(3e6)}`, /not valid JSON/],
  ["jsonl: cut", jsonl, '{"a":1}\n{"b":', /line 2: not valid JSON/],
  ["csv: empty", csv, "", /no header row with column names/],
  ["csv: endless quote", csv, `a,b\n1,"${"x\n".repeat(1e6)}`, /line 2 opens a quote/],
  ["csv: short row", csv, "a,b\n1\n", /line 2 has 1 fields, expected 2/],
];

for (const [name, read, content, message] of cases) {
  test.serial(`hostile file, ${name}`, async (t) => {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const start = processorTime();
    await t.throwsAsync(read(bytesSource("bad.file", bytes)), { instanceOf: FormatError, message });
    t.true(processorTime() - start < 3000);
  });
}

test("a gzip that holds another gzip's bytes or nothing is text or an error, not a crash", async (t) => {
  const twice = gzipSync(gzipSync("text"));
  await t.throwsAsync(readText(bytesSource("twice.gz", twice)), { message: /not UTF-8 text/ });
  t.is(await readText(bytesSource("none.gz", gzipSync(""))), "");
});

test("NaN in a matrix is read as it is: which rows are usable is for the encoder to say", async (t) => {
  const bytes = encodeNpy({ shape: [1, 2], data: [NaN, Infinity], dtype: "f2" });
  t.deepEqual((await readNpyMatrix(bytesSource("n", bytes))).data, Float32Array.of(NaN, Infinity));
  t.is(parseJson("[NaN]", "n")?.toString(), "NaN");
});
