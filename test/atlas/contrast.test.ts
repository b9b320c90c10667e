import anyTest, { type TestFn } from "ava";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ArgumentError, type Atlas, openAtlas } from "../../src/index.js";
import { parseCsv } from "../../src/files/index.js";
import { buildFolder } from "../../src/atlas/steps/index.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";
import { inFolder } from "../support/folder.js";
import { runCli } from "../support/cli/run-cli.js";

const HOSTILE = "=cmd()\u001b]0;x\u0007";

const PLANTED: Parameters<typeof buildPlantedAtlas>[1] = {
  ...{ themes: 8, active: 90, documents: 1800, groups: [[0, 1, 2, 3, 4, 5]] },
  columns: (row, latents) => ({
    // Of documents with latent 6 most are of the first kind, of the others half.
    kind: latents.has(6) ? (row % 8 === 0 ? "plain" : HOSTILE) : row % 2 === 0 ? "plain" : HOSTILE,
    date: row % 50 === 0 ? null : `${2000 + (row % 10) + (latents.has(7) ? 9 : 0)}-03-01`,
    digits: String(row % 7),
    luck: (row * 7919) % 10 < 5 ? "heads" : "tails",
    same: "one",
    ...(row < 3 ? { few: "a" } : { few: row < 900 ? "b" : "c" }),
  }),
};

const test = anyTest as TestFn<{ folder: string; dir: string; atlas: Atlas }>;

test.before("an atlas whose columns go with latent 6, and with nothing", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "ff-contrast-"));
  const { dir } = await buildPlantedAtlas(folder, PLANTED);
  t.context = { folder, dir, atlas: await openAtlas(dir) };
});

test.after.always(async (t) => {
  await t.context.atlas?.close();
  await rm(t.context.folder, { recursive: true, force: true });
});

test("a column of words finds the latent that goes with it, with its name", async (t) => {
  const { atlas } = t.context;
  const { findings, question, documents, permuted, summary } = await atlas.contrast("kind");
  t.is(question, "kind");
  const [first] = findings;
  t.like(first, { of: "latent", id: 6 });
  t.is(first.name, (await atlas.latent(6)).label);
  const sign = first.group === HOSTILE ? 1 : -1;
  t.true(sign * first.effect.value > 0);
  t.true(sign > 0 ? first.effect.interval[0] > 0 : first.effect.interval[1] < 0);
  t.is(documents.choosing + documents.measuring, 1800);
  t.is(permuted.count, 20);
  t.true(permuted.mean < 1);
  t.regex(summary[0], /^1 difference, at a false discovery rate of 0\.05/);
});

test("dates are compared by year, numbers in words as numbers; what has none is counted", async (t) => {
  const { atlas } = t.context;
  const byDate = await atlas.contrast("date");
  t.is(byDate.kind, "number");
  t.is(byDate.documents.empty, 36);
  t.like(byDate.findings[0], { of: "latent", id: 7, group: "" });
  t.true(byDate.findings[0].effect.interval[0] > 0);
  t.is(byDate.trends[0].id, 7);
  t.true(byDate.trends[0].points.length >= 10);
  t.is((await atlas.contrast("digits")).kind, "number");
});

test("nothing is found by a column that is random", async (t) => {
  t.deepEqual((await t.context.atlas.contrast("luck")).findings, []);
});

test("sets are conditions, files of ids or lists, one against another or all others", async (t) => {
  const { atlas, folder } = t.context;
  const one = await atlas.contrast(`kind=${HOSTILE}`, { against: "kind=plain" });
  const column = await atlas.contrast("kind");
  const effectOf = ({ findings }: typeof one): number => Math.abs(findings[0].effect.value);
  t.is(one.findings[0].id, 6);
  t.is(effectOf(one), effectOf(column));
  t.deepEqual(one.names, [`kind=${HOSTILE}`, "kind=plain"]);
  const rest = await atlas.contrast({ where: ["kind=plain"] });
  t.deepEqual(rest.names, ["kind=plain", "all others"]);
  t.is(rest.findings[0].id, 6);
  t.true(rest.findings[0].effect.value < 0);

  const documents = await atlas.documents();
  const { offsets, rows } = await atlas.postings();
  const ids = [...rows.subarray(offsets[7], offsets[8])].map((row) => documents[row].id);
  const file = path.join(folder, "ids.txt");
  await writeFile(file, `${ids.join("\r\n")}\n\n`);
  for (const of of [file, { ids }]) {
    const found = await atlas.contrast(of, { permutations: 0 });
    t.like(found.findings[0], { id: 7, effect: { value: 1 } });
  }
});

test.serial(
  "a saved contrast is in the catalog and the figure, and is dropped with its codes",
  async (t) => {
    await inFolder(async (folder) => {
      const { dir, built } = await buildPlantedAtlas(folder, PLANTED);
      const atlas = await openAtlas(dir);
      await t.throwsAsync(atlas.figure("contrast"), { message: /no contrast was saved/ });
      for (const question of ["kind", "date", "kind"])
        await atlas.contrast(question, { save: true });
      const found = await atlas.contrast("kind");
      const [{ effect, group }] = found.findings;
      const rounded = (value: number): number => Number(value.toPrecision(6));
      t.deepEqual((await atlas.catalog())[6].contrasts, [
        {
          ...{ question: "kind", group, effect: rounded(effect.value) },
          ...{ low: rounded(effect.interval[0]), high: rounded(effect.interval[1]) },
        },
      ]);
      t.like((await atlas.catalog())[7].contrasts, [{ question: "date", group: "" }]);
      t.deepEqual((await atlas.catalog())[3].contrasts, []);
      const csv = await readFile(path.join(dir, "catalog.csv"), "utf8");
      t.true(csv.split("\n")[0].endsWith(",contrasts"));

      const saved = JSON.stringify(await atlas.figure("contrast"));
      t.true(saved.includes("themeg6"));
      t.is(JSON.stringify(await atlas.figure("contrast", { contrast: found })), saved);
      const byDate = await atlas.contrast("date");
      const figure = JSON.stringify(await atlas.figure("contrast", { contrast: byDate }));
      t.true(figure.includes("share of the documents"));
      await atlas.close();

      t.true((await buildFolder(built)).kept.includes("contrasts"));
      const other = await buildFolder({ ...built, threshold: 0.9 });
      t.deepEqual(other.dropped, ["contrasts"]);
      const fresh = await openAtlas(dir);
      t.deepEqual((await fresh.catalog())[6].contrasts, []);
      await fresh.close();
      await writeFile(path.join(dir, "contrasts.json"), '[{"question":1}]');
      const damaged = await openAtlas(dir);
      await t.throwsAsync(damaged.figure("contrast"), { name: "FormatError", message: /question/ });
      await damaged.close();
    });
  },
);

const WRONG: readonly [string, Parameters<Atlas["contrast"]>, RegExp][] = [
  ["a column that is not there", ["nope"], /no column "nope", only kind, .*date; .*COLUMN=VALUE/],
  ["an inherited word", ["constructor"], /no column "constructor"/],
  ["a column of one value", ["same"], /column "same": expected two classes of 20 .*, got one/],
  ["a class of few documents", ["few=a"], /expected at least 20 documents in "few=a", got 3/],
  ["a value that none has", ["kind=none"], /no documents are in "kind=none"/],
  [
    "sets that overlap",
    ["few=b", { against: "kind=plain" }],
    /\d+ documents are in both "few=b" and "kind=plain"/,
  ],
  ["a set and itself", ["few=b", { against: "few=b" }], /897 documents are in both/],
  ["a column against a set", ["kind", { against: "few=b" }], /"kind" is a column: .* kind=VALUE/],
  ["against a column", ["few=b", { against: "luck" }], /expected COLUMN=VALUE, .*, got "luck"/],
  ["no condition", [{}], /a set of documents needs a condition/],
  ["a range that is none", ["year=abc"], /contrast: year must be 2015/],
  ["a rate of 0", ["kind", { rate: 0 }], /rate: expected a number between 0 and 1, got 0/],
  ["half a permutation", ["kind", { permutations: 0.5 }], /permutations: .*got 0\.5/],
  ["a seed that is none", ["kind", { seed: NaN }], /seed: .*got NaN/],
];
for (const [what, call, message] of WRONG) {
  test(`${what} is one error`, async (t) => {
    await t.throwsAsync(t.context.atlas.contrast(...call), { instanceOf: ArgumentError, message });
  });
}

test("the command prints findings, and writes them with nothing that steers a terminal or a spreadsheet", async (t) => {
  const { dir, folder } = t.context;
  const out = path.join(folder, "found.csv");
  const { code, stdout, stderr } = await runCli([
    ...["contrast", `kind=${HOSTILE}`, "--atlas", dir, "--out", out],
  ]);
  t.is(code, 0, stderr);
  t.regex(stdout, /latent 6 +themeg6 +kind==cmd\(\)\?\]0;x\? +\+0\.\d{3}/);
  t.notRegex(stdout, /\u001b|\u0007/);
  t.regex(stdout, /chosen by 1350 documents, measured on 450 others/);
  const { columns, rows } = parseCsv(await readFile(out, "utf8"), out);
  t.is(rows[0][columns.indexOf("id")], "6");
  t.is(rows[0][columns.indexOf("group")], "kind==cmd()\ufffd]0;x\ufffd");

  const json = await runCli(["contrast", "kind", "--atlas", dir, "--json"]);
  const { findings } = JSON.parse(json.stdout) as { findings: { id: number }[] };
  t.is(findings[0].id, 6);
  const wrong = await runCli(["contrast", "nope", "--atlas", dir]);
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /contrast: no column "nope"/);
  t.is((await runCli(["contrast", "kind", "--atlas", dir, "--out", "x.txt"])).code, 2);
});
