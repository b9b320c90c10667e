import { once } from "node:events";
import { fork } from "node:child_process";
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { type Matrix, matrixRows } from "../../src/core/index.js";
import { openEngine } from "../../src/engine/index.js";
import {
  codesShardName,
  findCodesShards,
  readCodes,
  readCodesPlan,
  readCodesShards,
  sha256File,
  writeNpy,
} from "../../src/files/index.js";
import { encodeEmbeddings, encodeToShards, saveSae } from "../../src/sae/index.js";
import { makePlan } from "../../src/tasks/index.js";
import { randomEmbeddings, randomSae } from "../support/embeddings.js";
import { runCli } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";

const SIZES = [70, 120, 33, 61];
const sae = randomSae(64, 12, 4, 1);
const whole = randomEmbeddings(
  SIZES.reduce((sum, size) => sum + size),
  12,
  2,
);
const CPU = { device: "cpu" } as const;

function writeMatrix(file: string, { rows, cols, data }: Matrix): Promise<void> {
  return writeNpy(file, { shape: [rows, cols], data, dtype: "f4" });
}

interface Place {
  saeFile: string;
  source: string;
  out: string;
}

async function withShards(work: (place: Place) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const place = {
      saeFile: join(folder, "sae_4.safetensors"),
      source: join(folder, "embeddings"),
      out: join(folder, "codes"),
    };
    await saveSae(place.saeFile, sae);
    await mkdir(place.source);
    let start = 0;
    for (const [i, size] of SIZES.entries()) {
      await writeMatrix(join(place.source, `s${i}.npy`), matrixRows(whole, start, start + size));
      start += size;
    }
    await work(place);
  });
}

async function hashes(out: string): Promise<string[]> {
  return Promise.all((await findCodesShards(out)).map((file) => sha256File(file)));
}

test("shards give the codes of one matrix, the same bytes by any number of processes and threads", async (t) => {
  await withShards(async ({ saeFile, source, out }) => {
    const engine = await openEngine("cpu");
    const expected = await encodeEmbeddings(sae, whole, { engine });
    await engine.dispose();
    const ways = [{}, { workers: 2, threads: 1 }, { threads: 2, batch: 7 }];
    const found: string[][] = [];
    for (const [i, way] of ways.entries()) {
      const folder = `${out}${i}`;
      let last = 0;
      const written = await encodeToShards(saeFile, source, folder, {
        ...CPU,
        ...way,
        onProgress({ done, total }) {
          t.true(done >= last && total === whole.rows);
          last = done;
        },
      });
      t.deepEqual(written, { rows: whole.rows, skipped: 0, shards: SIZES.length, kept: 0 });
      t.is(last, whole.rows);
      t.deepEqual(await readCodes(folder), {
        ...expected,
        documents: Float64Array.from({ length: whole.rows }, (_, row) => row),
      } as never);
      t.deepEqual((await readdir(folder)).sort(), [
        ...SIZES.map((_, shard) => codesShardName(shard)),
        "shards.json",
      ]);
      found.push(await hashes(folder));
    }
    t.deepEqual(found[1], found[0]);
    t.deepEqual(found[2], found[0]);
  });
});

for (const workers of ["", "2"]) {
  test(`a run that was killed continues at the shard, ${workers ? "with workers" : "alone"}`, async (t) => {
    await withShards(async ({ saeFile, source, out }) => {
      await encodeToShards(saeFile, source, `${out}-whole`, CPU);
      const script = new URL("../support/children/encode-child.js", import.meta.url);
      const child = fork(fileURLToPath(script), [saeFile, source, out, workers, "200"], {
        execArgv: [],
        // Open until its workers have ended too.
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      });
      const [, signal] = (await once(child, "close")) as [number, string];
      t.is(signal, "SIGKILL");
      const left = (await readdir(out)).filter((name) => name.endsWith(".parquet"));
      const times = new Map<string, number>();
      for (const name of left) times.set(name, (await stat(join(out, name))).mtimeMs);
      await writeFile(join(out, "part-00003.parquet.tmp-1-00c0ffee"), "half");
      const { kept } = await encodeToShards(saeFile, source, out, CPU);
      t.is(kept, left.length);
      for (const [name, time] of times) t.is((await stat(join(out, name))).mtimeMs, time, name);
      t.deepEqual(await hashes(out), await hashes(`${out}-whole`));
      t.is((await readdir(out)).length, SIZES.length + 1);
    });
  });
}

test("what no longer fits is encoded anew, and nothing else", async (t) => {
  await withShards(async ({ saeFile, source, out }) => {
    const run = async (): Promise<number> => (await encodeToShards(saeFile, source, out, CPU)).kept;
    t.is(await run(), 0);
    t.is(await run(), 4);
    await writeMatrix(join(source, "s4.npy"), matrixRows(whole, 0, 9));
    t.is(await run(), 4);
    t.is((await readCodesPlan(out))?.rows, whole.rows + 9);
    const changed = join(source, "s2.npy");
    await writeMatrix(changed, matrixRows(whole, 0, 33));
    await utimes(changed, 1, 1);
    t.is(await run(), 4);
    const { indices } = await readCodes(out);
    t.deepEqual(indices.subarray(190 * 4, 223 * 4), indices.subarray(0, 33 * 4));
    await rm(join(source, "s0.npy"));
    t.is(await run(), 0, "numbers of the documents have moved");
    await saveSae(saeFile, randomSae(64, 12, 4, 9));
    t.is(await run(), 0, "another SAE");
  });
});

for (const workers of [undefined, 2]) {
  test(`rows that cannot be used are refused by shard, or left out by number: ${workers ?? "no"} workers`, async (t) => {
    await withShards(async ({ saeFile, source, out }) => {
      const bad = matrixRows(whole, 70, 190);
      const data = bad.data.slice();
      data[5 * 12] = NaN;
      await writeMatrix(join(source, "s1.npy"), { ...bad, data });
      await t.throwsAsync(encodeToShards(saeFile, source, out, { ...CPU, workers }), {
        name: "FormatError",
        message: /s1\.npy: 1 of 120 embeddings cannot be used: row 5 contains NaN$/,
      });
      t.false((await readdir(out)).some((name) => /tmp|lock|part-00001/.test(name)));
      const options = { ...CPU, workers, badRows: "skip" } as const;
      t.like(await encodeToShards(saeFile, source, out, options), {
        rows: 283,
        skipped: 1,
        kept: 0,
      });
      const { documents } = await readCodesShards(await findCodesShards(out));
      t.deepEqual([...documents.subarray(74, 76)], [74, 76]);
    });
  });
}

test("a run that is stopped leaves whole shards alone", async (t) => {
  await withShards(async ({ saeFile, source, out }) => {
    for (const workers of [undefined, 2]) {
      const stop = new AbortController();
      const onProgress = ({ done }: { done: number }): void => {
        if (done >= 100) stop.abort(new Error("stopped here"));
      };
      const options = { ...CPU, workers, batch: 10, onProgress, signal: stop.signal };
      await t.throwsAsync(encodeToShards(saeFile, source, out, options), {
        message: "stopped here",
      });
      t.false((await readdir(out)).some((name) => /tmp|lock/.test(name)));
    }
  });
});

test("encode takes a folder, and shares out nothing else", async (t) => {
  await withShards(async ({ saeFile, source, out }) => {
    const call = ["encode", "--sae", saeFile, "--out", out, "--engine", "cpu", "--workers", "2"];
    const { code, stdout } = await runCli([...call, "--threads", "1", "--embeddings", source]);
    t.is(code, 0);
    t.regex(stdout, /encoded 284 documents in 4 shards/);
    t.is((await readCodes(out)).rows, whole.rows);
    const one = await runCli([...call, "--embeddings", join(source, "s0.npy")]);
    t.is(one.code, 2);
    t.regex(one.stderr, /--workers needs a folder of shards, but .*s0\.npy is a single file/);
  });
});

test("a damaged plan and shards of another width are refused by name", async (t) => {
  await withShards(async ({ saeFile, source, out }) => {
    await writeMatrix(join(source, "s3.npy"), randomEmbeddings(4, 11, 1));
    await t.throwsAsync(encodeToShards(saeFile, source, out, CPU), {
      message: /s3\.npy: embeddings are 11 wide, expected 12 as in s0\.npy$/,
    });
    await rm(join(source, "s3.npy"));
    await encodeToShards(saeFile, source, out, CPU);
    await rm(join(out, codesShardName(1)));
    await t.throwsAsync(readCodes(out), {
      message: /part-00001\.parquet does not exist yet: encode/,
    });
    // The name that the plan had before: an unfinished run continues.
    const plan = await readFile(join(out, "shards.json"), "utf8");
    await rename(join(out, "shards.json"), join(out, "plan.json"));
    await t.throwsAsync(readCodes(out), { message: /part-00001\.parquet does not exist yet/ });
    const { kept } = await encodeToShards(saeFile, source, out, CPU);
    t.is(kept, 2);
    t.false((await readdir(out)).includes("plan.json"));
    // A plan of tasks may lie in the same folder.
    await makePlan(out, { codes: out });
    t.is((await readCodes(out)).rows, whole.rows - SIZES[3]);
    await encodeToShards(saeFile, source, out, CPU);
    t.true((await readdir(out)).includes("plan.json"));
    await writeFile(join(out, "shards.json"), plan.replace("part-00001.parquet", "../x"));
    await t.throwsAsync(readCodes(out), { name: "FormatError", message: /shards\.json.*shards/ });
  });
});
