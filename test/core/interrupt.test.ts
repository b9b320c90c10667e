import test from "ava";
import { interruptible } from "../../src/core/index.js";
import { trainSae } from "../../src/sae/index.js";
import { randomEmbeddings } from "../support/embeddings.js";

const kernel = globalThis as { __tslab__?: unknown };

test.afterEach.always(() => {
  delete kernel.__tslab__;
});

test.serial("outside a notebook a signal is its own, or none", (t) => {
  const { signal } = new AbortController();
  t.is(interruptible(signal), signal);
  t.is(interruptible(), undefined);
});

test.serial(
  "an interrupt of the kernel ends a training, and not the one started after it",
  async (t) => {
    kernel.__tslab__ = {};
    const embeddings = randomEmbeddings(200, 8, 1);
    const options = { k: 2, n: 16, batch: 50, epochs: 5, lr: 1e-3 };
    let steps = 0;
    const stopped = await trainSae(embeddings, {
      ...options,
      onLog: () => void (++steps === 3 && process.emit("SIGINT")),
    });
    t.is(stopped.ended, "aborted");
    t.is(stopped.steps, 3);
    t.is((await trainSae(embeddings, options)).ended, "finished");
  },
);

test.serial("a signal that is given stops the work as well", (t) => {
  kernel.__tslab__ = {};
  const controller = new AbortController();
  const signal = interruptible(controller.signal);
  t.false(signal?.aborted);
  controller.abort(new Error("enough"));
  t.true(signal?.aborted);
  t.is((signal?.reason as Error).message, "enough");
});
