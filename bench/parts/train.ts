import { join } from "node:path";
import { readNpyMatrix } from "../../src/data/npy.js";
import { writeNpy } from "../../src/data/npy-write.js";
import { createKernelTrainer } from "../../src/engine/kernels/trainer.js";
import { initialState } from "../../src/engine/trainer.js";
import { matrixRows } from "../../src/matrix.js";
import { initialiseSae } from "../../src/sae/initialise.js";
import { figure, ratio, seconds } from "../format.js";
import { type Part, type Section, type TaskContext, isAbsent } from "../part.js";
import { markdownTable } from "../report.js";
import { mixedRows } from "../synthetic.js";

const FULL = { d: 1536, n: 9216, k: 64, auxk: 128, batch: 1024 };
const QUICK = { d: 128, n: 1024, k: 16, auxk: 32, batch: 256 };
const BATCHES = 3;
const STEPS = 8;
const LEARNING_RATE = 1e-4;

interface Stepped {
  /** Median of the steps after the first two. */
  seconds: number;
  /** Of the last step. */
  loss: number;
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

async function step({ folder, quick }: TaskContext): Promise<Omit<Stepped, "peakMB">> {
  const { d, k, auxk, batch } = quick ? QUICK : FULL;
  const rows = await readNpyMatrix(join(folder, "training.npy"));
  const encoder = await readNpyMatrix(join(folder, "training-start.npy"));
  const parameters = {
    encoder,
    decoder: { ...encoder, data: encoder.data.slice() },
    preBias: new Float32Array(d),
    latentBias: new Float32Array(encoder.rows),
  };
  const settings = { k, auxk, auxkCoef: 1 / 32, multikCoef: 0, clip: 1, deadSteps: 1 };
  const trainer = await createKernelTrainer(initialState(parameters), settings);
  const times: number[] = [];
  let [loss, dead] = [0, 0];
  for (let at = 0; at < STEPS; at++) {
    const from = (at % BATCHES) * batch;
    const start = performance.now();
    ({ loss, dead } = await trainer.step(matrixRows(rows, from, from + batch), LEARNING_RATE));
    times.push(performance.now() - start);
  }
  await trainer.dispose();
  const later = times.slice(2).sort((a, b) => a - b);
  return { seconds: later[later.length >> 1] / 1000, loss, dead };
}

export const trainPart: Part = {
  name: "train",
  title: "Training",
  tasks: { prepare, step },
  async run(bench): Promise<Section> {
    const { d, n, k, auxk, batch } = bench.quick ? QUICK : FULL;
    await bench.task("prepare");
    const ours = await bench.task<Stepped>("step");
    const sizes = [k, auxk, batch, BATCHES, STEPS, LEARNING_RATE].map(String);
    const peer = await bench.peer<Stepped>("train", ...sizes);
    const row = (name: string, { seconds: time, loss, dead, peakMB }: Stepped): string[] => [
      ...[name, seconds(time), loss.toFixed(6), figure(dead), figure(peakMB / 1000)],
    ];
    const table = [
      [...row("feature-families", ours), ""],
      isAbsent(peer)
        ? ["PyTorch", peer.absent, "", "", "", ""]
        : [...row("PyTorch", peer), ratio(peer.seconds, ours.seconds)],
    ];
    const columns = ["", "a step", `loss after ${STEPS}`, "dead latents", "peak, GB"];
    return {
      body: `One step at the paper's size: d ${d}, n ${n}, k ${k}, auxk ${auxk}, batch ${batch}, with AuxK, projected gradient, clipping, Adam and
renormalised decoder. A latent counts as dead after one step, so that AuxK is not empty. The median of ${STEPS - 2} steps after
two, from the same weights on the same rows.

${markdownTable([...columns, "ours is faster by"], table)}`,
    };
  },
};
