import { join } from "node:path";
import { createRandom, sampleIndices } from "../../src/core/index.js";
import { coactivationRow, computeCoactivation } from "../../src/families/index.js";
import { readCodes, writeNpy } from "../../src/files/index.js";
import { best, figure, ratio, seconds, tiny } from "../format.js";
import { type Part, type Section, type TaskContext, isAbsent } from "../part.js";
import { peakOf } from "../processes.js";
import { markdownTable } from "../report.js";
import { writeCodes } from "../synthetic.js";

const FULL = { rows: 272_000, k: 64, n: 9216 };
const QUICK = { rows: 10_000, k: 16, n: 1024 };
const ROUNDS = 2;

interface Counted {
  seconds: number;
  read: number;
  pairs: number;
  peakMB: number;
}

interface SparseCounted {
  counts: number;
  cosines: number;
  peakMB: number;
  /** Entries of C that differ from ours, and the largest difference of D, in the rows compared. */
  unequal: number;
  difference: number;
}

interface DenseCounted {
  counts: number;
  cosines: number;
  /** Documents counted; the seconds are scaled to all of them. */
  documents: number;
  peakMB: number;
}

/** Folder of the codes, which the families are made of too. */
export function codesFolder(folder: string): string {
  return join(folder, "topical-codes");
}

export async function prepareCodes({ folder, quick }: TaskContext): Promise<object> {
  await writeCodes(codesFolder(folder), quick ? QUICK : FULL);
  return {};
}

async function count({ folder }: TaskContext): Promise<Counted> {
  const opened = performance.now();
  const codes = await readCodes(codesFolder(folder));
  const start = performance.now();
  const coactivation = computeCoactivation(codes);
  const ended = performance.now();
  const peakMB = peakOf("self") ?? process.resourceUsage().maxRSS / 1024;

  // Some rows of C and D for the peer to compare with its own.
  const { n } = codes;
  const rows = sampleIndices(n, 50, createRandom(1));
  const counts = new Float32Array(rows.length * n);
  const cosines = new Float32Array(rows.length * n);
  rows.forEach((latent, at) => {
    const row = coactivationRow(coactivation, latent);
    row.latents.forEach((other, i) => {
      counts[at * n + other] = row.together[i];
      cosines[at * n + other] = row.cosine[i];
    });
    counts[at * n + latent] = coactivation.counts[latent];
    cosines[at * n + latent] = coactivation.cosineDiagonal[latent];
  });
  const write = (name: string, data: Float32Array, shape: number[]): Promise<void> =>
    writeNpy(join(folder, name), { shape, data, dtype: "f4" });
  await write("rows.npy", Float32Array.from(rows), [rows.length]);
  await write("rows-counts.npy", counts, [rows.length, n]);
  await write("rows-cosines.npy", cosines, [rows.length, n]);
  return {
    seconds: (ended - start) / 1000,
    read: (start - opened) / 1000,
    pairs: coactivation.latents.length,
    peakMB,
  };
}

export const coactivationPart: Part = {
  name: "coactivation",
  title: "Co-activation",
  tasks: { prepare: prepareCodes, count },
  async run(bench): Promise<Section> {
    const { rows, k, n } = bench.quick ? QUICK : FULL;
    await bench.task("prepare");
    const rounds = [await bench.task<Counted>("count")];
    const sparse = await bench.peer<SparseCounted>("coactivation-scipy", codesFolder(bench.folder));
    while (rounds.length < ROUNDS) rounds.push(await bench.task<Counted>("count"));
    const dense = await bench.peer<DenseCounted>("coactivation-torch", codesFolder(bench.folder));
    const ours = best(rounds, "seconds");
    const memory = Math.max(...rounds.map(({ peakMB }) => peakMB));
    const table = [
      ["feature-families: C and D in one pass", seconds(ours.seconds), figure(memory / 1000), ""],
    ];
    const add = (name: string, counts: number, cosines: number, peakMB: number): void => {
      const both = counts + cosines;
      table.push([
        `${name}: C ${seconds(counts)}, D ${seconds(cosines)}`,
        ...[seconds(both), figure(peakMB / 1000), ratio(both, ours.seconds)],
      ]);
    };
    let agreement = "";
    if (isAbsent(sparse)) table.push(["scipy.sparse", sparse.absent, "", ""]);
    else {
      add("scipy.sparse, Aᵀ A", sparse.counts, sparse.cosines, sparse.peakMB);
      agreement = ` In the 50 rows compared, ${sparse.unequal} entries of C differ from scipy's; D differs by
${tiny(sparse.difference)} at most.`;
    }
    if (isAbsent(dense)) table.push(["PyTorch, dense", dense.absent, "", ""]);
    else {
      const scaled = `PyTorch, dense blocks (${figure(dense.documents)} documents, scaled to all)`;
      add(scaled, dense.counts, dense.cosines, dense.peakMB);
    }
    return {
      body: `C and D of ${figure(rows)} documents, k ${k}, n ${n}: synthetic codes with topics and with frequencies that follow a power law of
the rank, ${figure(ours.pairs)} co-active pairs. Reading the codes takes ${seconds(ours.read)} more.${agreement}

${markdownTable(["", "time", "peak, GB", "ours is faster by"], table)}`,
      targets: [
        {
          what: `C and D of ${figure(rows)} documents, k ${k}, n ${n}`,
          target: "≤ 8 s, ≤ 1.5 GB",
          measured: `${seconds(ours.seconds)}, ${figure(memory / 1000)} GB`,
          met: ours.seconds <= 8 && memory <= 1500,
        },
      ],
    };
  },
};
