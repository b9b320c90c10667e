import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import test from "ava";
import { FormatError, createMatrix } from "../../src/core/index.js";
import { openEngine } from "../../src/engine/index.js";
import {
  encodeNpy,
  openMatrix,
  readMatrix,
  streamMatrix,
  writeSafetensors,
  writeTorchState,
} from "../../src/files/index.js";
import { embeddingShape, encodeEmbeddings } from "../../src/sae/index.js";
import { openSearchIndex } from "../../src/search/index.js";
import { randomSae } from "../support/embeddings.js";
import { inFolder } from "../support/folder.js";
import { makePickle, tensor, text } from "../support/pickle.js";
import { makeZip } from "../support/zip.js";

const [N, D] = [300, 4];
const data = Float32Array.from({ length: N * D }, (_, i) => Math.sqrt(i + 1));
const shape = [N, D];
const ids = encodeNpy({ shape: [N], data: new Float32Array(N), dtype: "f4" });
const npy = encodeNpy({ shape, data, dtype: "f4" });
// As NumPy writes texts: no number type of ours.
const words = Buffer.from(npy);
words.set(Buffer.from("'<U4'"), words.indexOf("'<f4'"));

async function duck(file: string, columns: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(
    `copy (select ${columns} from range(${N}) t(i)) to '${file}' (format parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
}

/** A checkpoint of one tensor [4, 1] and what lies beside it. */
const torch = (...entries: Parameters<typeof makePickle>): Uint8Array =>
  makeZip([
    { name: "a/data.pkl", content: makePickle(...entries) },
    { name: "a/data/0", content: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) },
  ]);

const WRITERS: Record<string, (file: string) => Promise<void>> = {
  "a.npy": (file) => writeFile(file, npy),
  "one.npz": (file) => writeFile(file, makeZip([{ name: "arr_0.npy", content: npy }])),
  "packed.npz": (file) =>
    writeFile(
      file,
      makeZip([
        { name: "ids.npy", content: ids, deflate: true },
        { name: "words.npy", content: words, deflate: true },
        {
          name: "other.npy",
          content: encodeNpy({ shape: [2, 2], data: [1, 2, 3, 4], dtype: "f4" }),
        },
        { name: "embeddings.npy", content: npy, deflate: true },
      ]),
    ),
  "a.safetensors": (file) =>
    writeSafetensors(
      file,
      new Map([
        ["bias", { shape: [3], data: new Float32Array(3) }],
        ["emb", { shape, data }],
      ]),
    ),
  "a.pt": (file) => writeTorchState(file, new Map([["embedding", { shape, data }]])),
  "a.parquet": (file) =>
    duck(
      file,
      `i::varchar as id, [sqrt(i * ${D} + j + 1) for j in range(${D})]::float[] as vector`,
    ),
};

for (const [name, write] of Object.entries(WRITERS)) {
  test(`embeddings are read from ${name}`, (t) =>
    inFolder(async (folder) => {
      const file = join(folder, name);
      await write(file);
      t.deepEqual(await readMatrix(file), createMatrix(N, D, data));
      t.deepEqual(await embeddingShape(file), { N, d: D });
      const rows: number[] = [];
      for await (const { start, block } of streamMatrix(file, { rowsPerBlock: 128 })) {
        t.deepEqual(block.data, data.slice(start * D, (start + block.rows) * D));
        rows.push(block.rows);
      }
      t.deepEqual(rows, [128, 128, 44]);
      const store = await openMatrix(file);
      t.deepEqual((await store.read(7, 9)).data, data.slice(7 * D, 9 * D));
      await store.close();
    }));
}

test("codes and searches are the same from every format", (t) =>
  inFolder(async (folder) => {
    const sae = randomSae(16, D, 3, 1);
    const engine = await openEngine("cpu");
    const query = [1, 0.5, 0, 2];
    const expected = await encodeEmbeddings(sae, createMatrix(N, D, data), { engine });
    for (const [name, write] of Object.entries(WRITERS)) {
      const file = join(folder, name);
      await write(file);
      t.deepEqual(await encodeEmbeddings(sae, file, { engine }), expected, name);
      const index = await openSearchIndex(file);
      t.is((await index.search(query, 3)).length, 3);
      await index.close();
    }
    await engine.dispose();
  }));

test("half precision, lists of rows and tensors alone are read", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "a");
    await writeSafetensors(
      file,
      new Map([["x", { shape: [2, 2], data: Float32Array.of(1, 2, 3, -4), dtype: "bfloat16" }]]),
    );
    t.deepEqual([...(await readMatrix(file)).data], [1, 2, 3, -4]);
    await writeFile(file, torch(tensor(4, 0, [2, 2], [2, 1])));
    t.deepEqual([...(await readMatrix(file)).data], [1, 2, 3, 4]);
    await writeFile(file, torch("](", tensor(4, 0, [2], [1]), tensor(4, 2, [2], [1]), "e"));
    t.deepEqual(await readMatrix(file), createMatrix(2, 2, Float32Array.of(1, 2, 3, 4)));
  }));

test("rows of a file are read in their order, twice where they are named twice, in any layout", async (t) => {
  for (const name of ["f2_le", "f4_be", "f8_le", "i4_le", "u1_le", "b1", "fortran_2d"]) {
    const file = join("test/fixtures/npy", `${name}.npy`);
    const { rows, cols, data } = await readMatrix(file);
    const some = [rows - 1, 0, rows - 1];
    const store = await openMatrix(file);
    const found = await store.readRows(some);
    const expected = some.map((row) => data.slice(row * cols, (row + 1) * cols));
    t.deepEqual([found.rows, found.cols], [3, cols], name);
    t.deepEqual(
      [...found.data],
      expected.flatMap((row) => [...row]),
      name,
    );
    t.is((await store.readRows([])).rows, 0);
    await t.throwsAsync(store.readRows([0, rows]), {
      instanceOf: RangeError,
      message: `npy: expected rows within 0 to ${rows}, got ${rows} to ${rows + 1}`,
    });
    await store.close();
  }
});

test("a folder of Parquet is one matrix, in the order of the names", (t) =>
  inFolder(async (folder) => {
    for (const part of ["b", "a"]) {
      await duck(join(folder, `${part}.parquet`), `[${part === "a" ? 1 : 2}, i]::float[] as x`);
    }
    const { rows, cols, data: values } = await readMatrix(folder);
    t.deepEqual([rows, cols, values[0], values[2 * N]], [2 * N, 2, 1, 2]);
    t.deepEqual(await embeddingShape(folder), { N: 2 * N, d: 2 });
  }));

test("a file that changes is decoded again", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "a.npz");
    for (const rows of [1, 2, 3]) {
      const content = encodeNpy({ shape: [rows, 1], data: new Float32Array(rows), dtype: "f4" });
      await writeFile(file, makeZip([{ name: "a.npy", content }]));
      t.is((await readMatrix(file)).rows, rows);
    }
  }));

test("what is no matrix is refused, with the command that makes one of it", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "e");
    const two = [
      { name: "a.npy", content: npy },
      { name: "b.npy", content: npy },
    ];
    const cases: [string | Uint8Array, RegExp][] = [
      ["\x89HDF\r\n\x1a\n0000", /is an HDF5 file, expected a matrix as \.npy, .*h5py\.File/],
      ["ARROW1\0\0", /is an Arrow file, .*pandas\.read_feather/],
      ["[[0.5, 1], [2, 3]]", /is JSON, .*numpy\.save\("embeddings\.npy", numpy\.array\(json\.load/],
      ["0.5,1\n2,3\n", /is text, .*numpy\.loadtxt/],
      [Buffer.from("\x80\x04\x95\x10\0\0\0", "latin1"), /is a Python pickle, .*pickle\.load/],
      [makeZip(two), /expected one matrix \[N, d\], such as embeddings, found a \(300, 4\), b/],
      [makeZip([{ name: "a.npy", content: ids }]), /expected one matrix .*, found a \(300\)/],
      [makeZip([{ name: "a.npy", content: npy.subarray(0, 200) }]), /truncated/],
      [torch("}(", text("x"), "K\x01u"), /expected one matrix \[N, d\], .* found none/],
      ["", /not an npy file: it is empty/],
      [Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 0), /not an npy file: it does not start with/],
    ];
    for (const [content, message] of cases) {
      await writeFile(file, typeof content === "string" ? Buffer.from(content, "latin1") : content);
      await t.throwsAsync(readMatrix(file), { instanceOf: FormatError, message });
      await t.throwsAsync(embeddingShape(file), { instanceOf: FormatError, message });
    }
    await writeFile(file, await readFile("test/fixtures/npy/vector.npy"));
    await t.throwsAsync(openMatrix(file), {
      message: /must be a matrix \[N, d\] .* got i8 of shape \(5\)/,
    });
  }));
