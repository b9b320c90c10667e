import test from "ava";
import { openEngine } from "../../src/engine/index.js";
import { createMatrix } from "../../src/core/index.js";
import {
  NO_NEIGHBOUR,
  cosineNeighbours,
  measureMap,
  nearNeighbours,
  projectUmap,
} from "../../src/projection/index.js";
import { clusteredPoints, plainEngine } from "../support/projection.js";

const COUNT = 10;

test("few rows have exact neighbours", async (t) => {
  const points = clusteredPoints(200, 8, 4);
  const { neighbours, recall } = await nearNeighbours(points, COUNT, plainEngine);
  t.is(recall, 1);
  t.deepEqual(neighbours, await cosineNeighbours(points, COUNT, plainEngine));
});

test("neighbours of many rows are found in cells, and their recall is the true one", async (t) => {
  const points = clusteredPoints(16_000, 12, 100);
  points.data.fill(0, 12 * 7, 12 * 8);
  const engine = await openEngine("cpu");
  const steps = new Set<string>();
  const options = {
    exactUpTo: 0,
    onProgress: ({ step }: { step: string }) => void steps.add(step),
  };
  const found = await nearNeighbours(points, COUNT, engine, options);
  const exact = await cosineNeighbours(points, COUNT, engine);
  t.deepEqual(found, await nearNeighbours(points, COUNT, engine, options), "the same each time");
  await engine.dispose();
  const { indices, scores } = found.neighbours;
  let hits = 0;
  for (let row = 0; row < points.rows; row++) {
    const list = indices.subarray(row * COUNT, (row + 1) * COUNT);
    const known = new Set(list);
    if (row === 7) t.true(list.every((index) => index === NO_NEIGHBOUR));
    else if (known.size !== COUNT || known.has(row) || known.has(7))
      t.fail(`row ${row}: ${list.join(" ")}`);
    for (let at = row * COUNT; at < (row + 1) * COUNT; at++) {
      if (known.has(exact.indices[at]) && row !== 7) hits++;
      if (at % COUNT > 0 && scores[at] > scores[at - 1]) t.fail(`row ${row} is not in order`);
    }
  }
  const recall = hits / (COUNT * (points.rows - 1));
  t.log({ recall, measured: found.recall });
  t.true(recall > 0.9);
  t.true(recall < 1, "a test of neighbours that are not exact");
  t.true(Math.abs(found.recall - recall) < 0.03);
  t.deepEqual([...steps], ["cells", "neighbours"]);
});

test("a search in cells stops when it is cancelled", async (t) => {
  const controller = new AbortController();
  const engine = await openEngine("cpu");
  const search = nearNeighbours(clusteredPoints(9000, 8, 20), COUNT, engine, {
    exactUpTo: 0,
    signal: controller.signal,
    onProgress: ({ step }) => step === "neighbours" && controller.abort(),
  });
  await t.throwsAsync(search, { any: true, name: "AbortError" });
  await engine.dispose();
});

test("a map is cancelled before its first report, with the least work done, and while it is judged", async (t) => {
  // 2 ** 24 values: rows come to unit length in two parts at least.
  const wide = createMatrix(2 ** 14, 2 ** 10);
  wide.data.fill(1);
  let searches = 0;
  const engine = {
    nearest: (...call: Parameters<typeof plainEngine.nearest>) => {
      searches++;
      return plainEngine.nearest(...call);
    },
  };
  for (const exactUpTo of [0, Infinity]) {
    const controller = new AbortController();
    const { signal } = controller;
    const search = nearNeighbours(wide, COUNT, engine, { exactUpTo, signal });
    setImmediate(() => controller.abort());
    await t.throwsAsync(search, { any: true, name: "AbortError" });
  }
  t.is(searches, 0);
  const few = clusteredPoints(400, 8, 4);
  const neighbours = await cosineNeighbours(few, COUNT, plainEngine);
  const places = await projectUmap(neighbours, { epochs: 2 });
  const controller = new AbortController();
  let judged = 0;
  const onProgress = (): void => {
    if (++judged === 2) setImmediate(() => controller.abort());
  };
  const measured = measureMap(neighbours, places, few, { signal: controller.signal, onProgress });
  await t.throwsAsync(measured, { any: true, name: "AbortError" });
  t.true(judged <= 3);
});
