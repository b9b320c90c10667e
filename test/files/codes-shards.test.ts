import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import test from "ava";
import { type Codes, FormatError } from "../../src/core/index.js";
import {
  codesShardName,
  createCodesShard,
  findCodesShards,
  readCodes,
  readCodesShards,
  sha256File,
} from "../../src/files/index.js";
import { inFolder } from "../support/folder.js";

const K = 3;
const LATENTS = 50;

/** Codes of the documents from `start` on, each with latents and values of its own. */
function codesOf(start: number, rows: number): { codes: Codes; documents: number[] } {
  const documents = Array.from({ length: rows }, (_, i) => start + i);
  const indices = documents.flatMap((i) => [i % LATENTS, (i + 7) % LATENTS, (i + 19) % LATENTS]);
  const values = documents.flatMap((i) => [1 + (i % 9) / 8, 0.5, 0]);
  const codes = {
    ...{ rows, k: K, n: LATENTS },
    ...{ indices: Uint32Array.from(indices), values: Float32Array.from(values) },
  };
  return { codes, documents };
}

async function writeShard(file: string, start: number, rows: number, block = rows): Promise<void> {
  const writer = await createCodesShard(file, { k: K, n: LATENTS });
  for (let at = 0; at < rows; at += block) {
    const { codes, documents } = codesOf(start + at, Math.min(block, rows - at));
    await writer.append(codes, documents);
  }
  await writer.finish();
}

async function duck(statement: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(statement);
  const rows = result.getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

test("shards of codes are read back as one, in the order of their documents", async (t) => {
  await inFolder(async (folder) => {
    await writeShard(join(folder, codesShardName(1)), 40_000, 100);
    await writeShard(join(folder, codesShardName(0)), 0, 40_000, 1234);
    await writeShard(join(folder, codesShardName(100_000)), 40_200, 5);
    const files = await findCodesShards(folder);
    t.is(files.length, 3);
    const read = await readCodesShards(files);
    const parts = [codesOf(0, 40_100), codesOf(40_200, 5)];
    t.deepEqual(
      [...read.indices],
      parts.flatMap(({ codes }) => [...codes.indices]),
    );
    t.deepEqual(
      [...read.values],
      parts.flatMap(({ codes }) => [...codes.values]),
    );
    t.deepEqual(
      [...read.documents],
      parts.flatMap(({ documents }) => documents),
    );
    t.like(await readCodes(folder), { rows: 40_105, k: K, n: LATENTS });
  });
});

test("the bytes of a shard depend on its codes, not on the blocks in which they come", async (t) => {
  await inFolder(async (folder) => {
    const files = [20_000, 999, 1].map((block) => join(folder, `${block}.parquet`));
    for (const [i, block] of [20_000, 999, 1].entries())
      await writeShard(files[i], 0, 20_000, block);
    const hashes = await Promise.all(files.map((file) => sha256File(file)));
    t.is(new Set(hashes).size, 1);
  });
});

test("DuckDB reads row, indices and values of a shard with their types", async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, "part-00000.parquet");
    await writeShard(file, 5, 2);
    t.deepEqual(
      await duck(`select typeof(row), typeof(indices), typeof(values) from '${file}' limit 1`),
      [["BIGINT", "INTEGER[]", "FLOAT[]"]],
    );
    t.deepEqual(await duck(`select row, indices, values from '${file}'`), [
      ["5", [5, 12, 24], [1.625, 0.5, 0]],
      ["6", [6, 13, 25], [1.75, 0.5, 0]],
    ]);
  });
});

test("shards by other names are read in the order of their documents, without those that are empty", async (t) => {
  await inFolder(async (folder) => {
    // As Spark writes them: by the sizes of what it read.
    for (const [at, [from, to]] of [
      [40, 90],
      [0, 40],
      [7, 7],
      [90, 91],
    ].entries()) {
      const file = join(folder, `part-0000${at}-6a1c-c000.snappy.parquet`);
      await duck(
        `copy (select i::bigint as row, [i % 9, 9]::integer[] as indices, [i, 0.5]::float[] as values from range(${from}, ${to}) t(i)) to '${file}' (kv_metadata {'org.apache.spark.sql.parquet.row.metadata': '{"fields":[{"name":"indices","metadata":{"feature-families.codes":"{\\"k\\":2,\\"n\\":10}"}}]}'})`,
      );
    }
    const read = await readCodes(folder);
    t.like(read, { rows: 91, k: 2, n: 10 });
    t.deepEqual(
      read.values.filter((_, at) => at % 2 === 0),
      Float32Array.from({ length: 91 }, (_, row) => row),
    );
    await t.throwsAsync(readCodes(folder, { n: 11 }), { message: /holds 2 of 10 latents/ });
  });
});

test("shards of other writers are read where n is given", async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, "part-00000.parquet");
    await duck(
      `copy (select i::bigint as row, [i, i + 1]::integer[] as indices, [1, 0.5]::float[] as values from range(9) t(i)) to '${file}'`,
    );
    const read = await readCodesShards([file], { n: 10 });
    t.is(read.k, 2);
    t.deepEqual([...read.indices.subarray(0, 4)], [0, 1, 1, 2]);
    await t.throwsAsync(readCodesShards([file]), {
      instanceOf: FormatError,
      message: /: does not record n, the number of latents of its codes: pass n$/,
    });
  });
});

const BAD: [select: string, message: RegExp][] = [
  ["select 1::bigint as row, [1, 2]::integer[] as indices", /no column values/],
  [
    "select 1::bigint as row, [1, 10]::integer[] as indices, [1, 1]::float[] as values",
    /latent 10/,
  ],
  ["select 1::bigint as row, [1, -1]::integer[] as indices, [1, 1]::float[] as values", /latent/],
  [
    "select 1::bigint as row, [1.5, 2]::float[] as indices, [1, 1]::float[] as values",
    /: row 0 names latent 1\.5, but n is 10$/,
  ],
  ["select 1::bigint as row, [1, 1]::integer[] as indices, [1, 1]::float[] as values", /twice/],
  [
    "select 1::bigint as row, [1, 2]::integer[] as indices, [1, 'nan'::float]::float[] as values",
    /NaN/,
  ],
  ["select 4::bigint as row, [1]::integer[] as indices, [1]::float[] as values", /row 4 has 1/],
  [
    "select 4::bigint as row, null::integer[] as indices, [1, 2]::float[] as values",
    /missing list/,
  ],
  [
    "select unnest([2, 1])::bigint as row, [1, 2]::integer[] as indices, [1, 2]::float[] as values",
    /row 1 comes after/,
  ],
];

for (const [select, message] of BAD) {
  test(`a shard of codes is refused by name: ${message.source}`, async (t) => {
    await inFolder(async (folder) => {
      const file = join(folder, "part-00000.parquet");
      await duck(`copy (${select}) to '${file}'`);
      const error = await t.throwsAsync(readCodesShards([file], { k: 2, n: 10 }), {
        instanceOf: FormatError,
      });
      t.regex(error?.message ?? "", message);
      t.true(error?.message.startsWith(file));
    });
  });
}

test("a shard that is not finished leaves nothing under its name", async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, "part-00000.parquet");
    const writer = await createCodesShard(file, { k: K, n: LATENTS });
    const { codes, documents } = codesOf(0, 10);
    await writer.append(codes, documents);
    await t.throwsAsync(writer.append(codes, documents), { instanceOf: RangeError });
    await writer.abort();
    await t.throwsAsync(readFile(file), { code: "ENOENT" });
  });
});

test("a shard whose list claims -1 children is refused at once, not after the limit of its decoder", async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, codesShardName(0));
    await writeShard(file, 0, 4);
    const bytes = await readFile(file);
    // In the footer the count, 1 as a zigzag number behind the head of its field, follows the name.
    const at = bytes.lastIndexOf(Buffer.from("values\x15\x02", "latin1"));
    bytes[at + "values".length + 1] = 1;
    await writeFile(file, bytes);
    await t.throwsAsync(readCodesShards([file]), {
      instanceOf: FormatError,
      message: `${file}: not readable as Parquet: parquet schema element not found: values,list,element`,
    });
  });
});
