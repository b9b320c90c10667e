import { join } from "node:path";
import { matrixRows } from "../../src/core/index.js";
import {
  type StepPart,
  createKernelTrainer,
  initialState,
} from "../../src/engine/kernels/index.js";
import { readNpyMatrix, writeNpy } from "../../src/files/index.js";
import { initialiseSae } from "../../src/sae/index.js";
import { measureBandwidth, measureGemm } from "../floors.js";
import { figure, ratio, seconds } from "../format.js";
import { type Part, type Section, type Target, type TaskContext, isAbsent } from "../part.js";
import { markdownTable } from "../report.js";
import { type Floors, medianParts, stepTable } from "../step-parts.js";
import { mixedRows } from "../synthetic.js";

const FULL = { d: 1536, n: 9216, k: 64, auxk: 128, batch: 1024 };
const QUICK = { d: 128, n: 1024, k: 16, auxk: 32, batch: 256 };
const BATCHES = 3;
const STEPS = 8;
/** Every so many-th latent's encoder is made so weak that it never fires, so that AuxK has its full width. */
const WEAK = 10;
const WEAKNESS = 1 / 16;
const LEARNING_RATE = 1e-4;

interface Stepped {
  /** Median milliseconds of each part; of ours alone. */
  parts: Record<StepPart, number>;
  /** Median of the steps after the first two. */
  seconds: number;
  /** Of each step. */
  losses: number[];
  /** After the last step. */
  dead: number;
  peakMB: number;
}

async function prepare({ folder, quick }: TaskContext): Promise<object> {
  const { d, n, k, batch } = quick ? QUICK : FULL;
  const rows = mixedRows(BATCHES * batch, d, 2000, 1);
  const { encoder } = initialiseSae(rows, { k, n });
  const write = (name: string, shape: number[], data: Float32Array): Promise<void> =>
    writeNpy(join(folder, name), { shape, data, dtype: "f4" });
  await write("training.npy", [rows.rows, d], rows.data);
  await write("training-start.npy", [n, d], encoder.data);
  return {};
}

async function measureFloors({ quick }: TaskContext): Promise<Floors> {
  const { d, n, batch } = quick ? QUICK : FULL;
  const bandwidth = await measureBandwidth(4 * n * d, 8 * batch * d);
  return { ...bandwidth, gemm: await measureGemm(d, n, batch) };
}

/** Ends of prefixes at a thirty-second, an eighth and a half of n. */
const prefixesOf = (n: number): number[] => [n / 32, n / 8, n / 2, n];

async function step(
  { folder, quick }: TaskContext,
  prefixes?: number[],
): Promise<Omit<Stepped, "peakMB">> {
  const { d, k, auxk, batch } = quick ? QUICK : FULL;
  const rows = await readNpyMatrix(join(folder, "training.npy"));
  const encoder = await readNpyMatrix(join(folder, "training-start.npy"));
  const weak = encoder.data.map((v, at) => (Math.floor(at / d) % WEAK === 0 ? v * WEAKNESS : v));
  const parameters = {
    encoder: { ...encoder, data: weak },
    decoder: encoder,
    preBias: new Float32Array(d),
    latentBias: new Float32Array(encoder.rows),
  };
  const settings = { k, auxk, auxkCoef: 1 / 32, multikCoef: 0, clip: 1, deadSteps: 1, prefixes };
  const laps = new Map<StepPart, number[]>();
  const losses: number[] = [];
  let [dead, at] = [0, 0];
  const trainer = await createKernelTrainer(initialState(parameters), settings, {
    onPart: (part, time) => at >= 2 && laps.set(part, [...(laps.get(part) ?? []), time]),
  });
  const times: number[] = [];
  for (; at < STEPS; at++) {
    const from = (at % BATCHES) * batch;
    const start = performance.now();
    const report = await trainer.step(matrixRows(rows, from, from + batch), LEARNING_RATE);
    losses.push(report.loss);
    dead = report.dead;
    times.push(performance.now() - start);
  }
  await trainer.dispose();
  const later = times.slice(2).sort((a, b) => a - b);
  return { seconds: later[later.length >> 1] / 1000, losses, dead, parts: medianParts(laps) };
}

export const trainPart: Part = {
  name: "train",
  title: "Training",
  tasks: {
    prepare,
    step: (context) => step(context),
    nested: (context) => step(context, prefixesOf((context.quick ? QUICK : FULL).n)),
    floors: measureFloors,
  },
  async run(bench): Promise<Section> {
    const { d, n, k, auxk, batch } = bench.quick ? QUICK : FULL;
    await bench.task("prepare");
    const ours = await bench.task<Stepped>("step");
    const sizes = [k, auxk, batch, BATCHES, STEPS, LEARNING_RATE, WEAK, WEAKNESS].map(String);
    const peer = await bench.peer<Omit<Stepped, "parts">>("train", ...sizes);
    const nested = await bench.task<Stepped>("nested");
    const ends = prefixesOf(n);
    const twin = await bench.peer<Omit<Stepped, "parts">>("train", ...sizes, ends.join(","));
    const floors = await bench.task<Floors>("floors");
    const row = (
      name: string,
      { seconds: time, losses, dead, peakMB }: Omit<Stepped, "parts">,
    ): string[] => [
      ...[name, seconds(time), (losses.at(-1) ?? 0).toFixed(6)],
      ...[figure(dead), figure(peakMB / 1000)],
    ];
    const table = [
      [...row("feature-families", ours), ""],
      isAbsent(peer)
        ? ["PyTorch", peer.absent, "", "", "", ""]
        : [...row("PyTorch", peer), ratio(peer.seconds, ours.seconds)],
      [...row("feature-families, prefixes", nested), ""],
      isAbsent(twin)
        ? ["PyTorch, prefixes", twin.absent, "", "", "", ""]
        : [...row("PyTorch, prefixes", twin), ratio(twin.seconds, nested.seconds)],
    ];
    const targets = [slower(nested.seconds / ours.seconds, bench.quick)];
    if (!isAbsent(peer)) targets.unshift(target(peer.seconds / ours.seconds, bench.quick));
    if (!isAbsent(twin)) targets.push(apart(nested.losses, twin.losses));
    const columns = ["", "a step", `loss after ${STEPS}`, "dead latents", "peak, GB"];
    return {
      body: `One step at the paper's size: d ${d}, n ${n}, k ${k}, auxk ${auxk}, batch ${batch}, with AuxK, projected gradient, clipping, Adam and
renormalised decoder. Every ${WEAK}th latent starts too weak to be active and counts as dead after one step, so that AuxK uses its full
${auxk} latents per document. The median of ${STEPS - 2} steps after two warm-up steps, from the same weights on the same rows.
With prefixes the loss is the mean of those with the latents below ${ends.join(", ")}.

${markdownTable([...columns, "ours is faster by"], table)}

The time of our step by part, each the median over the same steps:

${stepTable(ours.parts, floors, { d, n, k, auxk, batch })}`,
      targets,
    };
  },
};

function target(faster: number, quick: boolean): Target {
  return {
    what: "a step, compared with PyTorch's on the same cores",
    target: "≥ 4 × faster",
    measured: `${figure(faster)} ×`,
    met: quick || faster >= 4,
  };
}

function slower(times: number, quick: boolean): Target {
  return {
    what: "a step with four prefixes, compared with a plain one",
    target: "≤ 1.4 × the time",
    measured: `${figure(times)} ×`,
    met: quick || times <= 1.4,
  };
}

function apart(ours: readonly number[], theirs: readonly number[]): Target {
  const largest = Math.max(...ours.map((loss, at) => Math.abs(loss - theirs[at]) / theirs[at]));
  return {
    what: "losses with prefixes, step by step, compared with PyTorch's",
    target: "≤ 1e-4",
    measured: largest.toExponential(1),
    met: largest <= 1e-4,
  };
}
