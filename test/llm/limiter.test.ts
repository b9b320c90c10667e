import test from "ava";
import { createRandom } from "../../src/core/index.js";
import { createLimiter } from "../../src/llm/index.js";

test("a server's cap is found and used to at least 90 %, measured in completed calls", async (t) => {
  for (const cap of [1, 5, 20, 48]) {
    const limiter = createLimiter({ isOverload: () => true });
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

test("a call aborted while it waits leaves the queue", async (t) => {
  const limiter = createLimiter({ most: 1, isOverload: () => false });
  let end = (): void => undefined;
  const first = limiter.run(() => new Promise<void>((resolve) => (end = resolve)));
  const controller = new AbortController();
  const second = limiter.run(() => Promise.resolve(t.fail()), controller.signal);
  const third = limiter.run(() => Promise.resolve(3));
  controller.abort(new Error("enough"));
  await t.throwsAsync(second, { message: "enough" });
  end();
  await first;
  t.is(await third, 3);
  t.throws(() => createLimiter({ most: 0, isOverload: () => false }), { instanceOf: RangeError });
});
