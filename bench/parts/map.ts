import { join } from "node:path";
import type { Matrix } from "../../src/core/index.js";
import { openEngine } from "../../src/engine/index.js";
import { readNpyMatrix, writeNpy } from "../../src/files/index.js";
import {
  cosineNeighbours,
  neighboursKept,
  projectUmap,
  trustworthiness,
} from "../../src/projection/index.js";
import { figure, ratio, seconds } from "../format.js";
import { type Part, type Section, type Target, type TaskContext, isAbsent } from "../part.js";
import { markdownTable } from "../report.js";
import { clusteredRows, randomUnitRows } from "../synthetic.js";

const FULL = { n: 9216, d: 1536, clusters: 300 };
const QUICK = { n: 1500, d: 128, clusters: 50 };
const COUNT = 15;
const EPOCHS = 200;

interface Placed {
  neighbours: number;
  /** On one thread, and on all. */
  single: number;
  layout: number;
  peakMB: number;
}

interface PeerPlaced {
  /** Exact neighbours by torch, or absent from a peer without it. */
  exact?: number;
  /** Layout from our exact neighbours, seeded, which binds umap-learn to one thread; and on all threads. */
  seeded: number;
  threaded: number;
  /** All of it from the vectors: approximate neighbours, then layout on all threads. */
  whole: number;
  compile: number;
  peakMB: number;
}

interface Judged {
  chance: Quality;
  ours: Quality;
  peer?: Quality;
}

interface Quality {
  kept: number;
  trust: number;
}

async function prepare({ folder, quick }: TaskContext): Promise<object> {
  const { n, d, clusters } = quick ? QUICK : FULL;
  const { data } = clusteredRows(n, d, clusters, 1);
  await writeNpy(join(folder, "directions.npy"), { shape: [n, d], data, dtype: "f4" });
  return {};
}

async function place({ folder }: TaskContext): Promise<Omit<Placed, "peakMB">> {
  const rows = await readNpyMatrix(join(folder, "directions.npy"));
  const start = performance.now();
  const engine = await openEngine("cpu");
  const neighbours = await cosineNeighbours(rows, COUNT, engine);
  const found = performance.now();
  await projectUmap(neighbours, { epochs: EPOCHS, threads: 1 });
  const repeated = performance.now();
  const places = await projectUmap(neighbours, { epochs: EPOCHS });
  const ended = performance.now();
  await engine.dispose();
  const shape = [rows.rows, COUNT];
  const file = (name: string): string => join(folder, name);
  await writeNpy(file("nearest.npy"), { shape, data: neighbours.indices, dtype: "i4" });
  await writeNpy(file("nearest-scores.npy"), { shape, data: neighbours.scores, dtype: "f4" });
  await writeNpy(file("places.npy"), { shape: [rows.rows, 2], data: places.data, dtype: "f4" });
  return {
    neighbours: (found - start) / 1000,
    single: (repeated - found) / 1000,
    layout: (ended - repeated) / 1000,
  };
}

async function judge({ folder }: TaskContext): Promise<Judged> {
  const rows = await readNpyMatrix(join(folder, "directions.npy"));
  const engine = await openEngine("cpu");
  const neighbours = await cosineNeighbours(rows, COUNT, engine);
  await engine.dispose();
  const quality = (places: Matrix): Quality => ({
    kept: neighboursKept(neighbours, places),
    trust: trustworthiness(rows, places, COUNT, { sample: 100 }),
  });
  const read = (name: string): Promise<Matrix> => readNpyMatrix(join(folder, name));
  const ours = quality(await read("places.npy"));
  const chance = quality(randomUnitRows(rows.rows, 2, 0));
  const peer = await read("places-peer.npy").then(quality, () => undefined);
  return { chance, ours, peer };
}

function layoutTarget(threads: string, faster: number, least: number): Target {
  return {
    what: `layout on ${threads} against umap-learn's seeded on one`,
    target: `≥ ${least} ×`,
    measured: `${faster.toFixed(2)} ×`,
    met: faster >= least,
  };
}

export const mapPart: Part = {
  name: "map",
  title: "Map",
  tasks: { prepare, place, judge },
  async run(bench): Promise<Section> {
    const { n, d } = bench.quick ? QUICK : FULL;
    await bench.task("prepare");
    const ours = await bench.task<Placed>("place");
    const peer = await bench.peer<PeerPlaced>("map");
    const quality = await bench.task<Judged>("judge");
    const whole = ours.neighbours + ours.layout;
    const columns = ["", "neighbours", "layout", "together", "ours is faster by"];
    const table = [
      [
        "feature-families: exact, seeded, all threads",
        ...[seconds(ours.neighbours), seconds(ours.layout), seconds(whole), ""],
      ],
      [
        "the same on one thread, the same bytes",
        ...["", seconds(ours.single), seconds(ours.neighbours + ours.single), ""],
      ],
    ];
    let note = "";
    const targets: Target[] = [];
    if (isAbsent(peer)) table.push(["umap-learn", peer.absent, "", "", ""]);
    else {
      const exact = peer.exact === undefined ? "" : seconds(peer.exact);
      const both = (peer.exact ?? 0) + peer.seeded;
      table.push(
        [
          "exact by PyTorch, umap-learn seeded (one thread)",
          ...[exact, seconds(peer.seeded), seconds(both), ratio(both, whole)],
        ],
        [
          "umap-learn alone, unseeded, all threads",
          ...["", `(from exact: ${seconds(peer.threaded)})`, seconds(peer.whole)],
          ratio(peer.whole, whole),
        ],
      );
      targets.push(
        layoutTarget("one thread", peer.seeded / ours.single, 1),
        layoutTarget("all threads", peer.seeded / ours.layout, 1.5),
      );
      note = ` umap-learn's one-time compilation, ${seconds(peer.compile)}, is not counted.`;
    }
    const judged = [
      ["places at random", quality.chance.kept.toFixed(3), quality.chance.trust.toFixed(3)],
      ["feature-families", quality.ours.kept.toFixed(3), quality.ours.trust.toFixed(3)],
    ];
    if (quality.peer !== undefined) {
      const { kept, trust } = quality.peer;
      judged.push(["umap-learn, seeded", kept.toFixed(3), trust.toFixed(3)]);
      const missed = Math.max(kept - quality.ours.kept, trust - quality.ours.trust);
      targets.push({
        what: "neighbours kept and trustworthiness, under umap-learn's",
        target: "≤ 0.01",
        measured: missed.toFixed(3),
        met: missed <= 0.01,
      });
    }
    return {
      body: `${figure(n)} unit vectors (d ${d}) around 300 centres, ${COUNT} neighbours, ${EPOCHS} epochs on both sides. Peak memory is
${figure(ours.peakMB)} MB.${note}

${markdownTable(columns, table)}

${markdownTable(["", "neighbours kept", "trustworthiness"], judged)}`,
      targets: [
        ...targets,
        {
          what: `${figure(n)} × ${figure(d)}, neighbours and layout`,
          target: "≤ 20 s",
          measured: seconds(whole),
          met: whole <= 20,
        },
      ],
    };
  },
};
