import test from "ava";
import { UMAP } from "umap-js";
import {
  type Matrix,
  createMatrix,
  createRandom,
  matrixRows,
  meanOf,
  normalizeRows,
} from "../../src/core/index.js";
import type { Neighbours } from "../../src/engine/index.js";
import {
  NO_NEIGHBOUR,
  cosineNeighbours,
  neighboursKept,
  placeOnMap,
  projectUmap,
  trustworthiness,
} from "../../src/projection/index.js";
import {
  fitCurve,
  openLayoutKernels,
  uniteDirections,
  weighNeighbours,
} from "../../src/projection/layout/index.js";
import { atLength } from "../support/campaign.js";
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
  await projectUmap(neighbours, {
    epochs: 40,
    onProgress: ({ step, done }) => step === "map" && reports.push(done),
  });
  clearInterval(timer);
  t.is(reports.length, 40);
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

/** Neighbours as umap-js takes them: each row first among its own. */
function asLists({ rows, count, indices, scores }: Neighbours): [number[][], number[][]] {
  const all = Array.from({ length: rows }, (_, i) => i);
  const list = (values: ArrayLike<number>, i: number): number[] =>
    Array.from(values).slice(i * count, (i + 1) * count);
  return [
    all.map((i) => [i, ...list(indices, i)]),
    all.map((i) => [0, ...list(scores, i).map((score) => 1 - score)]),
  ];
}

test("weights are those of umap-js", async (t) => {
  const neighbours = await cosineNeighbours(clusteredPoints(300, 8, 5), 7, plainEngine);
  const umap = new UMAP({ nNeighbors: 8, nEpochs: 60 });
  umap.setPrecomputedKNN(...asLists(neighbours));
  umap.initializeFit(Array.from({ length: 300 }, () => []));
  const peer = umap as unknown as {
    graph: { getAll(): { row: number; col: number; value: number }[] };
  };
  const layout = await openLayoutKernels(300, 7, {});
  const strengths = await weighNeighbours(layout, neighbours);
  const graph = await uniteDirections(layout, neighbours, strengths, { epochs: 60 });
  await layout.close();
  const wanted = peer.graph.getAll().filter(({ value }) => value >= 1 / 60);
  t.is(graph.offsets[300], wanted.length);
  for (const { row, col, value } of wanted) {
    const list = graph.targets.subarray(graph.offsets[row], graph.offsets[row + 1]);
    const weight = graph.weights[graph.offsets[row] + list.indexOf(col)];
    t.true(Math.abs(weight - value) < 2e-4, `${row} to ${col}: ${weight} for ${value}`);
  }
});

test("the curve is that of umap-learn 0.5.12", async (t) => {
  const { kernels, close } = await openLayoutKernels(4, 2, {});
  const wanted = [
    [0.1, 1, 1.57694346, 0.89506088],
    [0.25, 1.5, 0.62189446, 0.96682334],
    [0, 1, 1.93280839, 0.79049497],
    [0.99, 1, 0.1193053, 1.91639042],
    [0.1, 5, 0.13666627, 0.81087639],
  ];
  for (const [minDist, spread, a, b] of wanted) {
    const found = fitCurve(minDist, spread, kernels);
    t.true(Math.abs(found.a / a - 1) < 1e-4, `a ${found.a} for ${a}`);
    t.true(Math.abs(found.b / b - 1) < 1e-4, `b ${found.b} for ${b}`);
  }
  await close();
});

(atLength ? test : test.skip)("a map keeps neighbours as well as that of umap-js", async (t) => {
  const points = clusteredPoints(600, 16, 12, { spread: 1 });
  const neighbours = await cosineNeighbours(points, 10, plainEngine);
  const seeds = [0, 1, 2, 3];
  const theirs = (seed: number): Matrix => {
    const umap = new UMAP({ nNeighbors: 11, nEpochs: 300, random: createRandom(seed) });
    umap.setPrecomputedKNN(...asLists(neighbours));
    const places = umap.fit(Array.from({ length: 600 }, () => []));
    return createMatrix(600, 2, Float32Array.from(places.flat()));
  };
  const judge = (maps: readonly Matrix[]): [number, number] => [
    meanOf(maps.map((places) => neighboursKept(neighbours, places))),
    meanOf(maps.map((places) => trustworthiness(points, places, 10))),
  ];
  const ours = seeds.map((seed) => projectUmap(neighbours, { epochs: 300, seed }));
  const [kept, trust] = judge(await Promise.all(ours));
  const [wanted, least] = judge(seeds.map(theirs));
  t.log({ kept, wanted, trust, least });
  t.true(kept > wanted - 0.01);
  t.true(trust > least - 0.01);
});

test("the kernels' powers, exponentials and logarithms keep to their stated errors", async (t) => {
  const { kernels, close } = await openLayoutKernels(4, 2, {});
  for (let step = -300; step <= 300; step++) {
    const q = Math.fround(1.07 ** (step / 2));
    for (const b of [0.3, 0.8950608, 1.5]) {
      const wanted = q ** Math.fround(b);
      t.true(Math.abs(kernels.powerOf(q, b) / wanted - 1) < 4e-6, `${q} to the power ${b}`);
    }
    t.true(Math.abs(kernels.log(q) - Math.log(q)) < 1e-13, `log ${q}`);
    t.true(Math.abs(kernels.exp(step) / Math.exp(step) - 1) < 1e-13, `exp ${step}`);
  }
  await close();
});

test("placeOnMap places new rows beside their neighbours and moves no other", async (t) => {
  const points = clusteredPoints(400, 12, 8);
  const known = matrixRows(points, 0, 360);
  const places = await projectUmap(await cosineNeighbours(known, 10, plainEngine), { epochs: 200 });
  const before = places.data.slice();
  const among = await plainEngine.nearest(
    normalizeRows(matrixRows(points, 360, 400)),
    normalizeRows(known),
    10,
  );
  among.indices.fill(NO_NEIGHBOUR, 390, 400);
  const added = await placeOnMap(among, places);
  t.deepEqual(places.data, before);
  t.true(added.data.subarray(78).every(Number.isNaN), "a row without neighbours has no place");
  for (let i = 0; i < 39; i++) {
    const distances = Array.from({ length: 360 }, (_, j) =>
      Math.hypot(
        added.data[2 * i] - places.data[2 * j],
        added.data[2 * i + 1] - places.data[2 * j + 1],
      ),
    );
    t.is(distances.indexOf(Math.min(...distances)) % 8, i % 8, `row ${i}`);
  }
  among.indices[0] = 360;
  await t.throwsAsync(placeOnMap(among, places), {
    instanceOf: RangeError,
    message: /neighbours must be rows of the map \[360, 2\], got 360/,
  });
});
