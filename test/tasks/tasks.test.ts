import test from "ava";
import {
  Field,
  FixedSizeList,
  Float32,
  Int32,
  Table,
  Vector,
  makeData,
  List,
  Int64,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
} from "apache-arrow";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { writeNpy } from "../../src/files/index.js";
import { encodeEmbeddings, saveSae } from "../../src/sae/index.js";
import {
  coactivationFromBlocks,
  makePlan,
  readTotals,
  runPlan,
  runTask,
  streamPairs,
  streamTotal,
  writePairs,
} from "../../src/tasks/index.js";
import { openEngine } from "../../src/engine/index.js";
import { sumPairs } from "../../src/families/coactivation/index.js";
import { hashesOf, inFolder } from "../support/folder.js";
import { arrowSubjects } from "../support/mutation/subjects.js";
import { randomEmbeddings, randomSae, unevenCodes, writeCodesPair } from "../support/embeddings.js";

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

test("tasks over groups of any size add up to the same totals, and to what one process counts", async (t) =>
  inFolder(async (folder) => {
    const codes = unevenCodes(2000, 6, 700, 1);
    await writeCodesPair(folder, codes);
    const whole = await coactivationFromBlocks([codes]);
    const led = await coactivationFromBlocks([codes], { leading: true });
    t.true(led.latents.length < whole.latents.length);
    const totals: Record<string, string>[] = [];
    for (const groupDocuments of [2000, 700, 64]) {
      const out = path.join(folder, `run-${groupDocuments}`);
      const plan = await makePlan(out, { codes: folder, groupDocuments, leading: true });
      t.is(plan.groups.length, Math.ceil(2000 / groupDocuments));
      await runPlan(path.join(out, "plan.json"));
      t.deepEqual(await readTotals(path.join(out, "plan.json")), whole);
      t.deepEqual(await readTotals(path.join(out, "plan.json"), { leading: true }), led);
      totals.push(hashesOf(path.join(out, "totals")));
    }
    t.deepEqual(totals[1], totals[0]);
    t.deepEqual(totals[2], totals[0]);
  }));

test("a plan counts by the latents that lead where its SAE has prefixes, and others refuse such totals", async (t) =>
  inFolder(async (folder) => {
    const [sae, embeddings] = ["sae.safetensors", "embeddings.npy"].map((name) =>
      path.join(folder, name),
    );
    const { data } = randomEmbeddings(50, 8, 3);
    await writeNpy(embeddings, { shape: [50, 8], data, dtype: "f4" });
    const planned = async (prefixes: number[], leading?: boolean): Promise<unknown> => {
      await saveSae(sae, { ...randomSae(60, 8, 4, 1), prefixes });
      return (await makePlan(path.join(folder, "run"), { embeddings, sae, leading })).leading;
    };
    t.deepEqual(
      [await planned([60]), await planned([20, 60]), await planned([20, 60], false)],
      [undefined, true, undefined],
    );
    await t.throwsAsync(readTotals(path.join(folder, "run", "plan.json"), { leading: true }), {
      name: "FormatError",
      message: /plan\.json: its tasks do not count by the latents that lead.*task plan --leading/,
    });
  }));

test("a task does only what is missing, and refuses what is not as planned", async (t) =>
  inFolder(async (folder) => {
    await writeCodesPair(folder, unevenCodes(100, 3, 300, 1));
    const out = path.join(folder, "run");
    const plan = path.join(out, "plan.json");
    await makePlan(out, { codes: folder, groupDocuments: 50 });
    await t.throwsAsync(runTask(plan, "total", 0), { message: /run the pairs tasks first/ });
    await t.throwsAsync(readTotals(plan), { message: /run the total tasks first/ });
    await t.throwsAsync(runTask(plan, "pairs", 2), {
      name: "ArgumentError",
      message: "task: the plan has 2 pairs tasks, numbered from 0, got 2",
    });
    t.deepEqual(
      (await runTask(plan, "pairs", 0)).map((file) => path.basename(file)),
      ["g0000-l000000.arrow"],
    );
    t.deepEqual(await runTask(plan, "pairs", 0), []);
    await makePlan(out, { codes: folder, groupDocuments: 50 });
    t.is(readdirSync(path.join(out, "partials")).length, 1);
    await runPlan(plan);
    const before = hashesOf(path.join(out, "totals"));
    // As a killed task leaves it.
    writeFileSync(path.join(out, "totals", "l000000.arrow.tmp-1-0123abcd"), "half");
    rmSync(path.join(out, "totals", "l000000.arrow"));
    await runPlan(plan);
    t.deepEqual(hashesOf(path.join(out, "totals")), before);
    // Another plan in the same folder removes what the first has counted.
    await makePlan(out, { codes: folder, groupDocuments: 20 });
    t.deepEqual(readdirSync(out), ["plan.json"]);
    await writeCodesPair(folder, unevenCodes(101, 3, 300, 1));
    await t.throwsAsync(runTask(plan, "pairs", 0), {
      message: /bytes as planned, got .*: write the plan again/,
    });
  }));

test("tasks encode embeddings by shards, to the codes of one run", async (t) =>
  inFolder(async (folder) => {
    const [rows, d, n, k] = [500, 16, 300, 4];
    const embeddings = randomEmbeddings(rows, d, 3);
    const sae = randomSae(n, d, k, 1);
    const [file, vectors] = [path.join(folder, "sae.safetensors"), path.join(folder, "e.npy")];
    await saveSae(file, sae);
    await writeNpy(vectors, { shape: [rows, d], dtype: "f4", data: embeddings.data });
    const out = path.join(folder, "run");
    const sizes = { shardDocuments: 120, groupDocuments: 300 };
    const plan = await makePlan(out, { embeddings: vectors, sae: file, ...sizes });
    t.is(plan.shards.length, 5);
    t.deepEqual(plan.groups, [
      { from: 0, to: 240 },
      { from: 240, to: 500 },
    ]);
    await runPlan(path.join(out, "plan.json"), { device: "cpu" });
    const engine = await openEngine("cpu");
    const codes = await encodeEmbeddings(sae, embeddings, { engine });
    await engine.dispose();
    const found = await readTotals(path.join(out, "plan.json"));
    t.deepEqual(found, await coactivationFromBlocks([codes]));
    // What was encoded is codes like others.
    const again = path.join(folder, "again");
    const { tasks, groups } = await makePlan(again, {
      codes: path.join(out, "codes"),
      groupDocuments: 200,
    });
    t.deepEqual(tasks, { encode: 0, pairs: 4, total: 1, labels: 0 });
    t.deepEqual(groups.at(-1), { from: 360, to: 500 });
    await runPlan(path.join(again, "plan.json"));
    t.deepEqual(await readTotals(path.join(again, "plan.json")), found);
  }));

test("tasks over standard input and output give what tasks over files give", async (t) =>
  inFolder(async (folder) => {
    const [rows, d, n, k] = [300, 16, 300, 4];
    const sae = randomSae(n, d, k, 1);
    const embeddings = randomEmbeddings(rows, d, 3);
    const file = path.join(folder, "sae.safetensors");
    await saveSae(file, sae);
    const id = makeData({
      type: new Int32(),
      data: Int32Array.from({ length: rows }, (_, i) => i),
    });
    const vectors = makeData({
      type: new FixedSizeList(d, new Field("element", new Float32())),
      child: makeData({ type: new Float32(), data: embeddings.data }),
      length: rows,
    });
    const sent = new Table({ id: new Vector([id]), embedding: new Vector([vectors]) });
    const call = (input: Uint8Array, ...words: string[]): Uint8Array => {
      const options = { input, maxBuffer: 2 ** 28 };
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [MAIN, "task", ...words],
        options,
      );
      t.is(status, 0, stderr.toString());
      return stdout;
    };
    const codes = call(tableToIPC(sent, "stream"), "encode", "--sae", file, "--engine", "cpu");
    t.deepEqual(
      tableFromIPC(codes).schema.fields.map(({ name }) => name),
      ["id", "indices", "values"],
    );
    const pairs = call(codes, "pairs", "--n", "300");
    const written = path.join(folder, "total.arrow");
    writeFileSync(written, call(pairs, "total", "--n", "300"));
    writeFileSync(path.join(folder, "pairs.arrow"), pairs);
    t.deepEqual(readFileSync(written), Buffer.from(pairs));
    const engine = await openEngine("cpu");
    const whole = await encodeEmbeddings(sae, embeddings, { engine });
    await engine.dispose();
    const direct = path.join(folder, "direct.arrow");
    await writePairs(direct, sumPairs(whole));
    t.deepEqual(readFileSync(direct), Buffer.from(pairs));
    await writePairs(direct, sumPairs(whole, { leading: true }));
    t.deepEqual(readFileSync(direct), Buffer.from(call(codes, "pairs", "--n", "300", "--leading")));
  }));

test("streamed tasks refuse codes and pairs that no encoder gives, by the file", async (t) =>
  inFolder(async (folder) => {
    const [file, out] = [path.join(folder, "sent.arrow"), path.join(folder, "out.arrow")];
    const send = (columns: Record<string, Vector>): void =>
      writeFileSync(file, tableToIPC(new Table(columns), "stream"));
    const lists = (type: Int32 | Float32, ...rows: number[][]): Vector =>
      vectorFromArray(rows, new List(new Field("element", type, false)));
    const values = lists(new Float32(), [1, 1], [1, 1]);
    for (const [type, row, message] of [
      [new Float32(), [1.5, 2], "row 1 names latent 1.5, but n is 8"],
      [new Int32(), [-1, 2], "row 1 names latent -1, but n is 8"],
      [new Int32(), [1, 8], "row 1 names latent 8, but n is 8"],
      [new Int32(), [1, 1], "row 1 names latent 1 twice"],
    ] as const) {
      send({ indices: lists(type, [0, 3], [...row]), values });
      await t.throwsAsync(streamPairs(file, out, { n: 8 }), {
        name: "FormatError",
        message: `${file}: ${message}`,
      });
    }
    send({
      indices: lists(new Int32(), [0, 3], [1, 2]),
      values: lists(new Float32(), [1, 1], [1, 2048]),
    });
    await t.throwsAsync(streamPairs(file, out, { n: 8 }), {
      name: "FormatError",
      message: `${file}: co-activation: row 1, latent 2: expected a value below 1024, got 2048`,
    });
    send({
      latent: vectorFromArray([9000], new Int32()),
      partner: vectorFromArray([1], new Int32()),
      together: vectorFromArray([1], new Int32()),
      dot: vectorFromArray([1n], new Int64()),
    });
    await t.throwsAsync(streamTotal(file, out, { n: 8 }), {
      name: "FormatError",
      message: `${file}: latent must be below 8, got 9000`,
    });
  }));

test("a task refuses lengths that the bytes of an Arrow stream do not bear out", async (t) =>
  inFolder(async (folder) => {
    const subjects = await arrowSubjects(folder);
    const file = path.join(folder, "sent.arrow");
    /** Puts another number for the length of the list of a batch's 4 columns, or for the rows of the first: 3, none of them null. */
    const damage = (bytes: Uint8Array, at: number, put: number): Buffer => {
      const damaged = Buffer.from(bytes);
      const start = damaged.indexOf(Buffer.from(Int32Array.of(4, 3, 0, 0, 0).buffer));
      t.true(start > 0);
      damaged.writeInt32LE(put, start + at);
      return damaged;
    };
    const most = 2 ** 31 - 1;
    for (const { name, bytes = new Uint8Array(), read } of subjects) {
      writeFileSync(file, bytes);
      await read(file);
      for (const [at, put, message] of [
        [0, most, /: a list of 2147483647 in metadata of \d+ bytes$/],
        [0, -1, /: a list of -1 in metadata of \d+ bytes$/],
        [4, most, /: a batch with 2147483647 rows in a body of \d+ bytes$/],
      ] as const) {
        writeFileSync(file, damage(bytes, at, put));
        const error = await t.throwsAsync(read(file), { name: "FormatError", message }, name);
        t.true(error?.message.startsWith(file));
      }
      writeFileSync(file, bytes.subarray(0, -20));
      await t.throwsAsync(read(file), { name: "FormatError" }, name);
    }
    const pairs = subjects.find(({ name }) => name === "pairs in Arrow")?.bytes;
    const input = damage(pairs ?? new Uint8Array(), 0, most);
    const { status, stderr } = spawnSync(process.execPath, [MAIN, "task", "total", "--n", "9"], {
      input,
    });
    t.not(status, 0);
    t.regex(stderr.toString(), /standard input: a list of 2147483647 in metadata of \d+ bytes/);
  }));

test("a task refuses what comes on standard input and is no Arrow stream", (t) => {
  for (const [words, message] of [
    [["pairs", "--n", "8"], /standard input: /],
    [["pairs"], /task: pairs needs --plan or --n/],
    [["total", "--n", "8"], /standard input: /],
  ] as const) {
    const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN, "task", ...words], {
      input: "not an Arrow stream at all, but text",
    });
    t.not(status, 0);
    t.regex(stderr.toString(), message);
    t.is(stdout.length, 0);
  }
});
