import test from "ava";
import { createMatrix } from "../../../src/core/index.js";
import {
  type Family,
  computeCoactivation,
  extractFamilies,
  extractReferenceFamilies,
  familyStatistics,
  statisticsRecord,
} from "../../../src/families/index.js";
import {
  blockRatios,
  familyRatios,
  layOut,
  layOutUnordered,
} from "../../../src/families/statistics/index.js";
import {
  REFERENCE_SAES,
  coactivationFromDense,
  readReferenceKit,
} from "../../support/reference-kit.js";

const family = (parent: number, members: number[]): Family => ({
  parent,
  members: members.map((latent) => ({ latent, depth: 1, parent, weight: 1 })),
  pass: 0,
});

/** Latents 0, 1, 2 share half of their documents with each other, 3 and 4 all; across they share a tenth. */
const co = coactivationFromDense(
  createMatrix(
    5,
    5,
    Float32Array.from({ length: 25 }, (_, at) => {
      const [i, j] = [Math.floor(at / 5), at % 5];
      if (i === j) return 100;
      if (i < 3 && j < 3) return 50;
      return i >= 3 && j >= 3 ? 100 : 10;
    }),
  ),
  undefined,
  1000,
);
const pair = [family(0, [1, 2]), family(3, [4])];

test("R is the mean from parent to members over the mean between members, each with itself included", (t) => {
  // 0.5 over (1 + 0.5 + 0.5 + 1) / 4, and 1 over 1.
  const ratios = familyRatios(pair, co);
  t.deepEqual([...ratios], [0.5 / 0.75, 1]);
});

test("block ratios leave out diagonals and latents of no family, all families counted", (t) => {
  const nodes = [0, 1, 2, 3, 4];
  const both = layOut(5, nodes, [
    [0, 1, 2],
    [3, 4],
  ]);
  const one = layOut(5, nodes, [[0, 1, 2]]);
  const [first, second] = blockRatios(co, [both, one]);
  const close = (value: number, expected: number) => t.true(Math.abs(value - expected) < 1e-9);
  // In blocks 6 entries of 0.5 and 2 of 1, outside of them 12 of 0.1.
  close(first.cooccurrence.ratio, 5 / 8 / 0.1);
  close(first.cooccurrence.fraction, 5 / (5 + 1.2));
  close(second.cooccurrence.ratio, 0.5 / 0.1);
  close(second.cooccurrence.fraction, 3 / (5 + 1.2));
  const compat = layOut(5, nodes, [[0, 1, 2]], { countAll: true, skipFirst: true });
  const [third] = blockRatios(co, [compat], { diagonal: true });
  // Rows 3 and 4 as blocks of one: 1 on the diagonal, outside three times 0.1 and once 1.
  close(third.cooccurrence.ratio, 1 / ((0.3 + 1) / 4));
  close(third.cooccurrence.fraction, 2 / (5 + 5 + 1.2));
});

test("a latent of two families is laid out in the first", (t) => {
  const layout = layOut(
    4,
    [0, 1, 2, 3],
    [
      [2, 0],
      [0, 1],
    ],
  );
  t.deepEqual([...layout.block], [0, 1, 0, 2]);
  t.deepEqual([...layout.sizes], [2, 1, 1]);
  t.deepEqual([...layout.isCounted], [1, 1, 0]);
  const some = layOutUnordered(layOut(5, [0, 4], [[4, 0]]));
  t.deepEqual([...some.block], [0, 0, 1, 1, 1]);
  t.deepEqual([...some.isCounted], [1, 0]);
});

test("membership counts nodes of good families, and no families give NaN, not an error", (t) => {
  const nodes = [0, 1, 2, 3, 4];
  const all = familyStatistics(pair, nodes, co, { seeds: [] });
  t.is(all.membership, 1);
  t.is(all.shuffled, undefined);
  t.is(all.meanSize, 1.5);
  const good = familyStatistics(pair, nodes, co, { seeds: [], isGood: (_, index) => index === 1 });
  t.is(good.membership, 0.4);
  const none = familyStatistics([], nodes, co);
  t.is(none.count, 0);
  t.true(Number.isNaN(none.meanSize) && Number.isNaN(none.meanRatio));
  t.is(statisticsRecord(none).mean_size, null);
});

for (const { k, n, checkpoint } of REFERENCE_SAES) {
  test(`compat gives the reference's statistics for k ${k}, n ${n}, and the nulls stand apart`, async (t) => {
    const kit = await readReferenceKit(k, n);
    if (kit === undefined) {
      t.log("skipped: the reference kit is not there");
      t.pass();
      return;
    }
    const { clean } = kit;
    const counted = computeCoactivation(kit.codes);
    const { families } = extractReferenceFamilies(counted, clean);
    const nodes = clean.map(({ latent }) => latent);
    const metrics = kit.json("metrics") as Record<string, { families: Record<string, number> }>;
    const record: Record<string, unknown> = {
      ...statisticsRecord(familyStatistics(families, nodes, counted, { compat: true, seeds: [1] })),
    };
    for (const [name, expected] of Object.entries(metrics[checkpoint].families)) {
      t.true(
        Math.abs((record[name] as number) - expected) < 1e-4,
        `${name}: ${String(record[name])}`,
      );
    }

    const ours = extractFamilies(counted);
    const statistics = familyStatistics(ours.families, ours.forest.nodes, counted);
    const again = familyStatistics(ours.families, ours.forest.nodes, counted);
    t.deepEqual(again, statistics);
    for (const chance of [statistics.shuffled, statistics.density]) {
      t.true(Math.abs((chance?.cooccurrence.ratio.mean ?? NaN) - 1) < 0.2);
      t.true((chance?.cooccurrence.ratio.sd ?? NaN) > 0);
      t.true(statistics.cooccurrence.ratio > 3 * (chance?.cooccurrence.ratio.mean ?? NaN));
      t.true(statistics.activation.ratio > 3 * (chance?.activation.ratio.mean ?? NaN));
      t.true(statistics.meanRatio > 3 * (chance?.meanRatio.mean ?? NaN));
    }
  });
}
