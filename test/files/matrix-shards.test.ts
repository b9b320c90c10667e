import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import test from "ava";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { FormatError, createRandom, matrixRows } from "../../src/core/index.js";
import {
  type MatrixFile,
  encodeNpy,
  matrixShards,
  openMatrix,
  readMatrix,
  streamMatrix,
} from "../../src/files/index.js";
import { embeddingShape, streamEmbeddings } from "../../src/sae/index.js";
import { randomEmbeddings } from "../support/embeddings.js";
import { inFolder } from "../support/folder.js";

/** A column of lists as Arrow writes it. */
const LISTS: SchemaElement[] = [
  { name: "root", num_children: 1 },
  { name: "v", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
];
const D = 6;
const SIZES = [2300, 1, 999];
const whole = randomEmbeddings(
  SIZES.reduce((sum, size) => sum + size),
  D,
  1,
);
const starts = SIZES.map((_, i) => SIZES.slice(0, i).reduce((sum, size) => sum + size, 0));

async function writeNpyShard(file: string, start: number, end: number): Promise<void> {
  const { rows, data } = matrixRows(whole, start, end);
  await writeFile(file, encodeNpy({ shape: [rows, D], data, dtype: "f4" }));
}

function rowsOf(rows: readonly number[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...matrixRows(whole, row, row + 1).data]));
}

async function duck(file: string, select: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`copy (${select}) to '${file}' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
}

/** The same rows in Parquet, in float and once more in other numbers, and what is no shard beside them. */
async function writeShards(folder: string, kind: "npy" | "parquet"): Promise<MatrixFile> {
  await mkdir(folder);
  for (const [i, size] of SIZES.entries()) {
    const name = `part-${String(i).padStart(5, "0")}-3f`;
    const npy = join(folder, `${name}.npy`);
    await writeNpyShard(kind === "npy" ? npy : `${folder}.npy`, starts[i], starts[i] + size);
    if (kind === "npy") continue;
    const rows = Array.from({ length: size }, (_, row) =>
      Array.from(matrixRows(whole, starts[i] + row, starts[i] + row + 1).data).join(","),
    );
    await writeFile(`${folder}.csv`, rows.map((row, at) => `${at};[${row}]`).join("\n"));
    await duck(
      join(folder, `${name}.parquet`),
      `select a as id, b::float[] as body, [i * 2 for i in b::float[]] as other
        from read_csv('${folder}.csv', sep=';', header=false, names=['a', 'b'], all_varchar=true)`,
    );
  }
  await writeFile(join(folder, "_SUCCESS"), "");
  await writeFile(join(folder, `._part-0.${kind}`), "no matrix");
  return kind === "npy" ? folder : { path: folder, column: "body" };
}

for (const kind of ["npy", "parquet"] as const) {
  test(`shards of .${kind} are one matrix, whole, by rows and in blocks`, async (t) => {
    await inFolder(async (folder) => {
      const input = await writeShards(join(folder, "shards"), kind);
      t.deepEqual(
        (await matrixShards(input)).map(({ start, rows, cols }) => [start, rows, cols]),
        SIZES.map((size, i) => [starts[i], size, D]),
      );
      t.deepEqual(await embeddingShape(input), { N: whole.rows, d: D });
      t.deepEqual(await readMatrix(input), whole);
      for (const mostDecoded of [undefined, 0]) {
        const store = await openMatrix(input, { mostDecoded });
        t.is(store.isStreamed ?? false, kind === "parquet" && mostDecoded === 0);
        for (const [start, end] of [
          [2290, 2310],
          [2300, 2301],
          [0, whole.rows],
        ]) {
          t.deepEqual(await store.read(start, end), matrixRows(whole, start, end));
        }
        const some = [2299, 0, whole.rows - 1, 2300, 1024, 2301];
        t.deepEqual((await store.readRows(some)).data, rowsOf(some));
        await t.throwsAsync(store.read(whole.rows, whole.rows + 1), { instanceOf: RangeError });
        await store.close();
      }
      const rows: number[] = [];
      for await (const { start, block } of streamMatrix(input, { start: 5, rowsPerBlock: 700 })) {
        t.deepEqual(block, matrixRows(whole, start, start + block.rows));
        rows.push(start, block.rows);
      }
      t.deepEqual(rows, [5, 700, 705, 700, 1405, 700, 2105, 195, 2300, 1, 2301, 700, 3001, 299]);
    });
  });
}

test("rows of Parquet are found in pages of any size, with and without dictionaries, and refused where they are too short", async (t) => {
  await inFolder(async (folder) => {
    const random = createRandom(3);
    for (const [at, [kinds, pageSize, rowGroupSize]] of [
      [1e6, 100, 400],
      [9, 1000, 250],
      [9, 1e6, 900],
    ].entries()) {
      const lists = Array.from({ length: 900 }, () =>
        Array.from({ length: D }, () => Math.fround(Math.floor(kinds * random()) / kinds)),
      );
      const file = join(folder, `${at}.parquet`);
      const write = (data: number[][]): Promise<void> => {
        const columnData = [{ name: "v", data }];
        const options = { schema: LISTS, columnData, pageSize, rowGroupSize };
        return writeFile(file, new Uint8Array(parquetWriteBuffer(options)));
      };
      await write(lists);
      const store = await openMatrix(file, { mostDecoded: 0 });
      const some = [899, 3, 400, 399, 250, 4, 0];
      t.deepEqual(
        [...(await store.readRows(some)).data],
        some.flatMap((row) => lists[row]),
      );
      await write(lists.map((list, row) => (row === 500 ? list.slice(1) : list)));
      await t.throwsAsync(store.readRows([700]), {
        instanceOf: FormatError,
        message: /: a list that does not have 6 numbers$/,
      });
      // A row group that holds another column in place of this one.
      const bytes = await readFile(file);
      bytes[bytes.lastIndexOf("\x01v\x04list") + 1] = 119;
      await writeFile(file, bytes);
      await t.throwsAsync(store.readRows([899]), { message: /: a row group has no "v"$/ });
    }
  });
});

const BAD: [name: string, selects: string[], message: RegExp, column?: string][] = [
  [
    "of different widths",
    ["select [1, 2]::float[] as v", "select [1, 2, 3]::float[] as v"],
    /1\.parquet: embeddings are 3 wide, expected 2 as in 0\.parquet$/,
  ],
  [
    "without rows",
    ["select [1]::float[] as v", "select [1]::float[] as v limit 0"],
    /1\.parquet: contains no embeddings$/,
  ],
  [
    "without the column",
    ["select [1]::float[] as v", "select [1]::float[] as w"],
    /1\.parquet: has no column "v"/,
    "v",
  ],
  [
    "with a list of another length",
    ["select [1, 2]::float[] as v", "select unnest([[1, 2], [1]])::float[] as v"],
    /1\.parquet: row 1: expected 2 numbers in v, got 1$/,
  ],
  [
    "with a missing list",
    ["select [1]::float[] as v", "select unnest([[1], null, [1]])::float[] as v"],
    /1\.parquet: row 1: expected 1 numbers in v, got something else$/,
  ],
];

for (const [name, selects, message, column] of BAD) {
  test(`a shard ${name} is refused by its name`, async (t) => {
    await inFolder(async (folder) => {
      for (const [i, select] of selects.entries()) {
        await duck(join(folder, `${i}.parquet`), select);
      }
      await t.throwsAsync(readMatrix({ path: folder, column }), {
        instanceOf: FormatError,
        message,
      });
    });
  });
}

test("rows that cannot be used are named with their shard", async (t) => {
  await inFolder(async (folder) => {
    await duck(join(folder, "a.parquet"), "select [1, 2]::float[] as v");
    await duck(
      join(folder, "b.parquet"),
      "select unnest([[1, 2], [1, 'nan'::float]])::float[] as v",
    );
    const read = async (): Promise<void> => {
      for await (const block of streamEmbeddings(folder, 2, { rowsPerBlock: 10 })) void block;
    };
    await t.throwsAsync(read, { message: /1 of 3 .* row 1 of b\.parquet contains NaN$/ });
  });
});

test("a folder of both kinds, or of neither, is refused", async (t) => {
  await inFolder(async (folder) => {
    await t.throwsAsync(readMatrix(folder), { message: /contains no \.parquet or \.npy file$/ });
    await writeNpyShard(join(folder, "a.npy"), 0, 3);
    await duck(join(folder, "a.parquet"), "select [1]::float[] as v");
    await t.throwsAsync(readMatrix(folder), { message: /expected one kind$/ });
  });
});
