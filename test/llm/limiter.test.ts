import test from "ava";
import { createRandom } from "../../src/core/index.js";
import { type LimiterOptions, createLimiter } from "../../src/llm/index.js";

test("a server's cap is found and used to at least 90 %, measured in completed calls", async (t) => {
  for (const cap of [1, 5, 20, 48]) {
    // One call ends per step, so a step is shorter the more calls are under way.
    let time = 0;
    const limiter = createLimiter({ isOverload: () => true, now: () => time });
    const random = createRandom(cap);
    const under: (() => void)[] = [];
    let refused = 0;
    let done = 0;
    const call = (): Promise<void> => {
      if (under.length < cap) return new Promise((resolve) => under.push(resolve));
      refused++;
      return Promise.reject(new Error("too many"));
    };
    const ask = async (): Promise<void> => {
      for (let isDone = false; !isDone;) {
        isDone = await limiter.run(call).then(
          () => true,
          () => false,
        );
      }
      done++;
    };
    const all = Array.from({ length: 60 * cap }, ask);
    let used = 0;
    let ends = 0;
    while (done < all.length - cap) {
      await new Promise(setImmediate);
      if (done > 5 * cap) {
        used += under.length / cap;
        ends++;
      }
      time += 1000 / under.length;
      under.splice(Math.floor(random() * under.length), 1)[0]?.();
    }
    t.true(used / ends >= 0.9, `${used / ends} of ${cap}`);
    t.true(refused < 0.2 * all.length + 20, `${refused} refused of ${all.length}`);
    while (under.length > 0) {
      under.splice(0).forEach((end) => end());
      await new Promise(setImmediate);
    }
    await Promise.all(all);
  }
});

/** A server with so many slots and a queue, in counted time: the time that `calls` calls take under a limiter. */
async function timeOfCalls(
  slots: number,
  calls: number,
  options: Partial<LimiterOptions>,
  spread: number,
): Promise<{ time: number; most: number }> {
  const random = createRandom(slots);
  let time = 0;
  let done = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const under: { end: number; resolve: () => void }[] = [];
  const begin = (resolve: () => void): void => {
    const noise = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    under.push({ end: time + 5000 * Math.exp(spread * noise), resolve });
  };
  const call = (): Promise<void> =>
    new Promise((resolve) => {
      if (under.length < slots) begin(resolve);
      else waiting.push(() => begin(resolve));
      most = Math.max(most, under.length + waiting.length);
    });
  const limiter = createLimiter({ isOverload: () => false, now: () => time, ...options });
  for (let i = 0; i < calls; i++) void limiter.run(call).then(() => done++);
  while (done < calls) {
    await new Promise(setImmediate);
    under.sort((a, b) => a.end - b.end);
    const next = under.shift();
    if (next === undefined) continue;
    time = next.end;
    next.resolve();
    waiting.shift()?.();
  }
  return { time, most };
}

test("with no option, servers of any width do at least 90 % of what the best fixed number does", async (t) => {
  for (const slots of [1, 2, 8, 20, 64]) {
    for (const start of [1, 4]) {
      for (const spread of [0, 0.5]) {
        const calls = 120 * slots;
        const best = await timeOfCalls(slots, calls, { start: 64 }, spread);
        const { time, most } = await timeOfCalls(slots, calls, { start }, spread);
        const share = best.time / time;
        t.log(
          `${slots} slots from ${start}, spread ${spread}: ${share.toFixed(3)}, ${most} in flight`,
        );
        t.true(share >= 0.9, `${share}`);
        t.true(most <= 16 * slots, `${most} in flight`);
      }
    }
  }
});

test("a call aborted while it waits leaves the queue", async (t) => {
  const limiter = createLimiter({ most: 1, isOverload: () => false });
  let end = (): void => undefined;
  const first = limiter.run(() => new Promise<void>((resolve) => (end = resolve)));
  const controller = new AbortController();
  const second = limiter.run(() => Promise.resolve(t.fail()), { signal: controller.signal });
  const third = limiter.run(() => Promise.resolve(3));
  controller.abort(new Error("enough"));
  await t.throwsAsync(second, { message: "enough" });
  end();
  await first;
  t.is(await third, 3);
  t.throws(() => createLimiter({ most: 0, isOverload: () => false }), { instanceOf: RangeError });
});
