import test from "ava";
import { type LatentPartners, matchPartners, seedStability } from "../../src/compare/index.js";
import { type Matrix, createMatrix, createRandom } from "../../src/core/index.js";
import { openEngine } from "../../src/engine/index.js";
import type { Family, Forest } from "../../src/families/index.js";

const d = 48;

const family = (parent: number, members: number[]): Family => ({
  parent,
  members: members.map((latent) => ({ latent, depth: 1, parent, weight: 1 })),
  pass: 0,
});

const forest: Forest = {
  nodes: Uint32Array.from({ length: 6 }, (_, i) => i),
  from: new Uint32Array(0),
  to: new Uint32Array(0),
  weight: new Float32Array(0),
};

const partners = (partner: number[], cosine: number[]): LatentPartners => ({
  partner: Int32Array.from(partner),
  cosine: Float32Array.from(cosine),
  threshold: 0.3,
});

function random(rows: number, seed: number): Matrix {
  const next = createRandom(seed);
  return createMatrix(
    rows,
    d,
    Float32Array.from({ length: rows * d }, () => next() - 0.5),
  );
}

test("families over seeds are compared through the latents that match, worked out by hand", (t) => {
  const own = { families: [family(0, [1, 2, 3]), family(4, [5])], forest };
  const found = seedStability(own, [
    {
      // The other SAE counts backwards; its latent 2 (our 3) has no match.
      partners: partners([5, 4, 3, -1, 1, 0], [1, 1, 0.5, 0.25, 1, 1]),
      // In our latents {0, 1} and {2, 4, 5}.
      families: [family(5, [4, 2]), family(3, [1, 0])],
    },
    // Here nothing matches but latent 0.
    {
      partners: partners([0, -1, -1, -1, -1, -1], [1, 0, 0, 0.25, 0, 0]),
      families: [family(0, [1])],
    },
  ]);
  // {0, 1, 2} beside {0, 1}: 2 of 3; {4, 5} beside {2, 4, 5}: 2 of 3. The second SAE says nothing.
  t.deepEqual(
    found.families.map(({ mean }) => mean),
    [2 / 3, 2 / 3],
  );
  t.deepEqual(
    found.families.map(({ matched }) => matched),
    [(3 / 4 + 1 / 4) / 2, (2 / 2 + 0) / 2],
  );
  t.deepEqual([...found.latents], [1, 0.5, 0.25, 0.25, 0.5, 0.5]);
  t.deepEqual([...found.matched], [1, 0.5, 0.5, 0, 0.5, 0.5]);
  t.true(found.families.every((each) => each.random > 0 && each.random <= 1));
});

test("a family of which no two latents match has no stability over seeds", (t) => {
  const own = { families: [family(0, [1])], forest };
  const lost = { partners: partners([-1, 1, 2, 3, 4, 5], [0, 1, 1, 1, 1, 1]), families: [] };
  const [only] = seedStability(own, [lost]).families;
  t.true(Number.isNaN(only.mean) && Number.isNaN(only.random));
  t.is(only.matched, 0.5);
  t.deepEqual(seedStability({ families: [], forest }, [lost]).families, []);
  t.deepEqual(seedStability(own, []).latents, new Float64Array(0));
});

test("matchPartners finds latents that were turned round and disturbed, and no match for those that are new", async (t) => {
  const engine = await openEngine("cpu");
  try {
    const own = random(20, 1);
    const noise = random(20, 2);
    const other = random(20, 3);
    // Latents 0 to 11 come again in reverse order, a little disturbed; the rest of the other SAE is its own.
    for (let i = 0; i < 12; i++) {
      for (let c = 0; c < d; c++) {
        other.data[(11 - i) * d + c] = own.data[i * d + c] + 0.1 * noise.data[i * d + c];
      }
    }
    const found = await matchPartners(own, other, engine, { draws: 500 });
    t.deepEqual([...found.partner.slice(0, 12)], [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    t.true(found.partner.slice(12).filter((latent) => latent >= 0).length <= 1);
    t.true(found.cosine.slice(0, 12).every((cosine) => cosine > 0.98));
    const back = await matchPartners(other, own, engine, { draws: 500 });
    for (let i = 0; i < 12; i++) t.is(back.partner[found.partner[i]], i);
  } finally {
    await engine.dispose();
  }
});
