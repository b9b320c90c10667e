import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { type Matrix, type Progress, takeRows } from "../../src/core/index.js";
import { createOnnxEngine } from "../../src/engine/onnx/index.js";
import { readNpy, readNpyIndices, writeNpy } from "../../src/files/index.js";
import { encodeEmbeddings, encodeToFiles, streamEmbeddings } from "../../src/sae/index.js";
import { randomEmbeddings, randomSae } from "../support/embeddings.js";

const sae = randomSae(64, 12, 4, 1);
const embeddings = randomEmbeddings(50, 12, 2);

async function writeEmbeddings(matrix: Matrix): Promise<{ folder: string; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), "encode-"));
  const path = join(folder, "embeddings.npy");
  await writeNpy(path, { shape: [matrix.rows, matrix.cols], data: matrix.data, dtype: "f4" });
  return { folder, path };
}

function spoiled(changes: Record<number, number>): Matrix {
  const copy = { ...embeddings, data: embeddings.data.slice() };
  for (const [row, value] of Object.entries(changes)) {
    const at = Number(row) * 12;
    if (value === 0) copy.data.fill(0, at, at + 12);
    else copy.data[at + 5] = value;
  }
  return copy;
}

test("a streamed file gives the same codes as the matrix, whatever the batch", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  const { path } = await writeEmbeddings(embeddings);
  const whole = await encodeEmbeddings(sae, embeddings, { engine });
  t.like(whole, { rows: 50, k: 4, n: 64 });
  for (const batch of [1, 7, 49, 500]) {
    t.deepEqual(await encodeEmbeddings(sae, path, { engine, batch }), whole, `batch ${batch}`);
  }
});

test("encodeToFiles writes both arrays under the reference's names and leaves nothing else", async (t) => {
  const { folder, path } = await writeEmbeddings(embeddings);
  const out = join(folder, "codes");
  const whole = await encodeEmbeddings(sae, embeddings);
  const files = await encodeToFiles(sae, path, out, { batch: 16 });
  t.deepEqual(files, {
    indices: join(out, "topk_indices_4_64.npy"),
    values: join(out, "topk_values_4_64.npy"),
    rows: 50,
    skipped: [],
  });
  const indices = await readNpyIndices(files.indices);
  t.deepEqual([indices.rows, indices.cols], [50, 4]);
  t.deepEqual(indices.data, whole.indices);
  t.is((await readNpy(files.indices)).dtype, "i4");
  t.deepEqual((await readNpy(files.values)).data, whole.values);
  t.deepEqual(await readdir(out), ["topk_indices_4_64.npy", "topk_values_4_64.npy"]);
});

test("zero, NaN and infinite rows are refused with their row numbers and the file's name", async (t) => {
  const bad = spoiled({ 3: 0, 17: NaN, 18: -Infinity, 40: 0, 41: 0, 42: 0, 49: NaN });
  const { folder, path } = await writeEmbeddings(bad);
  const out = join(folder, "codes");
  await t.throwsAsync(encodeToFiles(sae, path, out, { batch: 8 }), {
    name: "FormatError",
    message:
      /embeddings\.npy: 7 of 50 embeddings cannot be used: row 3 is all zeros, row 17 contains NaN, row 18 contains -Infinity, row 40 is all zeros, row 41 is all zeros and 2 more/,
  });
  t.deepEqual(await readdir(out), []);
  await t.throwsAsync(encodeEmbeddings(sae, spoiled({ 0: 0 })), {
    message: /^embeddings: 1 of 50 embeddings cannot be used: row 0 is all zeros$/,
  });
});

test("the smallest and the largest numbers are good rows, -0 and any NaN are not", async (t) => {
  const alone = (value: number, at: number): Float32Array =>
    Float32Array.from({ length: 7 }, (_, i) => (i === at ? value : -0));
  const negativeNaN = new Float32Array(new Int32Array(7).fill(0xffc00001 | 0).buffer);
  const rows = [
    ...[alone(2 ** -149, 6), alone(-(2 - 2 ** -23) * 2 ** 127, 0), alone(1, 3)],
    ...[alone(-0, 0), alone(NaN, 6), negativeNaN, alone(-Infinity, 4), alone(Infinity, 0)],
  ];
  const data = Float32Array.from(rows.flatMap((row) => [...row]));
  // As numbers they would lose their sign.
  data.set(negativeNaN, 5 * 7);
  const found: number[] = [];
  const source = { rows: rows.length, cols: 7, data };
  const options = { rowsPerBlock: 3, badRows: "skip" } as const;
  for await (const { skipped } of streamEmbeddings(source, 7, options)) found.push(...skipped);
  t.deepEqual(found, [3, 4, 5, 6, 7]);
});

test("bad rows are left out on request, and named", async (t) => {
  const { folder, path } = await writeEmbeddings(spoiled({ 0: NaN, 9: 0, 49: 0 }));
  const files = await encodeToFiles(sae, path, folder, { badRows: "skip", batch: 4 });
  t.is(files.rows, 47);
  t.deepEqual(files.skipped, [0, 9, 49]);
  const kept = Array.from({ length: 50 }, (_, i) => i).filter((i) => ![0, 9, 49].includes(i));
  const expected = await encodeEmbeddings(sae, takeRows(embeddings, kept));
  t.deepEqual((await readNpyIndices(files.indices)).data, expected.indices);
  const codes = await encodeEmbeddings(sae, path, { badRows: "skip" });
  t.deepEqual(codes, expected);
});

test("embeddings of another width, of another rank or without rows are refused", async (t) => {
  const narrow = await writeEmbeddings(randomEmbeddings(3, 11, 1));
  await t.throwsAsync(encodeToFiles(sae, narrow.path, narrow.folder), {
    name: "FormatError",
    message: /embeddings\.npy: embeddings must be 12 wide for this SAE, got 11/,
  });
  t.deepEqual(await readdir(narrow.folder), ["embeddings.npy"]);
  const empty = await writeEmbeddings(randomEmbeddings(0, 12, 1));
  await t.throwsAsync(encodeEmbeddings(sae, empty.path), { message: /contains no embeddings/ });
  const flat = join(empty.folder, "flat.npy");
  await writeNpy(flat, { shape: [12], data: new Float32Array(12), dtype: "f4" });
  await t.throwsAsync(encodeEmbeddings(sae, flat), { message: /must be a matrix .* shape \(12\)/ });
  await t.throwsAsync(encodeEmbeddings(sae, join(empty.folder, "none.npy")), {
    name: "FormatError",
  });
  await t.throwsAsync(encodeEmbeddings(sae, embeddings, { batch: 0 }), { instanceOf: RangeError });
});

test("encoding reports progress and stops at a signal without leaving files", async (t) => {
  const { folder, path } = await writeEmbeddings(embeddings);
  const seen: Progress[] = [];
  await encodeEmbeddings(sae, path, { batch: 20, onProgress: (progress) => seen.push(progress) });
  t.deepEqual(
    seen.map(({ step, done, total }) => [step, done, total]),
    [
      ["encode", 20, 50],
      ["encode", 40, 50],
      ["encode", 50, 50],
    ],
  );
  const controller = new AbortController();
  const out = join(folder, "codes");
  const stopped = encodeToFiles(sae, path, out, {
    batch: 20,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("stopped")),
  });
  await t.throwsAsync(stopped, { message: "stopped" });
  t.deepEqual(await readdir(out), []);
});
