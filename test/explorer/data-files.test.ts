import test from "ava";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { createCodes, createMatrix, invertCodes } from "../../src/core/index.js";
import { explorerFiles, writeSite } from "../../src/explorer/index.js";
import type { Family } from "../../src/records/index.js";
import { inFolder } from "../support/folder.js";

const codes = createCodes(
  3,
  2,
  70_000,
  Uint32Array.of(1, 69_999, 1, 0, 5, 1),
  Float32Array.of(0.5, 1e-9, 2, 0, 0.25, 0.125),
);

const NO_LATENTS = {
  columns: { keywords: [], family: [] } as never,
  row: () => Promise.resolve(undefined),
  label: () => Promise.resolve(undefined),
};

function files(
  families: Family[] = [],
  more: Partial<Parameters<typeof explorerFiles>[0]> = {},
): ReturnType<typeof explorerFiles> {
  const refused = (): never => {
    throw new Error("no texts are needed");
  };
  return explorerFiles({
    ...{ name: "a", codes, postings: invertCodes(codes), places: createMatrix(70_000, 2) },
    ...{ families, latents: NO_LATENTS, columnNames: [], document: refused },
    ...{ evidence: refused, withTexts: refused, columns: refused, ...more },
  });
}

test("a list of activations is six bytes a pair, exact to 1/65,535 of the highest, and none above 0 is lost", async (t) => {
  const made = files();
  const index = JSON.parse(Buffer.from(await made.file("index.json")).toString()) as {
    unit: number;
  };
  t.is(index.unit, 2 / 65_535);
  const bytes = await made.file("codes.bin");
  t.is(bytes.length, 6 * 6);
  t.is(await made.size("codes.bin"), bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pairs = Array.from({ length: 6 }, (_, i) => [
    view.getUint32(6 * i, true),
    view.getUint16(6 * i + 4, true),
  ]);
  t.deepEqual(
    pairs.map(([latent]) => latent),
    [...codes.indices],
  );
  const expected = [16_384, 1, 65_535, 0, 8192, 4096];
  t.deepEqual(
    pairs.map(([, units]) => units),
    expected,
  );
});

test("a record comes without its evidence, which waits for the corpus; a site's record has both", async (t) => {
  const found = { of: "family", latent: 1, label: "dogs" } as never;
  const given = { label: "dogs", documents: [] } as never;
  let asked = 0;
  const made = files([{ parent: 1, members: [], pass: 0 }], {
    evidence: () =>
      Promise.resolve({
        verdicts: new Int32Array(),
        read: (of, latent) => Promise.resolve(of === "family" && latent === 1 ? found : undefined),
      }),
    withTexts: () => Promise.resolve(((asked += 1), given)),
  });
  t.deepEqual(await made.record("families", 0), { label: undefined });
  t.is(asked, 0);
  t.deepEqual(await made.evidence("families", 0), { evidence: given });
  t.deepEqual(await made.evidence("families", 1), {});
  t.is(asked, 1);
  const site = Buffer.from(await made.file("families.records")).toString();
  t.deepEqual(JSON.parse(site), { evidence: given });
});

test("any part of a file is what the whole has there", async (t) => {
  const made = files();
  for (const name of ["codes.bin", "postings.bin", "codes.lengths"] as const) {
    const whole = await made.file(name);
    for (const [start, end] of [
      [0, whole.length],
      [6, 12],
      [4, 11],
      [5, 6],
    ]) {
      t.deepEqual(
        [...(await made.part(name, start, end))],
        [...whole.subarray(start, end)],
        `${name} ${start} to ${end}`,
      );
    }
  }
});

test("a site that fails on the way leaves no file, and the site of before as it was", async (t) => {
  await inFolder(async (folder) => {
    const page = { html: "<head></head>", script: "", style: "", licences: "" };
    await t.throwsAsync(writeSite(path.join(folder, "site"), page, files()), {
      message: "no texts are needed",
    });
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    t.deepEqual(
      entries.filter((entry) => entry.isFile()),
      [],
    );
    const index = path.join(folder, "old", "index.html");
    await mkdir(path.dirname(index));
    await writeFile(index, "mine");
    await t.throwsAsync(writeSite(path.dirname(index), page, files()));
    t.is(await readFile(index, "utf8"), "mine");
  });
});

test("a document counts once for a family, and not at all where its latents are there with activation 0", async (t) => {
  const member = (latent: number): Family["members"][number] => ({
    ...{ latent, depth: 1, parent: 1, weight: 0.5 },
  });
  const families = [
    { parent: 1, pass: 0, members: [member(5), member(69_999)] },
    { parent: 5, pass: 0, members: [member(69_999)] },
    { parent: 0, pass: 0, members: [] },
  ];
  const made = await files(families).file("families.json");
  const read = JSON.parse(Buffer.from(made).toString()) as { documents: number }[];
  t.deepEqual(
    read.map(({ documents }) => documents),
    [3, 2, 0],
  );
});
