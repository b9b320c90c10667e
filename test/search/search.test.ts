import path from "node:path";
import test from "ava";
import { type Matrix, createCodes, dot, invertCodes, matrixRow } from "../../src/core/index.js";
import { createOnnxEngine } from "../../src/engine/onnx/index.js";
import { writeNpy } from "../../src/files/index.js";
import { encodeEmbeddings, initialiseSae } from "../../src/sae/index.js";
import {
  type Hit,
  type SteeringMethod,
  compareRankings,
  explainScore,
  meanDocument,
  searchLabels,
  searchRows,
  sharedLatents,
  startSteering,
  steerQuery,
  typicalActivations,
} from "../../src/search/index.js";
import { randomEmbeddings } from "../support/embeddings.js";
import { sumOf } from "../support/atlases/explained.js";
import { inFolder } from "../support/folder.js";

function bruteForce(base: Matrix, query: Float32Array, count: number): Hit[] {
  return Array.from({ length: base.rows }, (_, row) => {
    const x = matrixRow(base, row);
    return { row, score: dot(x, query) / Math.sqrt(dot(x, x) * dot(query, query)) };
  })
    .sort((a, b) => b.score - a.score || a.row - b.row)
    .slice(0, count);
}

const base = randomEmbeddings(9000, 24, 3);
for (let i = 0; i < base.rows; i++) {
  const row = matrixRow(base, i);
  for (let j = 0; j < row.length; j++) row[j] *= 1 + (i % 7);
}
const query = matrixRow(randomEmbeddings(1, 24, 4), 0);

test("a search finds what a brute force finds, in memory and from a file", async (t) => {
  const expected = bruteForce(base, query, 15);
  await inFolder(async (folder) => {
    const file = path.join(folder, "rows.npy");
    await writeNpy(file, { shape: [base.rows, 24], data: base.data, dtype: "f4" });
    for (const source of [base, file]) {
      const hits = await searchRows(source, query, 15);
      t.deepEqual(
        hits.map(({ row }) => row),
        expected.map(({ row }) => row),
      );
      for (let i = 0; i < 15; i++) t.true(Math.abs(hits[i].score - expected[i].score) < 1e-12);
    }
  });
});

test("a filter holds before ranking; equal rows come lowest first; bad rows are not found", async (t) => {
  const few = {
    rows: 5,
    cols: 2,
    data: Float32Array.of(1, 0, 2, 0, 0, 0, NaN, 1, 0, 3),
  };
  const rows = async (accept?: (row: number) => boolean): Promise<number[]> =>
    (await searchRows(few, [1, 0.5], 9, { accept })).map(({ row }) => row);
  t.deepEqual(await rows(), [0, 1, 4, 2]);
  t.deepEqual(await rows((row) => row > 0 && row !== 4), [1, 2]);
});

test("a search refuses another width, a zero query and a count below 1", async (t) => {
  await t.throwsAsync(searchRows(base, [1, 2], 3), { instanceOf: RangeError, message: /2 wide/ });
  await t.throwsAsync(searchRows(base, new Float32Array(24), 3), { instanceOf: RangeError });
  await t.throwsAsync(searchRows(base, query, 0), { instanceOf: RangeError });
  const signal = AbortSignal.abort();
  await t.throwsAsync(searchRows(base, query, 3, { signal }), { message: /abort/i, any: true });
});

test("labels are found whole, by words, then by parts; no sign has a meaning", (t) => {
  const labels = ["songbirds of prey", "birds", "birds (of prey)", "a.b", "axb"];
  t.deepEqual(
    searchLabels(labels, " Birds").map(({ index, rank }) => [index, rank]),
    [
      [1, 3],
      [2, 2],
      [0, 1],
    ],
  );
  t.deepEqual(
    searchLabels(labels, "a.b").map(({ index }) => index),
    [3],
  );
  t.deepEqual(searchLabels(labels, " "), []);
  const dogs = ["dog, breed, terrier", "dog, breed, Tibet", "wild dog", "dog, breeding"];
  t.deepEqual(
    searchLabels(dogs, "dog").map(({ index }) => index),
    [3, 0, 1, 2],
  );
});

const sae = initialiseSae(base, { n: 64, k: 6 });
sae.preBias.fill(0.01);

test("every method moves a latent the way it was asked, and reports the code it really got", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  t.teardown(() => engine.dispose());
  const model = { engine, sae, typical: new Float64Array(64).fill(0.5) };
  const encoded = await encodeEmbeddings(sae, { rows: 1, cols: 24, data: query }, { engine });
  const own = encoded.indices[0];
  // Of the inactive latents the one most at right angles to it: directions that overlap move each other.
  const overlap = (f: number): number =>
    Math.abs(dot(matrixRow(sae.decoder, f), matrixRow(sae.decoder, own)));
  const inactive = [...Array(64).keys()].filter((f) => !encoded.indices.includes(f));
  const other = inactive.sort((a, b) => overlap(a) - overlap(b))[0];
  const methods: SteeringMethod[] = ["additive", "reconstruction", "residual", "iterative"];
  const misses = new Map<SteeringMethod, number>();
  for (const method of methods) {
    const edits = [
      { latents: [other], kind: "up", strength: 3 },
      { latents: [own], kind: "down" },
    ] as const;
    const { query: to, cosine, moved } = await steerQuery(model, query, edits, method);
    t.true(Math.abs(cosine - dot(to, query) / Math.sqrt(dot(to, to) * dot(query, query))) < 1e-5);
    t.true(cosine < 0.999);
    const [up, down] = moved;
    t.deepEqual([up.latent, up.before, up.wanted], [other, 0, 1.5]);
    t.true(up.after > 0.1 && down.after < down.before, method);
    misses.set(method, Math.hypot(up.after - up.wanted, down.after - down.wanted));
    if (method === "residual") t.true(Math.abs(dot(to, to) - dot(query, query)) < 1e-5);
  }
  t.true((misses.get("iterative") ?? 0) <= (misses.get("residual") ?? 0) + 0.05);
  const same = await steerQuery(model, query, []);
  t.true(same.cosine > 1 - 1e-9);
  const wrong = [{ latents: [64], kind: "remove" }] as const;
  await t.throwsAsync(steerQuery(model, query, wrong), { instanceOf: RangeError });
  const negative = [{ latents: [1], kind: "up", strength: -1 }] as const;
  await t.throwsAsync(steerQuery(model, query, negative), { instanceOf: RangeError });
  await t.throwsAsync(steerQuery(model, [1], []), { instanceOf: RangeError });
  const normalised = { ...model, sae: { ...sae, normalisation: { kind: "unit" } as const } };
  await t.throwsAsync(steerQuery(normalised, query, []), {
    message: /reads embeddings as they are, got one with unit normalisation/,
  });
});

function unit(vector: ArrayLike<number>): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return Float64Array.from(vector, (value) => value / length);
}

test("the terms of an explanation sum to the score, from zero and relative to the mean document", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  t.teardown(() => engine.dispose());
  const codes = await encodeEmbeddings(sae, base, { engine });
  const mean = await meanDocument(sae, base, codes);
  const first = matrixRow(base, 0).map((_, j) => {
    const column = Array.from({ length: base.rows }, (_row, i) => unit(matrixRow(base, i))[j]);
    return column.reduce((all, value) => all + value, 0) / base.rows;
  });
  t.true(first.every((value, j) => Math.abs(value - mean.embedding[j]) < 1e-7));
  for (let row = 0; row < 5; row++) {
    const document = matrixRow(base, row);
    const explained = await explainScore({ engine, sae }, query, document);
    const { score, latents, bias } = explained;
    t.true(Math.abs(sumOf(explained) - score) < 1e-14);
    t.deepEqual([explained.mean, explained.others], [0, 0]);
    const relative = await explainScore({ engine, sae }, query, document, { mean });
    t.is(relative.score, score);
    t.true(Math.abs(sumOf(relative) - score) < 1e-14);
    t.true(relative.mean !== 0 && relative.others !== 0);
    // By the definition, over all latents.
    const [q, x] = [unit(query), unit(document)];
    const along = x.map((value, j) => value - mean.embedding[j]);
    const shares = Array.from(
      mean.code,
      (usual, latent) => -usual * dot(matrixRow(sae.decoder, latent), along),
    );
    for (const { latent, activation, contribution } of relative.latents) {
      const length = Math.sqrt(dot(query, query));
      shares[latent] += (activation / length) * dot(matrixRow(sae.decoder, latent), along);
      t.true(Math.abs(contribution - shares[latent]) < 1e-12);
      shares[latent] = 0;
    }
    t.true(Math.abs(relative.others - shares.reduce((all, share) => all + share, 0)) < 1e-12);
    const common = dot(q, mean.embedding) + dot(x, mean.embedding);
    t.true(Math.abs(relative.mean - common + dot(mean.embedding, mean.embedding)) < 1e-12);
    t.true(
      Math.abs(
        score - bruteForce({ ...base, rows: 5 }, query, 5).find((h) => h.row === row)!.score,
      ) < 1e-9,
    );
    t.true(latents.length > 0 && bias !== 0);
  }
  await t.throwsAsync(explainScore({ engine, sae }, query, [1]), { instanceOf: RangeError });
});

test("a session undoes and redoes without changing an older one", (t) => {
  const up = { latents: [1], kind: "up" } as const;
  const down = { latents: [2], kind: "down" } as const;
  const two = startSteering().add(up).add(down);
  const one = two.undo();
  t.deepEqual(one.edits, [up]);
  t.deepEqual(one.redo().edits, [up, down]);
  t.deepEqual(one.add(down).undone, []);
  t.deepEqual(two.edits, [up, down]);
  t.is(startSteering().undo().edits.length, 0);
});

test("rankings, shared latents and typical values", (t) => {
  const hits = (...rows: number[]): Hit[] => rows.map((row) => ({ row, score: 0 }));
  t.deepEqual(compareRankings(hits(5, 6, 7), hits(6, 8)), [
    { row: 6, before: 2, after: 1 },
    { row: 8, before: undefined, after: 2 },
    { row: 5, before: 1 },
    { row: 7, before: 3 },
  ]);
  const codes = createCodes(
    3,
    2,
    4,
    Uint32Array.of(0, 1, 1, 0, 0, 2),
    Float32Array.of(3, 1, 5, 2, 4, 0),
  );
  t.deepEqual(sharedLatents(codes, 0, 1), [
    { latent: 0, a: 3, b: 2 },
    { latent: 1, a: 1, b: 5 },
  ]);
  t.deepEqual(sharedLatents(codes, 1, 2), [{ latent: 0, a: 2, b: 4 }]);
  t.throws(() => sharedLatents(codes, 0, 3), { instanceOf: RangeError });
  t.deepEqual([...typicalActivations(invertCodes(codes))], [3, 3, 3, 3]);
});
