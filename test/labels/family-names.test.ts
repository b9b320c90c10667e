import test from "ava";
import { createCodes, invertCodes } from "../../src/core/index.js";
import { indexWords } from "../../src/words/index.js";
import { nameFamiliesByKeywords } from "../../src/labels/index.js";

/**
 * 240 documents in two worlds: animals (latent 0) with dogs (1), cats (2) and a stray latent of noise (6); food (3)
 * with bread (4) and cakes (5).
 */
function worlds() {
  const texts: string[] = [];
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < 240; i++) {
    const animal = i % 2 === 0;
    const kind = Math.floor(i / 2) % 2;
    const own = animal ? ["dog", "cat"][kind] : ["bread", "cake"][kind];
    texts.push(`${own}, ${animal ? "animal" : "food"}, filler${i % 7}`);
    indices.push(animal ? 0 : 3, (animal ? 1 : 4) + kind, 6);
    values.push(1, 0.5, i % 5 === 0 ? 0.1 : 0);
  }
  const codes = createCodes(240, 3, 7, Uint32Array.from(indices), Float32Array.from(values));
  const families = [
    { parent: 0, members: [{ latent: 1 }, { latent: 2 }, { latent: 6 }] },
    { parent: 3, members: [{ latent: 4 }, { latent: 5 }] },
  ];
  return { texts, postings: invertCodes(codes), families };
}

test("nameFamiliesByKeywords names families by the words of the documents that their latents share", (t) => {
  const { texts, postings, families } = worlds();
  const names = nameFamiliesByKeywords(texts, postings, families);
  t.deepEqual(
    names.map(({ id, source }) => [id, source]),
    [
      [0, "keywords"],
      [3, "keywords"],
    ],
  );
  t.is(names[0].text.split(", ")[0], "animal");
  t.is(names[1].text.split(", ")[0], "food");
  t.true(names[0].scores[0].value > 0.9);
  t.deepEqual(nameFamiliesByKeywords(indexWords(texts), postings, families), names);
});

test("families with the same descendants get different names; one that is never active gets none", (t) => {
  const { texts, postings } = worlds();
  const names = nameFamiliesByKeywords(texts, postings, [
    { parent: 0, members: [{ latent: 1 }] },
    { parent: 0, members: [{ latent: 1 }] },
    { parent: 6, members: [] },
  ]);
  t.not(names[0].text, names[1].text);
  const dead = { ...postings, values: new Float32Array(postings.values.length) };
  t.is(
    nameFamiliesByKeywords(texts, dead, [{ parent: 2, members: [] }])[0].reason,
    "active in no document",
  );
});

test("families with the same words are distinguished by their parents", (t) => {
  const texts = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? "dog" : `filler${i % 3}`));
  const indices = Uint32Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 7 : 1));
  const codes = createCodes(60, 1, 8, indices, new Float32Array(60).fill(1));
  const families = [
    { parent: 7, members: [] },
    { parent: 7, members: [] },
  ];
  const names = nameFamiliesByKeywords(texts, invertCodes(codes), families);
  t.deepEqual(names.map(({ text }) => text).sort(), ["dog", "dog (7)"]);
});
