import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { FormatError } from "../../../src/core/index.js";
import { isTensor } from "../../../src/files/bytes/index.js";
import {
  type Tensor,
  bytesSource,
  readTorch,
  readTorchState,
  tensorToFloat32,
} from "../../../src/files/index.js";
import { sharedPath } from "../../support/shared.js";

const fixtures = "test/fixtures/torch";
type Expected = Record<string, { shape: number[]; dtype: string; values: (number | boolean)[] }>;
const text = readFileSync(join(fixtures, "expected.json"), "utf8")
  // int64's limits are beyond a JSON number's precision; they are compared as bigints below.
  .replace(/-?9223372036854775\d+/g, "0");
const expected = JSON.parse(text) as { state: Expected; module: Expected };

for (const name of ["zip", "zip64", "legacy", "protocol3", "protocol4", "protocol5"]) {
  test(`readTorchState reads every tensor of the ${name} checkpoint`, async (t) => {
    const state = await readTorchState(join(fixtures, `state_${name}.pth`));
    const names = Object.keys(expected.state).filter(
      (key) => name.startsWith("zip") || key !== "uint16",
    );
    t.deepEqual([...state.keys()], names);
    for (const key of names) {
      const { shape, dtype, data } = state.get(key)!;
      const wanted = expected.state[key];
      t.deepEqual([shape, dtype], [wanted.shape, wanted.dtype], key);
      if (key === "int64") t.deepEqual(data, BigInt64Array.of(-(2n ** 63n), 1n, 2n ** 63n - 1n));
      else t.deepEqual(Array.from(data, Number), wanted.values.map(Number), key);
    }
  });
}

test("readTorchState reads a module's state dict with its metadata left out", async (t) => {
  const state = await readTorchState(join(fixtures, "module_state.pth"));
  t.deepEqual([...state.keys()], ["weight", "bias"]);
  for (const [key, { values }] of Object.entries(expected.module)) {
    t.deepEqual(Array.from(tensorToFloat32(state.get(key)!)), values);
  }
});

for (const protocol of [2, 3, 4, 5]) {
  test(`readTorch reads plain containers of pickle protocol ${protocol}`, async (t) => {
    const value = await readTorch(join(fixtures, `plain_protocol${protocol}.pth`));
    t.true(value instanceof Map);
    const map = value as Map<unknown, unknown>;
    const nested = map.get(5) as Map<string, Map<string, Tensor>>;
    map.delete(5);
    t.deepEqual(
      map,
      new Map<unknown, unknown>([
        ["none", null],
        ["true", true],
        ["int", -(2 ** 40)],
        ["big", 2n ** 70n],
        ["negative", -(2n ** 70n)],
        ["float", 0.1],
        ["text", "naïve ☃"],
        ["bytes", Uint8Array.of(0, 255)],
        ["list", [1, [2, "x"], []]],
        ["tuple", [1, 2, 3, 4]],
        ["set", new Set([7])],
        ["frozen", new Set([8])],
        ["size", [2, 3]],
        ["dtype", "float16"],
        ["device", "cuda:1"],
      ]),
    );
    const tensor = nested.get("nested")?.get("a");
    t.true(isTensor(tensor));
    t.deepEqual(tensor?.data, BigInt64Array.of(1n, 2n));
  });
}

test("views of one storage share its memory", async (t) => {
  const state = await readTorchState(join(fixtures, "state_zip.pth"));
  const { data } = state.get("shared_a")!;
  t.true(data.buffer.byteLength > data.byteLength);
});

test("readTorchState refuses a checkpoint that is no flat dict of tensors", async (t) => {
  const path = join(fixtures, "plain_protocol2.pth");
  await t.throwsAsync(readTorchState(path), {
    instanceOf: FormatError,
    message: `${path}: expected a dict of tensors, got None under "none"`,
  });
});

test("readTorch refuses a pickled module, naming the class and that nothing was run", async (t) => {
  await t.throwsAsync(readTorch(join(fixtures, "refused_module.pth")), {
    instanceOf: FormatError,
    message: /refused the global torch\.nn\.modules\.linear\.Linear: .* nothing was run/,
  });
});

test("readTorch refuses compressed archives and files of other kinds", async (t) => {
  await t.throwsAsync(readTorch(join(fixtures, "refused_deflated.pth")), {
    message: /data\.pkl" is compressed, expected it stored/,
  });
  const cases: [string | Uint8Array, RegExp][] = [
    ["", /the file is empty/],
    ["version https://git-lfs.github.com/spec/v1\n", /Git LFS pointer/],
    ["<!doctype html>", /web page/],
    [Uint8Array.of(0x80, 2, 0x4b, 1, 0x2e), /without PyTorch's magic number/],
    [Buffer.from("PK\x03\x04 and more"), /zip has no end record/],
  ];
  for (const [bytes, message] of cases) {
    const source = bytesSource("x.pth", typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    await t.throwsAsync(readTorch(source), { instanceOf: FormatError, message });
  }
});

test("readTorchState reads checkpoints of the reference and of others", async (t) => {
  const files: [string, string, number[]][] = [
    ["reference/csLG_8_512_16.pth", "encoder.weight", [512, 128]],
    ["reference/training/init.pth", "encoder.weight", [1024, 128]],
    ["data/checkpoints/villes_sae.pth", "W_enc", [128, 256]],
    ["data/checkpoints/villes_sae_d_model16_e4.pth", "W_enc", [16, 64]],
    ["data/checkpoints/lpips_v0.0_alex.pth", "lin0.model.1.weight", [1, 64, 1, 1]],
    ["data/checkpoints/lpips_v0.1_alex.pth", "lin0.model.1.weight", [1, 64, 1, 1]],
  ];
  for (const [file, key, shape] of files) {
    const path = sharedPath(file);
    if (path === undefined) {
      t.log(`skipped: ${file} is absent`);
      continue;
    }
    const state = await readTorchState(path);
    t.deepEqual(state.get(key)?.shape, shape, file);
    for (const tensor of state.values()) t.true(tensorToFloat32(tensor).every(Number.isFinite));
  }
  t.pass();
});

test("the reference's encoder, stored column by column, is near its decoder's transpose", async (t) => {
  const path = sharedPath("reference/training/init.pth");
  if (path === undefined) {
    t.log("skipped: the reference kit is absent");
    t.pass();
    return;
  }
  const state = await readTorchState(path);
  const encoder = tensorToFloat32(state.get("encoder.weight")!);
  const decoder = tensorToFloat32(state.get("decoder.weight")!);
  const [n, d] = state.get("encoder.weight")!.shape;
  let largest = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      largest = Math.max(largest, Math.abs(encoder[i * d + j] - decoder[j * n + i]));
    }
  }
  t.true(largest < 1e-6, `largest difference ${largest}`);
});

test("a pickled module of another project is refused", async (t) => {
  const path = sharedPath("data/checkpoints/whole_module_pickle.pt");
  if (path === undefined) {
    t.log("skipped: the checkpoints are absent");
    t.pass();
    return;
  }
  await t.throwsAsync(readTorch(path), { message: /refused the global sae\.SparseAutoencoder/ });
});
