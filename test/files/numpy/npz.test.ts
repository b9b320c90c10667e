import { readFileSync } from "node:fs";
import test from "ava";
import { FormatError } from "../../../src/core/index.js";
import { bytesSource, encodeNpy, readNpz } from "../../../src/files/index.js";
import { makeZip } from "../../support/zip.js";

for (const name of ["stored", "packed"]) {
  test(`readNpz reads the ${name} arrays that NumPy wrote`, async (t) => {
    const arrays = await readNpz(`test/fixtures/npy/${name}.npz`);
    t.deepEqual([...arrays.keys()], ["a", "codes", "zeros"]);
    t.deepEqual(arrays.get("a"), {
      shape: [2, 3],
      dtype: "f4",
      data: Float32Array.of(0, 1, 2, 3, 4, 5),
    });
    t.deepEqual(arrays.get("codes")?.data, Float64Array.of(0, 1, 2));
    t.is(arrays.get("zeros")?.data.length, 500);
  });
}

test("readNpz refuses damage, bombs and files that are no arrays", async (t) => {
  const npy = encodeNpy({ shape: [4000], data: new Float32Array(4000), dtype: "f4" });
  const packed = readFileSync("test/fixtures/npy/packed.npz");
  const flipped = Buffer.from(packed);
  flipped[60] ^= 0xff;
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /zip has no end record/],
    [packed.subarray(0, packed.length - 1), /zip has no end record/],
    [flipped, /"a\.npy" (is damaged|does not unpack)/],
    [makeZip([{ name: "a.pkl", content: npy }]), /contains "a\.pkl", expected \.npy files only/],
    [
      makeZip([{ name: "a.npy", content: npy, deflate: true, size: 17 }]),
      /does not unpack to its 17/,
    ],
    [
      makeZip([{ name: "a.npy", content: npy, deflate: true, size: 99999 }]),
      /contains 16128 bytes/,
    ],
    [makeZip([{ name: "a.npy", content: npy, size: 2 ** 31 }]), /unpacks to over 268435456 bytes/],
    [makeZip([{ name: "a.npy", content: npy, flags: 1 }]), /is encrypted/],
    [makeZip([{ name: "a.npy", content: npy.subarray(0, 200) }]), /a\.npy: truncated/],
    [makeZip([{ name: "a.npy", content: npy, offset: 7 }]), /has no header at byte 7/],
    [makeZip([{ name: "a.npy", content: npy, compressedSize: 10 ** 6 }]), /entries overlap/],
    [makeZip([{ name: "a.npy", content: npy }], { count: 2 }), /does not fit the file/],
    [
      makeZip([
        { name: "a.npy", content: npy },
        { name: "a.npy", content: npy },
      ]),
      /"a\.npy" twice/,
    ],
  ];
  for (const [bytes, message] of cases) {
    const source = bytesSource("x.npz", bytes);
    await t.throwsAsync(readNpz(source), { instanceOf: FormatError, message });
  }
});
