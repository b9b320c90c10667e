import test from "ava";
import { setTimeout as sleep } from "node:timers/promises";
import { mapInOrder } from "../../src/labels/llm/index.js";

async function collect<T>(from: AsyncIterable<T>): Promise<{ results: T[]; error?: unknown }> {
  const results: T[] = [];
  try {
    for await (const one of from) results.push(one);
  } catch (error) {
    return { results, error };
  }
  return { results };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test("results are in order, whatever order they finish in", async (t) => {
  const work = async (i: number): Promise<number> => {
    await sleep((7 * i) % 5);
    return 2 * i;
  };
  const { results } = await collect(mapInOrder(numbers(50), work, { inFlight: 8 }));
  t.deepEqual(
    results,
    numbers(50).map((i) => 2 * i),
  );
  t.deepEqual((await collect(mapInOrder([], work))).results, []);
});

test("at most inFlight items run, and a slow first one delays at most `ahead`", async (t) => {
  let running = 0;
  let most = 0;
  let begun = 0;
  let release = (): void => undefined;
  const first = new Promise<void>((resolve) => (release = resolve));
  const work = async (i: number): Promise<number> => {
    begun++;
    most = Math.max(most, ++running);
    await (i === 0 ? first : sleep(0));
    running--;
    return i;
  };
  const all = collect(mapInOrder(numbers(100), work, { inFlight: 4, ahead: 10 }));
  while (begun < 10) await sleep(1);
  await sleep(50);
  t.is(begun, 10);
  release();
  t.deepEqual((await all).results, numbers(100));
  t.is(most, 4);
});

test("after a failure nothing is started, finished results are yielded, and the first error is thrown", async (t) => {
  const begun: number[] = [];
  const work = async (i: number): Promise<number> => {
    begun.push(i);
    await sleep(i === 2 ? 5 : 20);
    if (i === 2 || i === 3) throw new Error(`no ${i}`);
    return i;
  };
  const { results, error } = await collect(mapInOrder(numbers(50), work, { inFlight: 5 }));
  t.deepEqual(results, [0, 1, 4]);
  t.is((error as Error).message, "no 2");
  t.deepEqual(begun, [0, 1, 2, 3, 4]);
});
