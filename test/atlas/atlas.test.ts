import test from "ava";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { ArgumentError, FormatError, buildAtlas, openAtlas } from "../../src/index.js";
import { sumOf } from "../support/atlases/explained.js";
import { inFolder } from "../support/folder.js";
import { startLlmServer } from "../support/servers/llm-server.js";
import { answerPlanted, themeWord } from "../support/atlases/planted.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";

const PLANTED = { themes: 8, active: 50, documents: 1800, groups: [[0, 1, 2, 3, 4, 5]] };

/** An embedder of the planted corpus: a text is the latents whose words it has. */
const embedder = {
  id: "planted",
  d: 9,
  embed: (texts: readonly string[]) =>
    Promise.resolve({
      rows: texts.length,
      cols: 9,
      data: Float32Array.from(
        texts.flatMap((text) =>
          Array.from({ length: 9 }, (_, i) => (i === 8 || text.includes(themeWord(i)) ? 1 : 0)),
        ),
      ),
    }),
};

test("an atlas finds latents, families and documents by number and by words", async (t) => {
  await inFolder(async (folder) => {
    const { dir, planted } = await buildPlantedAtlas(folder, PLANTED);
    const atlas = await openAtlas(dir, { embedder });
    await atlas.rename(3, "the third theme");
    const three = await atlas.latent("third theme");
    t.is(three.id, 3);
    t.is(three.label, "the third theme");
    t.deepEqual(await atlas.latent(3).then(({ id }) => id), 3);
    t.is(three.row.active, 50);
    const { offsets, rows, values } = await atlas.postings();
    const strongest = three.documents[0];
    const own = rows.subarray(offsets[3], offsets[4]);
    t.true(own.includes(strongest.row));
    t.is(strongest.activation, Math.max(...values.subarray(offsets[3], offsets[4])));
    t.is(strongest.text, planted.documents[strongest.row].text);

    const [{ parent, members }] = await atlas.families();
    const family = await atlas.family(parent);
    t.deepEqual(
      family.latents.map(({ latent }) => latent),
      [parent, ...members.map(({ latent }) => latent)],
    );
    const document = await atlas.document(strongest.id);
    t.is(document.row, strongest.row);
    t.true(document.latents.some(({ latent }) => latent === 3));
    t.is((await atlas.document(strongest.row)).id, strongest.id);

    await t.throwsAsync(atlas.latent(8), {
      instanceOf: ArgumentError,
      message: /no latent 8; the SAE has 8/,
    });
    await t.throwsAsync(atlas.latent("zzzz"), { instanceOf: ArgumentError, message: /"zzzz"/ });
    await t.throwsAsync(atlas.family("zzzz"), { instanceOf: ArgumentError, message: /"zzzz"/ });
    await t.throwsAsync(atlas.document(1800), { instanceOf: ArgumentError, message: /1800/ });
    await atlas.close();
  });
});

test("an atlas searches by text, steers by words and numbers, explains exactly and filters", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, PLANTED);
    const atlas = await openAtlas(dir, { embedder });
    await atlas.rename(2, "second sight");
    const plain = await atlas.search(themeWord(1), { limit: 5, explain: true });
    t.is(plain.hits.length, 5);
    t.is(plain.cosine, undefined);
    for (const { row, score, explanation } of plain.hits) {
      t.true(Math.abs(sumOf(explanation!) - score) < 1e-12);
      const fromZero = await atlas.explain(themeWord(1), row, { from: "zero" });
      t.true(Math.abs(sumOf(fromZero) - score) < 1e-12);
      t.true(fromZero.mean === 0 && explanation!.mean !== 0);
    }
    const [zero] = (await atlas.search(themeWord(1), { explain: "zero" })).hits;
    t.is(zero.explanation!.mean, 0);
    // @ts-expect-error: neither of the two
    await t.throwsAsync(atlas.search(themeWord(1), { explain: "median" }), {
      message: /mean, zero/,
    });
    // The file read once and the index give the same.
    const once = await atlas.search(themeWord(1), { limit: 5, once: true });
    t.deepEqual(
      once.hits.map(({ row }) => row),
      plain.hits.map(({ row }) => row),
    );
    const steered = await atlas.search(themeWord(1), { more: "second sight:3", less: [1] });
    t.deepEqual(
      steered.edits.map(({ name }) => name),
      ["more 2 (second sight) × 3", `less 1 (${(await atlas.labels()).get(1)!.text}) × 1`],
    );
    t.true(steered.cosine! < 1);
    t.true(steered.moved!.find(({ latent }) => latent === 2)!.after > 0);
    const { query } = await atlas.steer(themeWord(1), { more: "second sight:3", less: [1] });
    t.deepEqual([...query], [...steered.query]);
    // The ranking before the edits, kept from the first call, is what a pass that reads all finds.
    const edits = { more: "second sight:0.2" };
    const again = await atlas.search(themeWord(1), edits);
    t.deepEqual(
      again.hits,
      (await atlas.search(themeWord(1), { ...edits, accept: () => true })).hits,
    );
    t.true(again.hits.some(({ before }) => before !== undefined));
    const other = await atlas.search(themeWord(2), edits);
    t.deepEqual(
      other.hits,
      (await atlas.search(themeWord(2), { ...edits, accept: () => true })).hits,
    );
    const shownSearch = steered.present();
    t.is(shownSearch[0].heading, steered.edits.map(({ name }) => name).join(", "));
    const drawn = await atlas.figure("steering-before-after", { search: steered });
    t.true(drawn.title.includes(themeWord(1)));
    const bars = await atlas.figure("explanation-bars", { search: plain });
    t.true(bars.title.includes(plain.hits[0].title));
    await t.throwsAsync(atlas.figure("steering-before-after", { search: plain }), {
      message: /the search has no edits/,
    });
    await t.throwsAsync(atlas.figure("explanation-bars", { search: steered }), {
      message: /explain: true/,
    });
    const why = await atlas.explain(themeWord(1), plain.hits[0].row);
    t.is(why.score, plain.hits[0].explanation!.score);
    const wanted = plain.hits[3].id;
    const only = await atlas.search(themeWord(1), { ids: wanted, limit: 5 });
    t.deepEqual(
      only.hits.map(({ id }) => id),
      [wanted],
    );
    await t.throwsAsync(atlas.search([1, 2]), { instanceOf: ArgumentError, message: /2 wide/ });
    await t.throwsAsync(atlas.search(" "), { instanceOf: ArgumentError, message: /empty/ });
    const codes = await atlas.encode([themeWord(1)]);
    t.is(codes.indices[0], 1);
    const [encoded] = codes.present();
    t.is(encoded.heading, themeWord(1));
    t.like(encoded.rows?.[0], { latent: 1, label: (await atlas.labels()).get(1)!.text });
    const found = await atlas.find("sight", { words: true });
    t.deepEqual(found, [{ id: 2, name: "second sight", by: "words" }]);
    await atlas.close();
  });
});

test("an atlas estimates and labels six latents in one call each, for what it said, and shows the labels at once", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, PLANTED);
    const server = await startLlmServer({ answer: answerPlanted });
    try {
      const atlas = await openAtlas(dir, { embedder });
      const options = {
        model: "gpt-4o-mini",
        baseUrl: server.baseUrl,
        latents: [0, 1, 2, 3, 4, 5],
        // Not the one of servers on this machine, which shows no texts without the latent.
        protocol: "default" as const,
        maxCost: 1,
      };
      const before = await readdir(dir);
      const { explainer, judge } = await atlas.estimate(options);
      t.is(judge, undefined);
      t.is(server.calls.length, 0);
      t.deepEqual(await readdir(dir), before, "an estimate writes nothing");
      t.true(explainer.prompts > 6);
      t.is((await atlas.estimate(options)).present()[0].rows?.length, 1);
      const report = await atlas.label(options);
      t.is(report.latents.labelled, 6);
      t.true(report.spent > 0 && report.spent <= explainer.cost!);
      const labels = await atlas.labels();
      t.deepEqual(
        [0, 1, 2, 3, 4, 5, 6].map((latent) => labels.get(latent)!.source),
        ["llm", "llm", "llm", "llm", "llm", "llm", "keywords"],
      );
      const [{ text, rows }] = report.present();
      t.regex(text!, /^6 labelled, 0 failed, 0 skipped, \$0\.\d+ spent; judge's AUC 1\.00$/);
      t.like(rows?.[5], { latent: 5, label: `matters of ${themeWord(5)}`, by: "gpt-4o-mini" });
      t.is((await atlas.catalog())[5].label, `matters of ${themeWord(5)}`);
      const asked = server.calls.length;
      t.is((await atlas.label(options)).spent, 0, "what is answered is not paid again");
      t.is(server.calls.length, asked);
      await atlas.close();
    } finally {
      await server.close();
    }
  });
});

test("an atlas is scored, measured, drawn, compared and exported without anything being joined by hand", async (t) => {
  await inFolder(async (folder) => {
    const { dir, built } = await buildPlantedAtlas(folder, PLANTED);
    const atlas = await buildAtlas({ ...built, embedder });
    t.deepEqual(atlas.built?.ran, []);
    const score = await atlas.score({ save: true });
    t.is(score.scored, 8);
    t.true(score.mean > score.shuffled.mean);
    const bound = (at: number, end: 0 | 1): number => score.labels[at].score!.interval![end];
    const lower = score.labels.map((_, at) => bound(at, 0));
    t.is(score.best[0].score!.interval![0], Math.max(...lower));
    t.is(
      score.worst[0].score!.interval![1],
      Math.min(...score.labels.map((_, at) => bound(at, 1))),
    );
    t.is(score.present()[1].rows?.length, score.best.length);
    t.is((await atlas.figure("label-scores", { scores: score })).data.length > 1, true);
    t.true((await atlas.catalog())[0].scores.some(({ name }) => name === score.measure));
    t.is(await atlas.stability(), undefined);
    const stability = await atlas.measureStability({ resamples: 4, seeds: 0 });
    t.is(stability.families.length, (await atlas.families()).length);
    t.is((await atlas.figure("family-tree")).name, "family-tree");
    t.true((await atlas.listFigures()).length > 20);
    const same = await atlas.compare(atlas, { draws: 50 });
    t.is(same.universal.length, 8);
    t.true(same.match.toSmallCosine.every((cosine) => cosine > 0.999));
    t.is(same.families?.mean, 1);
    t.deepEqual(
      same.present().map(({ heading }) => heading),
      [
        "Nearest latents of the other SAE",
        "8 latents that both SAEs have",
        "How latents of the small SAE split",
        "Families",
      ],
    );
    const audit = await atlas.audit();
    t.true(audit.entries.length >= 8);
    const two = await atlas.audit({ latents: [5, 2], examples: 3 });
    t.deepEqual(
      two.entries.map(({ label }) => label.id),
      [5, 2],
    );
    t.is(two.present()[1].rows?.length, 3);
    const file = path.join(folder, "atlas.html");
    t.deepEqual(await atlas.export("page", file), [file]);
    t.regex(await readFile(file, "utf8"), /^<!doctype html>/);
    await t.throwsAsync(atlas.export("xml" as "page"), {
      instanceOf: ArgumentError,
      message: /unknown target "xml", expected one of neuronpedia/,
    });
    await atlas.close();
    await t.throwsAsync(openAtlas(path.join(folder, "none")), {
      instanceOf: FormatError,
      message: /none: no atlas here.*feature-families build/,
    });
    t.is(dir, atlas.dir);
  });
});
