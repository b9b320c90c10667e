// Where a training step's time goes, and how far each part is from the machine's limit.
import type { StepPart } from "../src/engine/kernels/index.js";
import type { Bandwidth } from "./floors.js";
import { figure } from "./format.js";
import { markdownTable } from "./report.js";

/** Sizes of a training step. */
export interface StepSizes {
  d: number;
  n: number;
  k: number;
  auxk: number;
  batch: number;
}

/** The machine's rates, from which the floors are computed. */
export interface Floors extends Bandwidth {
  /** GFLOP/s of the bare product. */
  gemm: number;
}

interface Floor {
  part: StepPart;
  title: string;
  /** The unavoidable work of the part, in words. */
  bound: string;
  milliseconds: number;
}

/** The median of each part's times. */
export function medianParts(times: Map<StepPart, number[]>): Record<StepPart, number> {
  const middle = ([part, all]: [StepPart, number[]]): [StepPart, number] => {
    const sorted = all.slice().sort((a, b) => a - b);
    return [part, sorted[sorted.length >> 1]];
  };
  return Object.fromEntries([...times].map(middle)) as Record<StepPart, number>;
}

/** The table of a step's parts, with the rates of its floors below. */
export function stepTable(
  parts: Record<StepPart, number>,
  floors: Floors,
  sizes: StepSizes,
): string {
  const all = Object.values(parts).reduce((sum, part) => sum + part, 0);
  const list = stepFloors(floors, sizes);
  const rows = list.map(({ part, title, bound, milliseconds }) => [
    title,
    figure(parts[part]),
    `${figure((100 * parts[part]) / all)} %`,
    bound,
    figure(milliseconds),
    `${figure(parts[part] / milliseconds)} ×`,
  ]);
  const least = list.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  rows.push(["**all**", figure(all), "100 %", "", figure(least), `${figure(all / least)} ×`]);
  const speed = (rate: number): string => `${figure(rate / 1e6)} GB/s`;
  return `${markdownTable(["part", "ms", "share", "floor", "floor, ms", "time over floor"], rows)}

Rates measured in the same run, on all cores: bare product ${figure(floors.gemm)} GFLOP/s; memory ${speed(floors.read)} read,
${speed(floors.copy)} copied, ${speed(floors.mix)} in Adam's mix of four reads and three writes, by WebAssembly that streams over arrays as
large as the parameters; ${speed(floors.cache)} read from ${figure((8 * sizes.batch * sizes.d) / 1e6)} MB, as large as the batch and its errors.`;
}

/** The floors, in the order of the step. */
function stepFloors({ gemm, read, copy, mix, cache }: Floors, sizes: StepSizes): Floor[] {
  const { d, n, k, auxk, batch } = sizes;
  const rows = 4 * batch * d;
  const matrix = 4 * n * d;
  const entries = batch * (k + auxk);
  const floor = (part: StepPart, title: string, bound: string, milliseconds: number): Floor => ({
    ...{ part, title, bound, milliseconds },
  });
  const product = (2 * batch * d * n) / gemm / 1e6;
  return [
    floor("select", "encoder product, top k, dead latents", "the bare product", product),
    floor(
      "place",
      "batch and entries into the kernels' memory",
      "copied",
      (2 * rows + 16 * entries) / copy,
    ),
    floor(
      "documents",
      "decode, errors, products for the gradient",
      "a decoder row read for each entry",
      (4 * d * entries + 4 * rows) / read,
    ),
    floor(
      "columns",
      "losses: spread and sums of columns; entries counted",
      "batch and errors read once",
      (3 * rows) / cache,
    ),
    floor("list", "entries listed by latent", "entries copied", (28 * entries) / copy),
    floor(
      "latents",
      "both gradients, projection, norms",
      "weights read, gradients written; two rows of the batch's size read for each entry",
      (4 * matrix) / copy + (8 * d * entries) / cache,
    ),
    floor("norm", "gradient of the bias, norm", "partial sums read", (4 * d * n) / 16 / read),
    floor(
      "update",
      "Adam, decoder rows to length 1",
      "parameters, moments, gradients in Adam's mix",
      (14 * matrix) / mix,
    ),
    floor("mirror", "encoder copied for ONNX Runtime, one thread", "copied", (2 * matrix) / copy),
  ];
}
