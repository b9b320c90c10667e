import test from "ava";
import { UMAP } from "umap-js";
import { createMatrix, createRandom } from "../../src/core/index.js";
import {
  cosineNeighbours,
  neighboursKept,
  projectUmap,
  trustworthiness,
} from "../../src/projection/index.js";
import { clusteredPoints, plainEngine } from "../support/projection.js";

test("projectUmap keeps neighbours together, the same bytes for the same seed", async (t) => {
  const points = clusteredPoints(300, 16, 6);
  const neighbours = await cosineNeighbours(points, 10, plainEngine);
  const first = await projectUmap(neighbours, { seed: 3, epochs: 150 });
  const again = await projectUmap(neighbours, { seed: 3, epochs: 150 });
  t.deepEqual(first, again);
  const other = await projectUmap(neighbours, { seed: 4, epochs: 150 });
  t.notDeepEqual(first, other);
  const trust = trustworthiness(points, first, 10);
  const kept = neighboursKept(neighbours, first);
  t.log(`trustworthiness ${trust.toFixed(3)}, neighbours kept ${kept.toFixed(3)}`);
  t.true(trust > 0.95);
  t.true(kept > 0.4);
});

test("projectUmap places clusters apart: nearest places share a cluster", async (t) => {
  const clusters = 5;
  const points = clusteredPoints(200, 12, clusters, { spread: 0.3 });
  const neighbours = await cosineNeighbours(points, 8, plainEngine);
  const { data } = await projectUmap(neighbours, { epochs: 150 });
  let same = 0;
  for (let i = 0; i < 200; i++) {
    let best = -1;
    let distance = Infinity;
    for (let j = 0; j < 200; j++) {
      const d = Math.hypot(data[2 * i] - data[2 * j], data[2 * i + 1] - data[2 * j + 1]);
      if (j !== i && d < distance) [best, distance] = [j, d];
    }
    if (best % clusters === i % clusters) same++;
  }
  t.is(same, 200);
});

test("projectUmap stands dead rows in a grid below the map, free of NaN", async (t) => {
  const points = clusteredPoints(60, 8, 3);
  for (const dead of [0, 7, 59]) points.data.fill(0, dead * 8, (dead + 1) * 8);
  const neighbours = await cosineNeighbours(points, 6, plainEngine);
  const { data } = await projectUmap(neighbours, { epochs: 30 });
  t.true(data.every((value) => Number.isFinite(value)));
  const live = Array.from({ length: 60 }, (_, i) => i).filter((i) => ![0, 7, 59].includes(i));
  const bottom = Math.min(...live.map((i) => data[2 * i + 1]));
  for (const dead of [0, 7, 59]) t.true(data[2 * dead + 1] < bottom);
});

test("projectUmap centres the map and lays its longest extent along x", async (t) => {
  const neighbours = await cosineNeighbours(clusteredPoints(100, 8, 4), 8, plainEngine);
  const { data } = await projectUmap(neighbours, { epochs: 60 });
  let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < 100; i++) {
    x += data[2 * i];
    y += data[2 * i + 1];
    xx += data[2 * i] ** 2;
    yy += data[2 * i + 1] ** 2;
    xy += data[2 * i] * data[2 * i + 1];
  }
  t.true(Math.abs(x) < 1e-2 && Math.abs(y) < 1e-2);
  t.true(xx >= yy);
  t.true(Math.abs(xy) < 1e-3 * xx);
});

test("projectUmap takes few rows, only duplicates and only dead rows", async (t) => {
  for (const rows of [0, 1, 2, 3, 4, 5]) {
    const matrix = createMatrix(
      rows,
      2,
      Float32Array.from({ length: 2 * rows }, (_, i) => Math.sin(i)),
    );
    const neighbours = await cosineNeighbours(matrix, 10, plainEngine);
    const places = await projectUmap(neighbours, { epochs: 9 });
    t.is(places.rows, rows);
    t.true(places.data.every((value) => Number.isFinite(value)));
  }
  for (const fill of [0, 1]) {
    const same = createMatrix(40, 3, new Float32Array(120).fill(fill));
    const places = await projectUmap(await cosineNeighbours(same, 5, plainEngine), { epochs: 9 });
    t.true(places.data.every((value) => Number.isFinite(value)));
  }
});

test("projectUmap reports every round, lets other work run and can be stopped", async (t) => {
  const neighbours = await cosineNeighbours(clusteredPoints(50, 4, 2), 5, plainEngine);
  const reports: number[] = [];
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await projectUmap(neighbours, { epochs: 40, onProgress: ({ done }) => reports.push(done) });
  clearInterval(timer);
  t.is(reports.length, 42, "40 rounds are rounded up to a multiple of 3");
  t.true(turns > 0);
  const controller = new AbortController();
  await t.throwsAsync(
    projectUmap(neighbours, {
      epochs: 40,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    }),
    { any: true, name: "AbortError" },
  );
});

test("projectUmap starts from given places, and refuses a bad start or bad epochs", async (t) => {
  const neighbours = await cosineNeighbours(clusteredPoints(50, 4, 2), 5, plainEngine);
  const start = createMatrix(
    50,
    2,
    Float32Array.from({ length: 100 }, (_, i) => Math.cos(i)),
  );
  const places = await projectUmap(neighbours, { epochs: 3, start });
  t.true(places.data.every((value) => Number.isFinite(value)));
  await t.throwsAsync(projectUmap(neighbours, { start: createMatrix(50, 3) }), {
    instanceOf: RangeError,
    message: /start must be places \[n, 2\]/,
  });
  await t.throwsAsync(projectUmap(neighbours, { epochs: 0 }), {
    instanceOf: RangeError,
    message: /epochs must be a whole number from 1, got 0/,
  });
});

test("the layout on a graph in arrays is that of umap-js on its own", async (t) => {
  const points = clusteredPoints(300, 8, 5);
  const { rows, count, indices, scores } = await cosineNeighbours(points, 7, plainEngine);
  const umap = new UMAP({ nNeighbors: count + 1, nEpochs: 60, random: createRandom(0) });
  const list = (values: ArrayLike<number>, i: number): number[] =>
    Array.from(values).slice(i * count, (i + 1) * count);
  const all = Array.from({ length: rows }, (_, i) => i);
  umap.setPrecomputedKNN(
    all.map((i) => [i, ...list(indices, i)]),
    all.map((i) => [0, ...list(scores, i).map((score) => Math.max(1e-9, 1 - score))]),
  );
  umap.initializeFit(all.map(() => []));
  for (let epoch = 0; epoch < 60; epoch++) umap.step();
  const own = umap.getEmbedding();
  const neighbours = { rows, count, indices, scores };
  const { data } = await projectUmap(neighbours, { epochs: 60, start: "random" });
  // Places are turned and centred, so distances are compared: a difference of one bit in the graph would have grown.
  for (let i = 1; i < rows; i++) {
    const distance = Math.hypot(own[i][0] - own[0][0], own[i][1] - own[0][1]);
    const found = Math.hypot(data[2 * i] - data[0], data[2 * i + 1] - data[1]);
    t.true(Math.abs(found - distance) < 1e-4, `row ${i}: ${found} and ${distance}`);
  }
});
