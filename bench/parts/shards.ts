import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createNpyWriter } from "../../src/files/index.js";
import { figure, ratio, seconds } from "../format.js";
import type { Part, Section, TaskContext } from "../part.js";
import { markdownTable } from "../report.js";
import { randomUnitRows, writeRandomSae } from "../synthetic.js";

const FULL = { d: 1536, n: 9216, k: 64, shards: 12, rows: 8192 };
const QUICK = { d: 128, n: 512, k: 16, shards: 4, rows: 500 };
const ROUNDS = 3;
const WORKERS = [1, 2];
const TARGET = 1.6;

const inputs = (folder: string): { shards: string; sae: string } => ({
  shards: join(folder, "shards"),
  sae: join(folder, "shards.safetensors"),
});

async function prepare({ folder, quick }: TaskContext): Promise<object> {
  const { d, rows, shards, ...size } = quick ? QUICK : FULL;
  const { shards: path, sae } = inputs(folder);
  await writeRandomSae(sae, { d, ...size });
  await mkdir(path, { recursive: true });
  for (let shard = 0; shard < shards; shard++) {
    const file = join(path, `${String(shard).padStart(2, "0")}.npy`);
    const writer = await createNpyWriter(file, { dtype: "f4", cols: d });
    await writer.append(randomUnitRows(rows, d, shard).data);
    await writer.finish();
  }
  return {};
}

export const shardsPart: Part = {
  name: "shards",
  title: "Shards on several workers",
  tasks: { prepare },
  async run(bench): Promise<Section> {
    const { d, n, k, shards, rows } = bench.quick ? QUICK : FULL;
    const { shards: embeddings, sae } = inputs(bench.folder);
    await bench.task("prepare");
    const out = join(bench.folder, "shards-codes");
    const best = WORKERS.map(() => ({ seconds: Infinity, peakMB: 0 }));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, workers] of WORKERS.entries()) {
        await rm(out, { recursive: true, force: true });
        const call = ["encode", "--embeddings", embeddings, "--sae", sae, "--out", out];
        const run = await bench.cli(
          ...[...call, "--engine", "cpu", "--workers", String(workers), "--threads", "1"],
        );
        if (run.seconds < best[at].seconds) best[at] = run;
      }
    }
    const [one, two] = best.map((run) => run.seconds);
    const table = best.map((run, at) => [
      String(WORKERS[at]),
      seconds(run.seconds),
      figure((shards * rows) / run.seconds),
      ratio(one, run.seconds),
    ]);
    return {
      body: `\`feature-families encode\` of ${figure(shards * rows)} random documents in ${shards} .npy shards (d ${d}, n ${n}, k ${k}) into shards of codes, start and end
of the processes included: \`--workers\` processes of one thread each. The best of ${ROUNDS} rounds.

${markdownTable(["workers", "time", "documents/s", "faster than one by"], table)}`,
      targets: [
        {
          what: "two workers of one thread, compared with one",
          target: `≥ ${TARGET} ×`,
          measured: `${(one / two).toFixed(2)} ×`,
          met: bench.quick || one / two >= TARGET,
        },
      ],
    };
  },
};
