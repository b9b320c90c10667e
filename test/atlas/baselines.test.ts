import test from "ava";
import { measureBaselines } from "../../src/atlas/index.js";
import { createMatrix, createRandom, matrixRow, normalizeRows } from "../../src/core/index.js";
import { openEngine } from "../../src/engine/index.js";
import { trainSae } from "../../src/sae/index.js";
import { buildClassIndex } from "../../src/taxonomy/index.js";

test("measureBaselines holds an SAE against units of its size, by error and by classes", async (t) => {
  const random = createRandom(5);
  const rows = createMatrix(240, 16);
  for (let i = 0; i < 240; i++) {
    matrixRow(rows, i).forEach((_, j, row) => {
      row[j] = 0.3 * (random() - 0.5) + (j === i % 8 ? 1 : 0);
    });
  }
  const embeddings = normalizeRows(rows);
  const index = buildClassIndex(Array.from({ length: 240 }, (_, i) => [`c${i % 8}`]));
  const training = { epochs: 20, batch: 60, lr: 1e-2 };
  const { sae } = await trainSae(embeddings, { k: 2, n: 16, seed: 0, ...training });
  const engine = await openEngine("cpu");
  try {
    const measured = await measureBaselines(sae, embeddings, { engine, index, training });
    t.deepEqual(
      measured.map(({ units }) => units),
      ["SAE", "random decoder", "k-means", "random documents", "random directions"],
    );
    const [own, twin, kmeans, , directions] = measured;
    t.true((own.normalizedMse ?? 1) < (twin.normalizedMse ?? 0));
    t.is(kmeans.classes, 8);
    t.true((kmeans.meanF1 ?? 0) > (directions.meanF1 ?? 1));
    t.true(measured.every(({ share = -1 }) => share >= 0 && share <= 1));
    const bare = await measureBaselines(sae, embeddings, { engine, training });
    t.deepEqual(bare, [
      { units: "SAE", normalizedMse: own.normalizedMse },
      { units: "random decoder", normalizedMse: twin.normalizedMse },
    ]);
  } finally {
    await engine.dispose();
  }
});
