import test from "ava";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ArgumentError, type Atlas, buildAtlas, openAtlas } from "../../src/index.js";
import { inFolder } from "../support/folder.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";

const PLANTED = { themes: 8, active: 50, documents: 1800, groups: [[0, 1, 2, 3, 4, 5]] };

const ZEROS = new Float32Array(9);

/** Calls that cannot be, and what their error says. */
type Wrong = [string, (atlas: Atlas) => Promise<unknown>, RegExp];

const WRONG: readonly Wrong[] = [
  ["a latent that is not a number", (atlas) => atlas.latent(NaN), /no latent NaN; the SAE has 8/],
  ["a latent below 0", (atlas) => atlas.latent(-1), /no latent -1/],
  ["half a latent", (atlas) => atlas.latent(1.5), /no latent 1\.5/],
  ["a latent that is true", (atlas) => atlas.latent(true as unknown as number), /got a boolean/],
  ["no latent", (atlas) => atlas.latent(""), /expected text, got ""/],
  ["more of no number", (atlas) => atlas.search(ZEROS, { more: [NaN] }), /no latent NaN/],
  ["a limit below 0", (atlas) => atlas.latent(5, { limit: -1 }), /limit: .* from 0, got -1/],
  ["a document that is null", (atlas) => atlas.document(null as unknown as string), /got null/],
  ["a query that is null", (atlas) => atlas.search(null as unknown as string), /as the query/],
  [
    "an unknown method",
    (atlas) => atlas.search(ZEROS, { method: "nope" as "residual" }),
    /method: expected one of additive, .*, got "nope"/,
  ],
  [
    "names of an unknown kind",
    (atlas) => atlas.find("dog", { of: "family" as "families" }),
    /of: expected one of latents, families, got "family"/,
  ],
  ["a rename to nothing", (atlas) => atlas.rename(1, " "), /label: expected text, got " "/],
  [
    "a rename with a note that is a number",
    (atlas) => atlas.rename(1, "dogs", { note: 5 as unknown as string }),
    /note: expected text, got 5/,
  ],
  ["a rename of no number", (atlas) => atlas.rename(NaN, "x"), /no latent NaN/],
  [
    "an estimate of fewer than no latents",
    (atlas) => atlas.estimate({ model: "gpt-4o", limit: -1 }),
    /limit: expected a whole number from 0, got -1/,
  ],
  [
    "an estimate by half a sample",
    (atlas) => atlas.estimate({ model: "gpt-4o", sample: 1.5 }),
    /sample: .* got 1\.5/,
  ],
  ...["nope", "__proto__", "constructor"].map((protocol): Wrong => [
    `the protocol ${protocol}`,
    (atlas) => atlas.estimate({ model: "gpt-4o", protocol: protocol as "default" }),
    /protocol: expected one of default, local, compat/,
  ]),
  ["an audit of fewer than no labels", (atlas) => atlas.audit({ limit: -1 }), /limit: .* got -1/],
  [
    "stability over fewer than no resamples",
    (atlas) => atlas.measureStability({ resamples: -1 }),
    /resamples: .* got -1/,
  ],
  [
    "figures in an unknown format",
    (atlas) => atlas.figures("out", { formats: ["gif" as "png"] }),
    /formats: expected one of png, svg, pdf, html, got "gif"/,
  ],
];

test("what cannot be is refused before anything is written, naming the option and what came", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, PLANTED);
    const atlas = await openAtlas(dir);
    for (const [what, call, message] of WRONG) {
      await t.throwsAsync(call(atlas), { instanceOf: ArgumentError, message }, what);
    }
    t.false(existsSync(path.join(dir, "labels.overrides.jsonl")));
    t.false(existsSync(path.join(dir, "labels.ledger.jsonl")));
    await t.throwsAsync(openAtlas(undefined as unknown as string), { instanceOf: ArgumentError });
    await t.throwsAsync(openAtlas(dir, { device: "nope" as "cpu" }), {
      instanceOf: ArgumentError,
      message: /device: expected one of auto, cpu/,
    });
    await atlas.close();
  });
});

test("a build that cannot be is refused before its folder is made", async (t) => {
  await inFolder(async (folder) => {
    const { built } = await buildPlantedAtlas(folder, PLANTED);
    const dir = path.join(folder, "other");
    const training = { k: 4, n: 8, epochs: 2, lr: 1e-3 };
    const given = { ...built, dir, sae: undefined };
    for (const [options, message] of [
      [{ ...given, training: { ...training, lr: -1 } }, /training\.lr: expected a number from 0/],
      [
        { ...given, training: { ...training, k: 0 } },
        /training\.k: expected a whole number from 1/,
      ],
      [{ ...given, training, embeddings: "nope.npy" }, /embeddings: no such file: nope\.npy/],
      [{ ...given, training, threshold: "0.1" }, /threshold: expected a number from 0, got "0\.1"/],
      [{ ...given, training, mapFrom: "nope" }, /mapFrom: expected one of decoder, coactivation/],
      [{ ...given, training, compat: true }, /compat needs analysis/],
      [{ ...given, training, traning: 1 }, /unknown option "traning", expected one of dir, corpus/],
      [{ ...given, training, corpus: "nope.jsonl" }, /corpus: no such file: nope\.jsonl/],
    ] as unknown as [Parameters<typeof buildAtlas>[0], RegExp][]) {
      await t.throwsAsync(buildAtlas(options), { instanceOf: ArgumentError, message });
      t.false(existsSync(dir), String(message));
    }
    await t.throwsAsync(buildAtlas(undefined as unknown as Parameters<typeof buildAtlas>[0]), {
      instanceOf: ArgumentError,
    });
  });
});

test("changes that are made together are all made", async (t) => {
  await inFolder(async (folder) => {
    const { dir } = await buildPlantedAtlas(folder, PLANTED);
    const [a, b] = [await openAtlas(dir), await openAtlas(dir)];
    await Promise.all([a.rename(1, "one"), a.rename(2, "two"), b.rename(3, "three"), b.refresh()]);
    const lines = (await readFile(path.join(dir, "labels.overrides.jsonl"), "utf8")).trim();
    t.is(lines.split("\n").length, 3);
    const labels = await a.labels();
    t.deepEqual(
      [1, 2, 3].map((latent) => labels.get(latent)?.text),
      ["one", "two", "three"],
    );
  });
});
