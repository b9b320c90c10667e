import test from "ava";
import { type Matrix, createMatrix, createRandom, matrixRow } from "../../../src/core/index.js";
import { openEngine } from "../../../src/engine/index.js";
import { initialiseSae } from "../../../src/sae/index.js";
import { BASELINES, baselineCodes, trainRandomTwin } from "../../../src/sae/measure/index.js";

/** Unit rows around four axes, 50 of each, in turn. */
function clusters(): Matrix {
  const random = createRandom(5);
  const rows = createMatrix(200, 8);
  for (let i = 0; i < 200; i++) {
    const row = matrixRow(rows, i);
    row.forEach((_, j) => (row[j] = 0.1 * (random() - 0.5) + (j === i % 4 ? 1 : 0)));
    const norm = Math.hypot(...row);
    row.forEach((value, j) => (row[j] = value / norm));
  }
  return rows;
}

test("baselineCodes gives every document its units: one cluster of k-means, k of the others", async (t) => {
  const embeddings = clusters();
  const engine = await openEngine("cpu");
  try {
    for (const baseline of BASELINES) {
      const codes = await baselineCodes(embeddings, baseline, { n: 6, k: 3, engine });
      t.like(codes, { rows: 200, n: 6, k: baseline === "k-means" ? 1 : 3 });
      const again = await baselineCodes(embeddings, baseline, { n: 6, k: 3, engine });
      t.deepEqual(again, codes);
      t.true(codes.values.every((value) => value >= 0));
    }
    const { indices, values } = await baselineCodes(embeddings, "k-means", { n: 40, k: 3, engine });
    // documents of one cluster are about one axis, whichever of the forty
    const axis = new Map<number, Set<number>>();
    indices.forEach((unit, i) => axis.set(unit, (axis.get(unit) ?? new Set()).add(i % 4)));
    for (const axes of axis.values()) t.is(axes.size, 1);
    t.true(values.every((value) => value > 0.95));
    await t.throwsAsync(baselineCodes(embeddings, "k-means", { n: 201, k: 3, engine }), {
      message: "baselineCodes: expected at least 201 documents, as many as units, got 200",
    });
  } finally {
    await engine.dispose();
  }
});

test("trainRandomTwin trains all but the decoder", async (t) => {
  const embeddings = clusters();
  const options = { k: 2, n: 16, epochs: 5, batch: 50, lr: 1e-2, seed: 3 };
  const { sae } = await trainRandomTwin(embeddings, options);
  const start = initialiseSae(embeddings, { k: 2, n: 16, seed: 3 });
  t.deepEqual(sae.decoder.data, start.decoder.data);
  t.notDeepEqual(sae.encoder.data, start.encoder.data);
  t.notDeepEqual(sae.preBias, start.preBias);
});
