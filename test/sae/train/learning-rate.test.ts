import test from "ava";
import { trainSae } from "../../../src/sae/index.js";
import { learningRate } from "../../../src/sae/train/index.js";
import { sparseEmbeddings } from "../../support/training.js";

const rates = (decay: "constant" | "linear" | "cosine", warmup: number): number[] =>
  Array.from({ length: 10 }, (_, step) =>
    Number(learningRate(step, { lr: 1, warmup, decay, steps: 10 }).toFixed(4)),
  );

test("the learning rate rises evenly, then stays, falls evenly or along a cosine", (t) => {
  t.deepEqual(rates("constant", 0), Array<number>(10).fill(1));
  t.deepEqual(rates("constant", 4).slice(0, 5), [0.25, 0.5, 0.75, 1, 1]);
  t.deepEqual(rates("linear", 5), [0.2, 0.4, 0.6, 0.8, 1, 1, 0.8, 0.6, 0.4, 0.2]);
  const cosine = rates("cosine", 2);
  t.deepEqual([cosine[2], cosine[6]], [1, 0.5]);
  t.true(cosine[9] > 0 && cosine[9] < 0.05);
});

test("training goes by the schedule: a warm-up as long as the run moves the weights less", async (t) => {
  const embeddings = sparseEmbeddings(200, 16);
  const train = (warmup: number) =>
    trainSae(embeddings, { k: 3, n: 32, batch: 64, lr: 3e-3, steps: 30, warmup });
  const [plain, warmed] = [await train(0), await train(30)];
  t.true(warmed.log[29].reconstruction > plain.log[29].reconstruction);
  await t.throwsAsync(trainSae(embeddings, { k: 3, n: 32, warmup: -1 }), { message: /warmup/ });
  await t.throwsAsync(trainSae(embeddings, { k: 3, n: 32, decay: "step" as unknown as "linear" }), {
    message: /decay must be constant or linear or cosine/,
  });
});
