import test from "ava";
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import {
  type Matrix,
  FormatError,
  createMatrix,
  createRandom,
  dot,
  matrixRow,
} from "../../../src/core/index.js";
import { writeNpy } from "../../../src/files/index.js";
import { type Hit, openSearchIndex, searchRows } from "../../../src/search/index.js";
import { cosine, createQuantisedRows, unitQuery } from "../../../src/search/scan/index.js";
import { inFolder } from "../../support/folder.js";
import { atLength } from "../../support/campaign.js";
import { hardRows } from "../../support/hard-rows.js";

const SHAPES = [
  [1, 1],
  [3, 2],
  [50, 7],
  [333, 16],
  [700, 33],
  [2000, 96],
  [900, 500],
] as const;

/** A column of lists. */
const LISTS: SchemaElement[] = [
  { name: "root", num_children: 1 },
  { name: "v", repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
];

/** Every cosine in float64, sorted; written without the search's own code. */
function bruteForce({ rows, cols, data }: Matrix, query: ArrayLike<number>): Hit[] {
  const size = (at: (j: number) => number): number => {
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += at(j) * at(j);
    return Math.sqrt(sum);
  };
  const length = size((j) => query[j]);
  const hits: Hit[] = [];
  for (let row = 0; row < rows; row++) {
    const own = size((j) => data[row * cols + j]);
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += data[row * cols + j] * (query[j] / length);
    const score = own === 0 ? 0 : sum / own;
    if (!Number.isNaN(score)) hits.push({ row, score });
  }
  return hits.sort((a, b) => b.score - a.score || a.row - b.row);
}

/** Queries at random, near a row, a row itself, and along one axis. */
function queriesFor(base: Matrix, seed: number): Float32Array[] {
  const random = createRandom(seed);
  const noise = (): Float32Array => Float32Array.from({ length: base.cols }, () => random() - 0.5);
  const finite = Array.from({ length: base.rows }, (_, i) => matrixRow(base, i)).filter(
    (row) => row.every(Number.isFinite) && row.some((value) => value !== 0),
  );
  const own = finite.slice(-2);
  const axis = new Float32Array(base.cols);
  axis[base.cols >> 1] = -3;
  const near = own.map((row) => {
    const most = Math.max(...row.map(Math.abs));
    return row.map((value, j) => value / most + 0.01 * noise()[j]);
  });
  return [noise(), ...own, ...near, axis];
}

test("an index of Parquet shards that stay on disk finds what a brute force finds", async (t) => {
  await inFolder(async (folder) => {
    const base = hardRows(900, 33, 5);
    for (const [start, end] of [
      [0, 500],
      [500, 501],
      [501, 900],
    ]) {
      const data = Array.from({ length: end - start }, (_, i) =>
        Array.from(matrixRow(base, start + i)),
      );
      const bytes = parquetWriteBuffer({
        ...{ schema: LISTS, columnData: [{ name: "v", data }] },
        ...{ pageSize: 4000, rowGroupSize: 200 },
      });
      await writeFile(path.join(folder, `${start + 100}.parquet`), new Uint8Array(bytes));
    }
    const index = await openSearchIndex(folder, { mostDecoded: 0 });
    t.true(index.bytes > base.data.length);
    for (const query of queriesFor(base, 7)) {
      const found = await index.search(query, 40, { accept: (row) => row % 5 !== 0 });
      const all = bruteForce(base, query).filter(({ row }) => row % 5 !== 0);
      t.true(isDeepStrictEqual(found, all.slice(0, 40)));
    }
    await index.close();
  });
});

test("an index finds what a brute force finds, for hard rows, filters and counts", async (t) => {
  for (const [place, [rows, d]] of SHAPES.entries()) {
    const base = hardRows(rows, d, place + 1);
    const index = await openSearchIndex(base, { threads: 1 + (place % 3) });
    t.true(index.bytes > rows * d);
    const filters = [undefined, (row: number): boolean => row % 3 === 1, (): boolean => false];
    for (const query of queriesFor(base, place + 100)) {
      const all = bruteForce(base, query);
      for (const accept of filters) {
        for (const count of [1, 10, rows + 5]) {
          const expected = all.filter(({ row }) => !accept || accept(row)).slice(0, count);
          const found = await index.search(query, count, { accept });
          const plain = await searchRows(base, query, count, { accept });
          t.true(isDeepStrictEqual([found, plain], [expected, expected]), `${rows} x ${d}`);
        }
      }
    }
    await index.close();
  }
});

test("no row's cosine is ever outside of its bound, nor above the highest of its chunk", async (t) => {
  let scanned = 0;
  let chunks = 0;
  // The last shape has several chunks, of which the last has an odd number of rows.
  for (const [place, [rows, d]] of [...SHAPES, [1703, 700] as const].entries()) {
    const base = hardRows(rows, d, place + 20);
    const random = createRandom(place);
    const means = [new Float32Array(d), Float32Array.from({ length: d }, () => random() - 0.5)];
    for (const mean of means) {
      const length = Math.max(1, Math.hypot(...mean));
      const quantised = await createQuantisedRows(
        rows,
        mean.map((value) => value / length),
        1,
      );
      quantised.fill(0, base);
      const units = queriesFor(base, place).map((query) => unitQuery(query, 1));
      for (const unit of units) {
        const [estimates] = quantised.scan([unit]);
        const { offset, factor, slack, products, scales, errors } = estimates;
        const { highest, chunkRows } = estimates;
        t.is(highest.length, Math.ceil(rows / chunkRows));
        for (let i = 0; i < rows; i++) {
          const upper = offset + products[i] * scales[i] * factor + (errors[i] + slack);
          const limit = highest[Math.floor(i / chunkRows)];
          if (upper > limit) t.fail(`${rows} x ${d}, row ${i}: ${upper} over ${limit}`);
          const score = cosine(base.data, i * d, unit);
          const missed = Math.abs(score - (offset + products[i] * scales[i] * factor));
          const holds = Number.isNaN(score) ? Number.isNaN(errors[i]) : missed <= errors[i] + slack;
          if (!holds) t.fail(`${rows} x ${d}, row ${i}: ${missed} over ${errors[i]} + ${slack}`);
        }
        scanned += rows;
        chunks = Math.max(chunks, highest.length);
      }
      await quantised.close();
    }
  }
  t.true(scanned > 40_000 && chunks > 4);
});

/** What a byte a number leaves out of the row at unit length. */
function residual(row: Float32Array): { unit: Float64Array; left: Float64Array } {
  const unit = unitQuery(row, 1);
  const step = Math.max(...unit.map(Math.abs)) / 127;
  return { unit, left: unit.map((value) => value - step * Math.round(value / step)) };
}

function without(vector: Float64Array, unit: Float64Array): Float64Array {
  const share = dot(vector, unit);
  return vector.map((value, j) => value - share * unit[j]);
}

test("a query along what a row leaves out needs its whole bound", async (t) => {
  const base = hardRows(400, 64, 3);
  const quantised = await createQuantisedRows(base.rows, new Float32Array(64), 1);
  quantised.fill(0, base);
  let checked = 0;
  for (let i = 0; i < base.rows; i++) {
    const row = matrixRow(base, i);
    if (!row.every(Number.isFinite) || row.every((value) => value === 0)) continue;
    const unit = unitQuery(residual(row).left, 1);
    const [{ factor, slack, products, scales, errors }] = quantised.scan([unit]);
    const missed = cosine(base.data, i * 64, unit) - products[i] * scales[i] * factor;
    t.true(missed <= errors[i] + slack && missed > 0.95 * errors[i], `row ${i}`);
    checked++;
  }
  t.true(checked > 300);
});

test("a row that only its whole bound lets in is found behind many that look better", async (t) => {
  // Candidates are scored by 64, so that the wanted row comes alone, last.
  const [d, others] = [64, 3 * 64];
  const random = createRandom(12);
  const seen = Float32Array.from({ length: d }, () => random() - 0.5);
  const { unit, left } = residual(seen);
  const along = unitQuery(left, 1);
  const query = unitQuery(
    along.map((value, j) => value + 0.5 * unit[j]),
    1,
  );
  const beside = unitQuery(without(unit, along), 1);
  // The mean of rows and their negatives is 0, so that the index leaves out what the test does.
  const base = createMatrix(2 * (others + 1), d);
  for (let i = 0; i <= others; i++) {
    // Noise across both makes the others' rounding errors fall anywhere, and hardly moves their scores.
    const noise = Float64Array.from({ length: d }, () => 0.01 * (random() - 0.5));
    const across = without(without(noise, along), beside);
    for (let j = 0; j < d; j++) {
      base.data[i * d + j] = i < others ? unit[j] - 0.25 * left[j] + across[j] : unit[j];
    }
    matrixRow(base, others + 1 + i).set(matrixRow(base, i).map((value) => -value));
  }
  const index = await openSearchIndex(base);
  t.deepEqual(await index.search(query, 1), bruteForce(base, query).slice(0, 1));
  t.is((await index.search(query, 1))[0].row, others);
  await index.close();
});

test("the bound of a common row is tight enough to leave nearly all rows out", async (t) => {
  const random = createRandom(8);
  const base = createMatrix(4000, 384);
  for (let i = 0; i < base.data.length; i++) base.data[i] = random() + random() - 0.7;
  const index = await openSearchIndex(base);
  let asked = 0;
  const accept = (): boolean => ++asked > 0;
  await index.search(matrixRow(base, 5), 10, { accept });
  t.true(asked < 400, `${asked} rows were asked for`);
  await index.close();
});

test("an index over a file finds what one in memory finds, in float16 too", async (t) => {
  await inFolder(async (folder) => {
    const base = hardRows(800, 40, 5);
    const file = path.join(folder, "rows.npy");
    const half = path.join(folder, "half.npy");
    const shape = [base.rows, base.cols];
    await writeNpy(file, { shape, data: base.data, dtype: "f4" });
    await writeNpy(half, { shape, data: base.data, dtype: "f2" });
    for (const name of [file, half]) {
      const index = await openSearchIndex(name);
      t.deepEqual([index.rows, index.cols], [800, 40]);
      for (const query of queriesFor(base, 6)) {
        t.deepEqual(await index.search(query, 30), await searchRows(name, query, 30));
      }
      await index.close();
    }
  });
});

test("queries of one pass find what each finds alone, at their own counts", async (t) => {
  const base = hardRows(1200, 24, 9);
  const index = await openSearchIndex(base);
  const queries = [...queriesFor(base, 1), ...queriesFor(base, 2)].map((query, i) => ({
    query,
    count: 1 + 3 * i,
  }));
  const found = await index.searchTogether(queries);
  const alone = queries.map(({ query, count }) => index.search(query, count));
  t.deepEqual(found, await Promise.all(alone));
  t.deepEqual(await index.searchTogether([]), []);
  await index.close();
  t.deepEqual(await index.searchTogether(queries), found);
});

test("an index refuses what a search refuses, and files that hold no matrix", async (t) => {
  const base = hardRows(60, 8, 1);
  const index = await openSearchIndex(base);
  const query = new Float32Array(8).fill(1);
  await t.throwsAsync(index.search([1, 2], 3), { instanceOf: RangeError, message: /2 wide/ });
  await t.throwsAsync(index.search(new Float32Array(8), 3), { instanceOf: RangeError });
  await t.throwsAsync(index.search(query.fill(NaN), 3), { instanceOf: RangeError });
  await t.throwsAsync(index.search([1, 1, 1, 1, 1, 1, 1, 1], 0), { instanceOf: RangeError });
  const signal = AbortSignal.abort();
  const stopped = { message: /abort/i, any: true } as const;
  await t.throwsAsync(index.search([1, 1, 1, 1, 1, 1, 1, 1], 1, { signal }), stopped);
  await t.throwsAsync(openSearchIndex(base, { signal }), stopped);
  await index.close();
  await inFolder(async (folder) => {
    const file = path.join(folder, "vector.npy");
    await writeNpy(file, { shape: [3], data: new Float32Array(3), dtype: "f4" });
    await t.throwsAsync(openSearchIndex(file), { instanceOf: FormatError, message: /a matrix/ });
    await t.throwsAsync(openSearchIndex(path.join(folder, "none.npy")), {
      message: /no such file/,
    });
  });
});

test("an index of no rows finds nothing", async (t) => {
  const index = await openSearchIndex(createMatrix(0, 3));
  t.deepEqual(await index.search([1, 0, 0], 5), []);
  await index.close();
});

test("without WebAssembly every search reads all rows", async (t) => {
  await inFolder(async (folder) => {
    const url = (name: string): string => pathToFileURL(path.resolve("build", name)).href;
    const script = path.join(folder, "plain.mjs");
    await writeFile(
      script,
      `import { openSearchIndex } from ${JSON.stringify(url("src/search/scan/search-index.js"))};
       import { hardRows } from ${JSON.stringify(url("test/support/hard-rows.js"))};
       const index = await openSearchIndex(hardRows(300, 8, 2));
       const hits = await index.search([1, 2, 3, 4, 5, 6, 7, 8], 7);
       console.log(JSON.stringify({ bytes: index.bytes, hits }));`,
    );
    const out = execFileSync(process.execPath, ["--jitless", script], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const hits = await searchRows(hardRows(300, 8, 2), [1, 2, 3, 4, 5, 6, 7, 8], 7);
    t.deepEqual(JSON.parse(String(out)), { bytes: 0, hits });
  });
});

(atLength ? test : test.skip)("the compiled scan is what its source compiles to", async (t) => {
  await inFolder(async (folder) => {
    const out = path.join(folder, "module.ts");
    execFileSync(process.execPath, [path.resolve("assembly/build.mjs"), out, "search.ts"]);
    t.is(await readFile(out, "utf8"), await readFile("src/search/scan/kernel-bytes.ts", "utf8"));
  });
});
