import test from "ava";
import {
  type SplittingTree,
  chooseSplittingTrees,
  matchFamilies,
  matchNull,
  matchSaes,
  splitLatents,
  splittingTrees,
} from "../../src/compare/index.js";
import { type Matrix, createMatrix, createRandom } from "../../src/core/index.js";
import { type Engine, openEngine } from "../../src/engine/index.js";
import { readJson } from "../../src/files/index.js";
import { loadSae } from "../../src/sae/index.js";
import { sharedPath } from "../support/shared.js";

const d = 24;

function random(rows: number, seed: number): Matrix {
  const next = createRandom(seed);
  return createMatrix(
    rows,
    d,
    Float32Array.from({ length: rows * d }, () => next() - 0.5),
  );
}

/** Each row of `matrix` `times` times, a little disturbed. */
function split(matrix: Matrix, times: number, seed: number): Matrix {
  const noise = random(matrix.rows * times, seed);
  const out = createMatrix(matrix.rows * times, d);
  for (let i = 0; i < out.data.length; i++) {
    const row = Math.floor(i / d / times);
    out.data[i] = matrix.data[row * d + (i % d)] + 0.1 * noise.data[i];
  }
  return out;
}

async function withEngine(use: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await openEngine("cpu");
  try {
    await use(engine);
  } finally {
    await engine.dispose();
  }
}

test("planted splits are found, through three sizes consistently", async (t) => {
  await withEngine(async (engine) => {
    const small = random(10, 1);
    const middle = split(small, 2, 2);
    const large = split(middle, 2, 3);
    const first = await matchSaes(small, middle, engine);
    const second = await matchSaes(middle, large, engine);
    const direct = await matchSaes(small, large, engine);
    t.deepEqual(
      splitLatents(direct),
      Array.from({ length: 10 }, (_, i) => [4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3]),
    );
    const trees = splittingTrees(first, second, direct);
    t.deepEqual(trees[3].children, [
      { latent: 6, leaves: [12, 13] },
      { latent: 7, leaves: [14, 15] },
    ]);
    t.true(trees.every(({ consistency }) => consistency === 1));
    t.true(direct.toSmallCosine.every((cosine) => cosine > 0.9));
  });
});

test("chooseSplittingTrees takes trees that branch twice, the ones with most agreeing leaves first", (t) => {
  const tree = (latent: number, leaves: number[][], consistency: number): SplittingTree => ({
    latent,
    children: leaves.map((list, i) => ({ latent: i, leaves: list })),
    direct: [],
    consistency,
  });
  const trees = [
    tree(0, [[1, 2, 3]], 1),
    tree(1, [[1], [2]], 1),
    tree(2, [[1, 2], [3]], 0.5),
    tree(
      3,
      [
        [1, 2],
        [3, 4],
      ],
      0.5,
    ),
    tree(
      4,
      [
        [1, 2, 3],
        [4, 5],
      ],
      1,
    ),
    tree(5, [[1, 2], [3]], 0.5),
  ];
  const latents = (choice = {}) => chooseSplittingTrees(trees, choice).map(({ latent }) => latent);
  t.deepEqual(latents(), [4, 3, 2]);
  t.deepEqual(latents({ count: 4, maxLeaves: 4 }), [3, 2, 5]);
});

test("recurrent latents stand above the null, novel ones below it", async (t) => {
  await withEngine(async (engine) => {
    const small = random(30, 4);
    const known = split(small, 1, 5);
    const novel = random(30, 6);
    const both = createMatrix(60, d, Float32Array.of(...known.data, ...novel.data));
    const { toSmallCosine } = await matchSaes(small, both, engine);
    const { threshold, cosines } = await matchNull(both, small, engine, { draws: 1000, seed: 1 });
    t.true(cosines.every((cosine, i) => i === 0 || cosine >= cosines[i - 1]));
    t.true(toSmallCosine.subarray(0, 30).every((cosine) => cosine > threshold));
    const found = toSmallCosine.subarray(30).filter((cosine) => cosine > threshold).length;
    t.true(found <= 3, `${found} of 30 novel latents were taken for known ones`);
    const again = await matchNull(both, small, engine, { draws: 1000, seed: 1 });
    t.is(again.threshold, threshold);
  });
});

test("families are matched by the latents that they share", (t) => {
  const family = (parent: number, ...members: number[]) => ({
    parent,
    members: members.map((latent) => ({ latent })),
  });
  const match = {
    toSmall: Uint32Array.of(0, 1, 2, 3, 4, 0),
    toSmallCosine: Float32Array.of(0.9, 0.9, 0.9, 0.9, 0.9, 0.1),
    toLarge: new Uint32Array(5),
    toLargeCosine: new Float32Array(5),
  };
  const small = [family(0, 1, 2), family(3, 4)];
  t.deepEqual(matchFamilies(small, [family(0, 1, 5), family(3, 4), family(5)], match, 0.5), [
    { from: 0, to: 0, overlap: 0.5 },
    { from: 3, to: 3, overlap: 1 },
    { from: 5, overlap: 0 },
  ]);
});

test("the reference's nearest neighbours are found exactly", async (t) => {
  const [small, large, expected] = [
    "csLG_8_512_16.pth",
    "csLG_16_1024_32.pth",
    "expected/nns_csLG_8_512_16_to_csLG_16_1024_32.json",
  ].map((name) => sharedPath(`reference/${name}`));
  if (!small || !large || !expected) {
    t.log("skipped: ../shared/reference is not here");
    t.pass();
    return;
  }
  await withEngine(async (engine) => {
    const a = await loadSae(small);
    const b = await loadSae(large);
    const splits = splitLatents(await matchSaes(a.decoder, b.decoder, engine));
    t.deepEqual(
      Object.fromEntries(splits.map((list, i) => [String(i), list])),
      await readJson(expected),
    );
  });
});

test("the paper's own file reads as splits", async (t) => {
  const file = sharedPath("data/paper/splitting_6432.json");
  if (file === undefined) {
    t.log("skipped: ../shared/data/paper is not here");
    t.pass();
    return;
  }
  const splits = Object.values((await readJson(file)) as Record<string, number[]>);
  t.is(new Set(splits.flat()).size, splits.flat().length, "each large latent has one parent");
});

test("SAEs of different widths are refused", async (t) => {
  await withEngine(async (engine) => {
    await t.throwsAsync(matchSaes(createMatrix(2, 3), createMatrix(2, 4), engine), {
      instanceOf: RangeError,
      message: /widths 3 and 4/,
    });
  });
});
