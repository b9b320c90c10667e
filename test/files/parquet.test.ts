import { spawnSync } from "node:child_process";
import { renameSync } from "node:fs";
import { readFile, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import test from "ava";
import { parquetWriteBuffer } from "hyparquet-writer";
import { FormatError, createRandom } from "../../src/core/index.js";
import { readCorpus } from "../../src/corpus/index.js";
import {
  type ParquetRow,
  bytesSource,
  readNpyMatrix,
  readParquetMatrix,
  streamMatrix,
  streamParquetRows,
} from "../../src/files/index.js";
import {
  matrixBlocks,
  openPage,
  openZstd,
  readLists,
  readValues,
  shareOut,
  unpackSnappy,
} from "../../src/files/parquet/index.js";
import { inFolder } from "../support/folder.js";

async function duck(statement: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

async function rowsOf(file: string, columns?: string[]): Promise<ParquetRow[]> {
  const rows: ParquetRow[] = [];
  for await (const row of streamParquetRows(file, { columns })) rows.push(row);
  return rows;
}

/** Typed arrays as lists, so that rows compare with literals. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const N = 5000;
const SELECT = `select
    case when i % 7 = 0 then null else 'text ' || i end as s,
    i::bigint * 100000000000000 as big,
    case when i % 5 = 0 then null else (i / 8)::double end as number,
    i % 3 = 0 as flag,
    'same' as same,
    case when i % 11 = 0 then null else [j::float / 4 for j in range(i % 4)] end as floats,
    [i, i + 1]::bigint[] as whole,
    [case when j = 1 then null else 'c' || j end for j in range(i % 3)] as words,
    case when i % 13 = 0 then null else {'a': i::integer, 'b': [i::varchar]} end as struct,
    [[j::double, 0.5] for j in range(i % 3)] as nested
  from range(${N}) t(i)`;

function expected(i: number): ParquetRow {
  const count = (length: number): number[] => Array.from({ length }, (_, j) => j);
  const big = i * 1e14;
  return {
    s: i % 7 === 0 ? null : `text ${i}`,
    big: Number.isSafeInteger(big) ? big : `${i}00000000000000`,
    number: i % 5 === 0 ? null : i / 8,
    flag: i % 3 === 0,
    same: "same",
    floats: i % 11 === 0 ? null : count(i % 4).map((j) => j / 4),
    whole: [i, i + 1],
    words: count(i % 3).map((j) => (j === 1 ? null : `c${j}`)),
    struct: i % 13 === 0 ? null : { a: i, b: [`${i}`] },
    nested: count(i % 3).map((j) => [j, 0.5]),
  };
}

for (const [version, codec] of [
  ["v1", "uncompressed"],
  ["v1", "snappy"],
  ["v1", "gzip"],
  ["v2", "zstd"],
  ["v2", "lz4_raw"],
  ["v2", "brotli"],
]) {
  test(`every kind of column is read as DuckDB writes it: ${version}, ${codec}`, (t) =>
    inFolder(async (folder) => {
      const file = join(folder, "a.parquet");
      const how = `format parquet, codec ${codec}, parquet_version ${version}, row_group_size 2048`;
      await duck(`copy (${SELECT}) to '${file}' (${how})`);
      const rows = await rowsOf(file);
      t.is(rows.length, N);
      for (let i = 0; i < N; i++) {
        if (i % 97 === 0 || i < 60) t.deepEqual(plain(rows[i]), expected(i));
      }
      t.true(rows[1].floats instanceof Float32Array);
      t.true(rows[1].whole instanceof Float64Array);
    }));
}

const FIXTURES = "test/fixtures/parquet";

test("lists are read to the bit as pyarrow wrote them, whole and in blocks of any rows", async (t) => {
  const { rows, cols, data } = await readNpyMatrix(join(FIXTURES, "values.npy"));
  const bits = (values: Float32Array): Uint32Array =>
    new Uint32Array(values.buffer, 0, values.length);
  const written = (await readdir(FIXTURES)).filter((name) => name.endsWith(".parquet"));
  t.is(written.length, 13);
  for (const name of written) {
    const isGrid = name.startsWith("encodings_");
    for (const column of isGrid ? ["plain", "dictionary", "split"] : ["embedding"]) {
      const whole = await readParquetMatrix(join(FIXTURES, name), column);
      t.deepEqual([whole.rows, whole.cols], [rows, cols], `${name} ${column}`);
      t.deepEqual(bits(whole.data), bits(data), `${name} ${column}`);
    }
  }
  for (const [start, end, rowsPerBlock] of [
    [0, rows, 7],
    [29, 32, 2],
    [31, rows, 100],
  ]) {
    const path = join(FIXTURES, "snappy.parquet");
    let next = start;
    for await (const { start: at, block } of streamMatrix(path, { start, end, rowsPerBlock })) {
      t.is(at, next);
      next += block.rows;
      t.deepEqual(bits(block.data), bits(data.slice(at * cols, next * cols)));
    }
    t.is(next, end);
  }
});

test("rows far beyond what a file can hold are refused before memory is taken for them", async (t) => {
  const source = bytesSource("a.parquet", new Uint8Array(1000));
  const lists = { data: new Float32Array(1000), offsets: Uint32Array.of(0, 1000) };
  const file: Parameters<typeof matrixBlocks>[1] = {
    // eslint-disable-next-line @typescript-eslint/require-await
    async *batches() {
      yield { start: 0, rows: 1, columns: [lists] };
    },
  };
  const wish = { column: "a", start: 0, end: 1e6, rowsPerBlock: 1e6 };
  await t.throwsAsync(matrixBlocks(source, file, wish).next(), {
    instanceOf: FormatError,
    message: "a.parquet: claims 1000000 rows of 1000 numbers, more than its 1000 bytes can make",
  });
});

type Kind = Parameters<typeof readValues>[1];

function decode(bytes: Uint8Array, kind: Partial<Kind>, count: number): unknown {
  const element = { name: "element" };
  const memory = { words: new Uint32Array(0) };
  const whole: Kind = {
    ...{ type: "FLOAT", element, encoding: "PLAIN", dictionary: undefined, memory, ...kind },
  };
  return readValues(openPage(bytes), whole, count);
}

test("indices of any width stand for what their dictionary holds, and none beyond it is taken", (t) => {
  const random = createRandom(1);
  for (let width = 1; width <= 24; width++) {
    const length = Math.min(2 ** width - 1, 70_000);
    const dictionary = Float32Array.from({ length }, (_, i) => i / 8);
    const indices = Array.from({ length: 40 }, () => Math.floor(random() * length));
    // Five groups of eight, bit by bit, of which the last holds one less, and a run of three.
    const page = (packed: readonly number[], repeated: number): Uint8Array => {
      const bytes = new Uint8Array(5 * width);
      packed.forEach((index, i) => {
        for (let bit = 0; bit < width; bit++) {
          const at = i * width + bit;
          if ((index >>> bit) & 1) bytes[at >>> 3] |= 1 << (at & 7);
        }
      });
      const run = [3 << 1, repeated, repeated >>> 8, repeated >>> 16];
      const size = Math.ceil(width / 8);
      return Uint8Array.of(width, ...run.slice(0, 1 + size), (5 << 1) | 1, ...bytes);
    };
    const read = (bytes: Uint8Array): unknown =>
      decode(bytes, { encoding: "RLE_DICTIONARY", dictionary }, 42);
    const want = [5 % length, 5 % length, 5 % length, ...indices.slice(0, 39)];
    t.deepEqual(
      read(page(indices, 5 % length)),
      Float32Array.from(want, (index) => index / 8),
    );
    const message = `index ${length} in a dictionary of ${length}`;
    for (const at of [0, 20, 38]) {
      const wrong = indices.map((index, i) => (i === at ? length : index));
      t.throws(() => read(page(wrong, 0)), { message });
    }
    t.throws(() => read(page(indices, length)), { message });
  }
});

test("numbers that are split into their bytes are joined, however many there are", (t) => {
  for (const [type, kind] of [
    ["FLOAT", Float32Array],
    ["DOUBLE", Float64Array],
    ["INT32", Int32Array],
    ["INT64", BigInt64Array],
  ] as const) {
    for (const count of [1, 2, 3, 4, 5, 7, 8, 1001]) {
      const size = kind.BYTES_PER_ELEMENT;
      const random = createRandom(count);
      const plain = Uint8Array.from({ length: size * count }, () => Math.floor(256 * random()));
      const split = plain.map((_, i) => plain[(i % count) * size + Math.floor(i / count)]);
      const found = decode(split, { type, encoding: "BYTE_STREAM_SPLIT" }, count);
      t.true(found instanceof kind);
      const { buffer, byteOffset, byteLength } = found as Float32Array;
      t.deepEqual(new Uint8Array(buffer, byteOffset, byteLength), plain);
      const cut = split.subarray(0, -1);
      t.throws(() => decode(cut, { type, encoding: "BYTE_STREAM_SPLIT" }, count));
    }
  }
});

const SNAPPY: [what: string, bytes: number[], text: string][] = [
  ["a literal", [3, 2 << 2, 97, 98, 99], "abc"],
  ["a literal of 70", [70, 60 << 2, 69, ...Buffer.from("a".repeat(70))], "a".repeat(70)],
  ["a literal of 300", [172, 2, 61 << 2, 43, 1, ...Buffer.alloc(300, "b")], "b".repeat(300)],
  ["a copy that runs into itself", [9, 1 << 2, 97, 98, (3 << 2) | 1, 2], "ababababa"],
  ["a copy by two bytes", [4, 1 << 2, 97, 98, (1 << 2) | 2, 2, 0], "abab"],
  ["a copy by four bytes", [4, 1 << 2, 97, 98, (1 << 2) | 3, 2, 0, 0, 0], "abab"],
  ["nothing", [0], ""],
];
for (const [what, bytes, text] of SNAPPY) {
  test(`Snappy is unpacked, and refused where it is cut or makes another length: ${what}`, (t) => {
    const unpack = (input: number[], length: number): string => {
      const output = new Uint8Array(length);
      unpackSnappy(Uint8Array.from(input), output);
      return Buffer.from(output).toString();
    };
    t.is(unpack(bytes, text.length), text);
    t.throws(() => unpack(bytes, text.length + 1), { message: /Snappy/ });
    if (text === "") return;
    t.throws(() => unpack(bytes, text.length - 1), { message: /Snappy/ });
    for (let end = 1; end < bytes.length; end++) {
      t.throws(() => unpack(bytes.slice(0, end), text.length), { message: /Snappy/ });
    }
  });
}

test("Snappy that copies from before its start is refused", (t) => {
  for (const offset of [0, 3]) {
    const bytes = Uint8Array.of(6, 1 << 2, 97, 98, 1, offset);
    t.throws(() => unpackSnappy(bytes, new Uint8Array(6)), { message: /damaged Snappy/ });
  }
});

const matrix = (rows: number, d: number): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: d }, (_, j) => i + j / 4));

test("only the columns that are asked for are read: the bytes of the others do not matter", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "a.parquet");
    await duck(`copy (select i::varchar as id, 'text ' || i as text,
        [j + 256 * i + 0.5 for j in range(256)]::float[] as embedding
        from range(3000) t(i)) to '${file}' (format parquet, codec uncompressed, row_group_size 2048)`);
    const bytes = await readFile(file);
    // A part of the column's first page is nothing but damage now.
    const at = bytes.indexOf(Buffer.from(Float32Array.of(0.5, 1.5, 2.5).buffer));
    t.true(at > 0);
    bytes.fill(0xff, at - 40, at + 100_000);
    await writeFile(file, bytes);
    const documents = await readCorpus(file);
    t.is(documents.length, 3000);
    t.deepEqual(documents[2999], { id: "2999", title: "", text: "text 2999", classes: [] });
    await t.throwsAsync(readParquetMatrix(file), { instanceOf: FormatError });
  }));

test("the only column of number lists, or the one that is called so, is the matrix", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "a.parquet");
    const write = (columns: string): Promise<void> =>
      duck(`copy (select ${columns} from range(5000) t(i)) to '${file}' (format parquet)`);
    await write("i::varchar as id, [i::float, 0.5] as vec");
    const { rows, cols, data } = await readParquetMatrix(file);
    t.deepEqual([rows, cols, ...data.slice(-4)], [5000, 2, 4998, 0.5, 4999, 0.5]);
    await write("[1, 2]::double[] as other, [i, 7]::float[2] as Embedding");
    t.deepEqual([...(await readParquetMatrix(file)).data.slice(-2)], [4999, 7]);
    await write("[1, 2]::double[] as a, [i]::float[] as b");
    await t.throwsAsync(readParquetMatrix(file), {
      message:
        /expected one column of number lists, such as embedding, found the lists a, b; in Python/,
    });
    t.is((await readParquetMatrix(file, "b")).cols, 1);
    await write("i::varchar as id, i");
    await t.throwsAsync(readParquetMatrix(file), { message: /found the columns id, i; in Python/ });
    await write("case when i = 4000 then null else [i]::float[] end as a");
    await t.throwsAsync(readParquetMatrix(file), {
      message: /row 4000: expected 1 numbers in a, got something else/,
    });
  }));

// Serial: the process seems busy to all tests of this file.
test.serial(
  "neither a busy process nor a machine that stands still makes a good file bad",
  async (t) => {
    const cpuUsage = process.cpuUsage.bind(process);
    let calls = 0;
    process.cpuUsage = () => ({ user: calls++ * 1e12, system: 0 });
    t.teardown(() => void (process.cpuUsage = cpuUsage));
    const data = Array.from({ length: 2000 }, (_, i) => `text ${i}`);
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [{ name: "id", data, type: "STRING" }],
        rowGroupSize: [500],
      }),
    );
    // While an answer is awaited nothing runs here for longer than a limit by the clock was.
    const standStill = (): unknown =>
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
    let rows = 0;
    for await (const row of streamParquetRows(bytesSource("a.parquet", bytes))) {
      if (row.id === "text 499") setImmediate(standStill);
      rows++;
    }
    t.is(rows, 2000);
    t.true(calls > 2);
  },
);

test("a run of two thousand million values in six bytes is refused at once", async (t) => {
  const data = Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? i : null));
  const bytes = Buffer.from(
    parquetWriteBuffer({
      columnData: [{ name: "a", data, type: "INT32", nullable: true }],
      codec: "UNCOMPRESSED",
    }),
  );
  const read = async (file: Uint8Array): Promise<unknown[]> => {
    const rows: unknown[] = [];
    for await (const { a } of streamParquetRows(bytesSource("a.parquet", file))) rows.push(a);
    return rows;
  };
  t.deepEqual(await read(bytes), data);
  // Eight groups of eight levels, bit by bit.
  const at = bytes.indexOf(Buffer.from([17, ...Array.from({ length: 8 }, () => 0x55)]));
  t.true(at > 0);
  bytes.set([0xfe, 0xff, 0xff, 0xff, 0x0f, 0x01], at);
  await t.throwsAsync(read(bytes), {
    instanceOf: FormatError,
    message: /a\.parquet: not readable as Parquet: a run of 2147483647 values, expected 64/,
  });
});

test("rows of a matrix are gathered over pages and row groups", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "a.parquet");
    const data = matrix(700, 3);
    const columnData = [{ name: "embedding", data, type: "JSON" as const }];
    await writeFile(file, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: [300] })));
    const { rows, cols, data: values } = await readParquetMatrix(file, "embedding");
    t.deepEqual([rows, cols], [700, 3]);
    t.deepEqual([...values], data.flat());
  }));

test("columns that are read together keep their own values, whatever their encodings share", async (t) => {
  const { cols, data } = await readNpyMatrix(join(FIXTURES, "values.npy"));
  const columns = ["dictionary", "split", "plain"];
  const written = (await readdir(FIXTURES)).filter((name) => /^encodings_.*parquet$/.test(name));
  t.true(written.length > 0);
  for (const name of written) {
    let at = 0;
    for await (const row of streamParquetRows(join(FIXTURES, name), { columns })) {
      const list = data.subarray(at, (at += cols));
      for (const column of columns) t.deepEqual(row[column], list, `${name} ${column}`);
    }
    t.is(at, data.length);
  }
});

test("zstd that is damaged, cut or of another length is refused", async (t) => {
  const unpack = await openZstd();
  const packed = Uint8Array.from(Buffer.from("KLUv/SAFKQAAaGVsbG8=", "base64"));
  const output = new Uint8Array(5);
  unpack(packed, output);
  t.is(Buffer.from(output).toString(), "hello");
  const refused = [
    [packed.subarray(0, 9), 5],
    [packed.map((byte, i) => (i === 0 ? 0 : byte)), 5],
    [packed, 4],
    [packed, 6],
  ] as const;
  for (const [input, length] of refused) {
    const expected = { message: new RegExp(`^zstd of \\d bytes, expected ${length}$`) };
    t.throws(() => unpack(input, new Uint8Array(length)), expected);
  }
  unpack(packed, output);
  t.is(Buffer.from(output).toString(), "hello");
});

test("threads share a file at its row groups, and read and refuse what one of them does", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "a.parquet");
    const column = "embedding";
    const sizes = [300, 100, 250, 50];
    const write = (data: number[][]): Promise<void> => {
      const columnData = [{ name: "embedding", data, type: "JSON" as const }];
      return writeFile(
        file,
        new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: sizes })),
      );
    };
    const read = (threads: number, signal?: AbortSignal): ReturnType<typeof readLists> =>
      readLists(file, { column, rowsPerBlock: 40 }, { threads, large: 0, signal });
    await write(matrix(700, 3));
    for (const threads of [1, 2, 3, 4, 9]) {
      t.deepEqual(await read(threads), await readParquetMatrix(file, column));
    }
    for (const rows of [[690], [20, 690], [0], [300]]) {
      await write(matrix(700, 3).map((row, i) => (rows.includes(i) ? row.slice(1) : row)));
      const { message } = await t.throwsAsync(readParquetMatrix(file, column), {
        instanceOf: FormatError,
      });
      t.regex(message, /: row (690|20|1|300): expected [23] numbers in embedding, got [23]$/);
      await t.throwsAsync(read(3), { instanceOf: FormatError, message });
    }
    const left = new AbortController();
    left.abort(new Error("left"));
    await t.throwsAsync(read(2, left.signal), { message: "left" });
  }));

test("a file that is replaced while several threads read it is refused, not read half from each", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "a.parquet");
    const write = async (name: string, value: number): Promise<string> => {
      const data = Array.from({ length: 700 }, () => [value, value]);
      const columnData = [{ name: "embedding", data, type: "JSON" as const }];
      const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100 }));
      await writeFile(join(folder, name), bytes);
      await utimes(join(folder, name), value, value);
      return join(folder, name);
    };
    const read = async (threads: number): Promise<number[]> => {
      await write("a.parquet", 1.5);
      const next = await write("b.parquet", 2.5);
      // Asked for by each thread when it has opened the file.
      let isReplaced = false;
      const wish = {
        column: "embedding",
        get rowsPerBlock() {
          if (!isReplaced) renameSync(next, file);
          isReplaced = true;
          return 50;
        },
      };
      const { data } = await readLists(file, wish, { threads, large: 0 });
      return [...new Set(data)];
    };
    t.deepEqual(await read(1), [1.5]);
    await t.throwsAsync(read(2), {
      instanceOf: FormatError,
      message: `${file}: was written again while it was read`,
    });
  }));

test("a read with something else than a signal leaves no thread behind", (t) => {
  const script = `
    const { bytesSource, streamParquetRows } = await import(${JSON.stringify(new URL("../../src/files/index.js", import.meta.url))});
    const rows = streamParquetRows(bytesSource("a", new Uint8Array(20)), { signal: {} });
    await rows.next().catch(({ name }) => console.log(name));`;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 60_000,
    encoding: "utf8",
  });
  t.deepEqual({ status, stdout }, { status: 0, stdout: "TypeError\n" });
});

test("a thread's share begins and ends with a row group that has rows", (t) => {
  const groups = [0, 300, 400, 650];
  t.deepEqual(shareOut({ rows: 700, groups }, 1), [{ start: 0, end: 700 }]);
  t.deepEqual(shareOut({ rows: 700, groups }, 3), [
    { start: 0, end: 300 },
    { start: 300, end: 650 },
    { start: 650, end: 700 },
  ]);
  t.deepEqual(shareOut({ rows: 700, groups: [0, 0, 700, 700] }, 4), [{ start: 0, end: 700 }]);
  t.deepEqual(shareOut({ rows: 0, groups: [0] }, 2), []);
  t.deepEqual(shareOut({ rows: 0, groups: [] }, 2), []);
});

test("files are read one after the other, whole or not, damaged or not, also after a rest", async (t) => {
  const writing = (values: number[]): ReturnType<typeof bytesSource> => {
    const columnData = [{ name: "x", data: values, type: "INT32" as const }];
    return bytesSource("x.parquet", new Uint8Array(parquetWriteBuffer({ columnData })));
  };
  const read = async (values: number[], most = Infinity): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const { x } of streamParquetRows(writing(values))) {
      found.push(x);
      if (found.length === most) break;
    }
    return found;
  };
  for (const rest of [0, 1100]) {
    await sleep(rest);
    t.deepEqual(await read([1, 2, 3]), [1, 2, 3]);
    t.deepEqual(await read([4, 5], 1), [4]);
    const damaged = streamParquetRows(bytesSource("cut.parquet", new Uint8Array(40)));
    await t.throwsAsync(damaged.next(), { instanceOf: FormatError, message: /^cut\.parquet: / });
    t.deepEqual(await Promise.all([read([6]), read([7, 8]), read([])]), [[6], [7, 8], []]);
  }
});
