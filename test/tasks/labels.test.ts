import test from "ava";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { createRandom, invertCodes } from "../../src/core/index.js";
import { readCodes } from "../../src/files/index.js";
import { labelByKeywords } from "../../src/labels/index.js";
import {
  makePlan,
  openCodes,
  readLabelDocuments,
  readPlannedLabels,
  runPlan,
  runTask,
} from "../../src/tasks/index.js";
import { topicTexts } from "../support/topics.js";
import { unevenCodes, writeCodesPair } from "../support/embeddings.js";
import { hashesOf, inFolder } from "../support/folder.js";

const ROWS = 1500;

async function makeCorpus(folder: string): Promise<{ corpus: string; texts: string[] }> {
  const codes = unevenCodes(ROWS, 4, 64, 1);
  await writeCodesPair(folder, codes);
  const texts = topicTexts(codes, createRandom(3));
  const corpus = path.join(folder, "corpus.jsonl");
  writeFileSync(corpus, texts.map((text, i) => JSON.stringify({ id: `d${i}`, text })).join("\n"));
  return { corpus, texts };
}

test("tasks make the labels of one process, for groups of any size", async (t) =>
  inFolder(async (folder) => {
    const { corpus, texts } = await makeCorpus(folder);
    const store = await openCodes(folder);
    const postings = invertCodes(await readCodes(folder));
    const full = labelByKeywords(texts, postings);
    t.true(full.filter(({ text }) => text !== "").length > 30);
    for (const labelDocuments of [ROWS, 300]) {
      const some = await readLabelDocuments(store, corpus, { most: labelDocuments });
      const expected = labelByKeywords(some.texts, some.postings);
      if (labelDocuments === ROWS) t.deepEqual(expected, full);
      else t.notDeepEqual(expected, full);
      const hashes: Record<string, string>[] = [];
      for (const groupDocuments of [2000, 500, 64]) {
        const out = path.join(folder, `run-${labelDocuments}-${groupDocuments}`);
        const plan = path.join(out, "plan.json");
        await makePlan(out, { codes: folder, corpus, labelDocuments, groupDocuments });
        await t.throwsAsync(runTask(plan, "labels", 0), { message: /run the pairs tasks first/ });
        await runPlan(plan);
        t.deepEqual(await readPlannedLabels(plan, { corpus }), expected);
        t.deepEqual(await runTask(plan, "labels", 0), []);
        hashes.push(hashesOf(path.join(out, "labels")));
      }
      t.deepEqual(hashes[1], hashes[0]);
      t.deepEqual(hashes[2], hashes[0]);
    }
  }));

test("labels of many documents are made from each latent's strongest and a draw of the others", async (t) =>
  inFolder(async (folder) => {
    const { corpus, texts } = await makeCorpus(folder);
    const codes = await readCodes(folder);
    const { rows, ...some } = await readLabelDocuments(await openCodes(folder), corpus, {
      most: 100,
    });
    t.true(rows.length > 100 && rows.length < ROWS);
    t.deepEqual(
      some.texts,
      Array.from(rows, (row) => texts[row]),
    );
    const chosen = new Set(rows);
    const all = invertCodes(codes);
    for (let latent = 0; latent < codes.n; latent++) {
      const at = Array.from(all.rows.keys()).slice(all.offsets[latent], all.offsets[latent + 1]);
      at.sort((a, b) => all.values[b] - all.values[a]);
      for (const slot of at.slice(0, 20)) t.true(chosen.has(all.rows[slot]));
      // What is active in few documents keeps all of them.
      if (at.length > 20) continue;
      t.is(some.postings.offsets[latent + 1] - some.postings.offsets[latent], at.length);
    }
  }));

test("labels of another corpus than the plan's are not taken, and one of another length is refused", async (t) =>
  inFolder(async (folder) => {
    const { corpus, texts } = await makeCorpus(folder);
    const [out, other] = [path.join(folder, "run"), path.join(folder, "other.jsonl")];
    const plan = path.join(out, "plan.json");
    await makePlan(out, { codes: folder, corpus });
    await runPlan(plan);
    t.is((await readPlannedLabels(plan, { corpus }))?.length, 64);
    writeFileSync(other, texts.map((text) => JSON.stringify({ text })).join("\n"));
    t.is(await readPlannedLabels(plan, { corpus: other }), undefined);
    t.is(await readPlannedLabels(plan, { corpus, columns: { text: "id" } }), undefined);
    writeFileSync(
      other,
      texts
        .slice(1)
        .map((text) => JSON.stringify({ text }))
        .join("\n"),
    );
    await makePlan(out, { codes: folder, corpus: other });
    await t.throwsAsync(runPlan(plan), {
      message: `${other}: has 1499 documents, but there are codes of 1500`,
    });
  }));
