import { readFileSync } from "node:fs";
import test from "ava";
import { createCodes, createRandom, invertCodes } from "../../src/core/index.js";
import { readNpyIndices, readNpyMatrix } from "../../src/files/index.js";
import { indexWords } from "../../src/words/index.js";
import { labelByKeywords } from "../../src/labels/index.js";
import { KEYWORD_SCORE } from "../../src/records/index.js";
import { sharedPath } from "../support/shared.js";

const TOPICS = [
  ["dog", "breed", "hound"],
  ["galaxy", "star", "nebula"],
  ["bread", "dough", "flour"],
];
const COMMON = "thing plain matter usual piece object sort case point part".split(" ");

/** Document i is of topic i % 3; latent t (of 6) is active in topic t's documents, latent 3 in a random half. */
function topicSample(documents: number) {
  const random = createRandom(5);
  const word = (list: string[]): string => list[Math.floor(random() * list.length)];
  const texts: string[] = [];
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < documents; i++) {
    const topic = i % 3;
    texts.push(
      [word(TOPICS[topic]), word(COMMON), word(TOPICS[topic]), word(COMMON)].join(", of the "),
    );
    const noise = random() < 0.5;
    indices.push(topic, noise ? 3 : 4);
    values.push(0.5 + random(), noise ? random() : 0);
  }
  const codes = createCodes(documents, 2, 6, Uint32Array.from(indices), Float32Array.from(values));
  return { texts, postings: invertCodes(codes) };
}

test("labelByKeywords finds the distinctive words of each latent's documents", (t) => {
  const { texts, postings } = topicSample(300);
  const labels = labelByKeywords(texts, postings);
  t.deepEqual(
    labels.map(({ id }) => id),
    [0, 1, 2, 3, 4, 5],
  );
  for (let topic = 0; topic < 3; topic++) {
    const { text, source, scores } = labels[topic];
    const [{ name, value, n, interval }] = scores;
    t.deepEqual(text.split(", ").sort(), [...TOPICS[topic]].sort());
    t.is(source, "keywords");
    t.is(name, KEYWORD_SCORE);
    t.is(n, 20);
    t.is(value, 1);
    t.true(interval![0] > 0.8 && interval![0] < 1 && interval![1] >= 1);
  }
});

test("the keyword score of a meaningless latent is about 0: its words are judged on other documents", (t) => {
  const { texts, postings } = topicSample(600);
  const noise = labelByKeywords(texts, postings)[3];
  t.log(noise);
  const [score] = noise.scores;
  if (noise.text !== "") t.true(Math.abs(score.value) < 0.35 && score.interval![0] < 0);
  else t.truthy(noise.reason);
});

test("labelByKeywords gives the reason for a missing label: dead, only zeros, or too rare", (t) => {
  const { texts, postings } = topicSample(60);
  const labels = labelByKeywords(texts, postings);
  t.deepEqual(labels[4], {
    of: "latent",
    id: 4,
    text: "",
    source: "keywords",
    reason: "active in no document",
    scores: [],
  });
  t.is(labels[5].reason, "active in no document");
  const rare = labelByKeywords(texts, postings, { minActive: 25 });
  t.is(rare[0].reason, "active in 20 documents, too few to label");
});

test("no two labels are equal, even if latents share all their documents", (t) => {
  const { texts } = topicSample(120);
  const indices = Uint32Array.from(
    { length: 480 },
    (_, i) => (Math.floor(i / 4) % 3) * 4 + (i % 4),
  );
  const codes = createCodes(120, 4, 12, indices, new Float32Array(480).fill(1));
  const labels = labelByKeywords(texts, invertCodes(codes));
  t.is(new Set(labels.map(({ text }) => text)).size, 12);
  t.true(labels.every(({ text }) => text !== ""));
});

test("a label contains neither a word of its own phrase nor two forms of one stem", (t) => {
  const texts = Array.from({ length: 200 }, (_, i) =>
    i % 4 === 0
      ? `neural network: electric, electrical; electricity (${i})`
      : `plain ${COMMON[i % 10]} ${COMMON[(i * 7) % 10]} network`,
  );
  const indices = Uint32Array.from(texts, (_, i) => (i % 4 === 0 ? 0 : 1));
  const codes = createCodes(200, 1, 2, indices, new Float32Array(200).fill(1));
  const [{ text: label, keywords }] = labelByKeywords(texts, invertCodes(codes));
  t.true(label.includes("neural network"));
  t.is(keywords!.filter((word) => word.startsWith("electr")).length, 1);
  t.false(keywords!.includes("network") || keywords!.includes("neural"));
});

test("labelByKeywords weights documents by activation", (t) => {
  const texts = Array.from({ length: 100 }, (_, i) =>
    i < 10 ? "strong" : i < 30 ? "weak" : COMMON[i % 10],
  );
  const indices = Uint32Array.from(texts, (_, i) => (i < 30 ? 0 : 1));
  const values = Float32Array.from(texts, (_, i) => (i < 10 ? 1 : 0.05));
  const [label] = labelByKeywords(texts, invertCodes(createCodes(100, 1, 2, indices, values)));
  t.is(label.keywords![0], "strong");
});

test("labelByKeywords gives the same from an existing word index, and rejects a different number of texts", (t) => {
  const { texts, postings } = topicSample(90);
  t.deepEqual(labelByKeywords(indexWords(texts), postings), labelByKeywords(texts, postings));
  t.throws(() => labelByKeywords(texts.slice(1), postings), {
    instanceOf: RangeError,
    message: "labelByKeywords: expected the texts of 90 documents, got 89",
  });
});

test("labels of real papers are all different and cover documents they were not chosen from", async (t) => {
  const path = sharedPath("reference/abstract_texts.json");
  if (path === undefined) {
    t.log("skipped: no reference kit beside the project");
    t.pass();
    return;
  }
  const { abstracts } = JSON.parse(readFileSync(path, "utf8")) as { abstracts: string[] };
  const expected = sharedPath("reference/expected") ?? "";
  const indices = await readNpyIndices(`${expected}/topk_indices_16_1024.npy`);
  const values = await readNpyMatrix(`${expected}/topk_values_16_1024.npy`);
  const postings = invertCodes(createCodes(6000, 16, 1024, indices.data, values.data));
  const start = process.cpuUsage();
  const labels = labelByKeywords(abstracts, postings);
  const { user, system } = process.cpuUsage(start);
  const mean =
    labels.reduce((sum, { scores }) => sum + (scores.at(0)?.value ?? 0), 0) / labels.length;
  t.log(`mean coverage ${mean.toFixed(3)}; ${((user + system) / 1e6).toFixed(1)} s of CPU time`);
  t.is(new Set(labels.map(({ text }) => text)).size, labels.length);
  t.true(mean > 0.48);
  t.is(labels[435].keywords![0], "OOD");
});

test("a label's further words are at least twice as frequent in the latent's documents as elsewhere", (t) => {
  // 40 documents about quasars, 60 % of them with "paper", which 40 % of the others have, too, and half with "redshift"
  const texts = Array.from({ length: 400 }, (_, i) => {
    const [own, place] = [i < 40, i % 10];
    const paper = place < (own ? 6 : 4) ? "paper" : "letter";
    return `${own ? "quasar" : "thing"}. ${paper}. ${own && place % 2 === 0 ? "redshift" : "other"}.`;
  });
  const indices = Uint32Array.from(texts, (_, i) => (i < 40 ? 0 : 1));
  const codes = createCodes(400, 1, 2, indices, new Float32Array(400).fill(1));
  const [label] = labelByKeywords(texts, invertCodes(codes));
  t.is(label.text, "quasar, redshift");
  t.false(label.keywords?.includes("paper"));
});
