import { type Activation, activationVectors } from "../activation.js";
import { type Matrix, matrixRows } from "../../core/matrix.js";
import { DEPTH, SELECT, TILE, TURN, productShader } from "./shaders.js";

// Scores of one run, 64 MB: more than a GPU's cache gains nothing.
const SCORES_PER_RUN = 16e6;
const MOST_ROWS = 1024;

/** What is multiplied with the inputs, and how the products become scores. */
export interface ScoreWeights {
  /** [n, d] */
  weights: Matrix;
  /** Subtracted from the inputs [d]. */
  inputBias: Float32Array;
  /** Added to the products [n]. */
  scoreBias: Float32Array;
  activation: Activation;
}

/** The largest scores of each row. */
export interface Best {
  /** [rows, count] in descending order. */
  values: Float32Array;
  /** [rows, count], equal values by lower row of the weights. */
  indices: Uint32Array;
  /** How many scores of each row are above 0. */
  active: Uint32Array;
}

/** Buffers of one run under way; two of them let the upload of a run overlap the arithmetic of the one before. */
interface Slot {
  /** In the computer's memory, mapped while the slot is free: a queue's own writes take a fresh buffer every time. */
  staging: GPUBuffer;
  input: GPUBuffer;
  sizes: GPUBuffer;
  found: GPUBuffer;
  answer: GPUBuffer;
  groups: [GPUBindGroup, GPUBindGroup, GPUBindGroup];
  free: Promise<void>;
}

/** Weights on a WebGPU device with the buffers of their runs: scores of a batch and their largest `count`, by kernels of our own. */
export class ScoreKernel {
  /** Rows of one run. */
  readonly rowsPerRun: number;
  private readonly buffers: GPUBuffer[] = [];
  private readonly pipelines: [GPUComputePipeline, GPUComputePipeline, GPUComputePipeline];
  private readonly paddedRows: number;
  private readonly paddedCols: number;
  private readonly slots: Slot[];
  private next = 0;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly device: GPUDevice,
    private readonly placed: ScoreWeights,
    readonly count: number,
  ) {
    const { rows: n, cols: d } = placed.weights;
    this.paddedRows = roundUp(n, TILE);
    this.paddedCols = roundUp(d, DEPTH);
    const fitting = Math.floor(SCORES_PER_RUN / this.paddedRows / TILE) * TILE;
    this.rowsPerRun = Math.min(MOST_ROWS, Math.max(TILE, fitting));
    this.pipelines = [
      pipelineOf(device, TURN),
      pipelineOf(device, productShader(placed.activation.kind)),
      pipelineOf(device, SELECT),
    ];
    const weights = this.turnWeights();
    const vectors = this.vectors();
    const scores = this.storage(this.rowsPerRun * this.paddedRows);
    const candidates = this.storage(2 * this.rowsPerRun * count);
    const preBias = this.filled(placed.inputBias);
    const product = this.uniform(this.paddedCols, this.rowsPerRun, this.paddedRows);
    const selection = this.uniform(n, this.paddedRows, count, this.rowsPerRun);
    this.slots = [0, 1].map(() => {
      const input = this.storage(this.rowsPerRun * d, GPUBufferUsage.COPY_DST);
      const upload = GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC;
      const staging = this.buffer(input.size, upload, true);
      const sizes = this.uniform(0, d, this.rowsPerRun, this.paddedCols);
      const turned = this.storage(this.rowsPerRun * this.paddedCols);
      const found = this.storage((2 * count + 1) * this.rowsPerRun, GPUBufferUsage.COPY_SRC);
      const answer = this.buffer(found.size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
      return {
        staging,
        input,
        sizes,
        found,
        answer,
        groups: [
          this.group(0, [sizes, input, preBias, turned]),
          this.group(1, [product, turned, weights, vectors, scores]),
          this.group(2, [selection, scores, candidates, found]),
        ],
        free: Promise.resolve(),
      };
    });
  }

  /** Places weights. Throws Error where the device's memory or its limits do not hold them. */
  static async create(
    device: GPUDevice,
    weights: ScoreWeights,
    count: number,
  ): Promise<ScoreKernel> {
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    const kernel = new ScoreKernel(device, weights, count);
    const errors = [await device.popErrorScope(), await device.popErrorScope()];
    const error = errors.find((each) => each !== null);
    if (error) {
      kernel.release();
      const { rows, cols } = weights.weights;
      throw new Error(
        `webgpu: ${rows} × ${cols} weights do not fit this device: ${error.message.split("\n")[0]}`,
      );
    }
    return kernel;
  }

  /** The largest `count` scores of each row of a batch [B, d] of any size. Calls at the same time follow each other. */
  best(batch: Matrix): Promise<Best> {
    const own = this.last.then(() => this.run(batch));
    this.last = own.catch(() => undefined);
    return own;
  }

  release(): void {
    for (const buffer of this.buffers) buffer.destroy();
  }

  private async run(batch: Matrix): Promise<Best> {
    const { count } = this;
    const best: Best = {
      values: new Float32Array(batch.rows * count),
      indices: new Uint32Array(batch.rows * count),
      active: new Uint32Array(batch.rows),
    };
    const runs: Promise<unknown>[] = [];
    for (let start = 0; start < batch.rows; start += this.rowsPerRun) {
      const end = Math.min(batch.rows, start + this.rowsPerRun);
      const slot = this.slots[this.next];
      this.next = (this.next + 1) % this.slots.length;
      await slot.free;
      this.submit(slot, matrixRows(batch, start, end));
      const mapped = slot.staging.mapAsync(GPUMapMode.WRITE);
      const run = Promise.all([this.read(slot, best, start, end - start), mapped]);
      // A failed run reaches the caller below, and does not hold up who comes next.
      slot.free = run.then(
        () => undefined,
        () => undefined,
      );
      runs.push(run);
    }
    await Promise.all(runs);
    return best;
  }

  private submit(slot: Slot, { rows, cols, data }: Matrix): void {
    const { staging, input, sizes, found, answer, groups } = slot;
    const { queue } = this.device;
    new Float32Array(staging.getMappedRange()).set(data.subarray(0, rows * cols));
    staging.unmap();
    queue.writeBuffer(sizes, 0, Uint32Array.of(rows));
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(staging, 0, input, 0, 4 * rows * cols);
    const pass = encoder.beginComputePass();
    const tiles = Math.ceil(rows / TILE);
    const sides: [number, number][] = [
      [Math.ceil(this.paddedCols / 32), (tiles * TILE) / 32],
      [this.paddedRows / TILE, tiles],
      [rows, 1],
    ];
    this.pipelines.forEach((pipeline, i) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, groups[i]);
      pass.dispatchWorkgroups(...sides[i]);
    });
    pass.end();
    encoder.copyBufferToBuffer(found, 0, answer, 0, found.size);
    queue.submit([encoder.finish()]);
  }

  private async read(
    { answer }: Slot,
    { values, indices, active }: Best,
    start: number,
    rows: number,
  ): Promise<void> {
    const { count, rowsPerRun } = this;
    await answer.mapAsync(GPUMapMode.READ);
    const bytes = answer.getMappedRange();
    const columns = 4 * rowsPerRun * count;
    values.set(new Float32Array(bytes, 0, rows * count), start * count);
    indices.set(new Uint32Array(bytes, columns, rows * count), start * count);
    active.set(new Uint32Array(bytes, 2 * columns, rows), start);
    answer.unmap();
  }

  /** The weights turned into [padded d, padded n]. */
  private turnWeights(): GPUBuffer {
    const { rows: n, cols: d, data } = this.placed.weights;
    const { device, paddedRows, paddedCols } = this;
    const turned = this.storage(paddedRows * paddedCols);
    const source = this.filled(data.subarray(0, n * d));
    const zero = this.storage(d);
    const sizes = this.uniform(n, d, paddedRows, paddedCols);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.pipelines[0]);
    pass.setBindGroup(0, this.group(0, [sizes, source, zero, turned]));
    pass.dispatchWorkgroups(Math.ceil(paddedCols / 32), paddedRows / 32);
    pass.end();
    device.queue.submit([encoder.finish()]);
    for (const buffer of [source, zero, sizes]) buffer.destroy();
    return turned;
  }

  /** The bias of the scores and the vectors of the activation, one after the other, each padded. */
  private vectors(): GPUBuffer {
    const { scoreBias, activation } = this.placed;
    const all = [scoreBias, ...Object.values(activationVectors(activation))];
    const padded = new Float32Array(all.length * this.paddedRows);
    all.forEach((vector, i) => padded.set(vector, i * this.paddedRows));
    return this.filled(padded);
  }

  private group(pipeline: 0 | 1 | 2, buffers: GPUBuffer[]): GPUBindGroup {
    return this.device.createBindGroup({
      layout: this.pipelines[pipeline].getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  private buffer(size: number, usage: number, mappedAtCreation = false): GPUBuffer {
    const buffer = this.device.createBuffer({ size, usage, mappedAtCreation });
    this.buffers.push(buffer);
    return buffer;
  }

  private storage(entries: number, usage = 0): GPUBuffer {
    return this.buffer(4 * entries, GPUBufferUsage.STORAGE | usage);
  }

  private filled(values: Float32Array): GPUBuffer {
    const buffer = this.storage(values.length, GPUBufferUsage.COPY_DST);
    this.device.queue.writeBuffer(buffer, 0, values);
    return buffer;
  }

  private uniform(...numbers: number[]): GPUBuffer {
    const buffer = this.buffer(16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    this.device.queue.writeBuffer(buffer, 0, Uint32Array.from(numbers));
    return buffer;
  }
}

/** Compiled once per device: a search places one block of rows after the other. */
const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

function pipelineOf(device: GPUDevice, code: string): GPUComputePipeline {
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, known);
  const pipeline =
    known.get(code) ??
    device.createComputePipeline({
      layout: "auto",
      compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
    });
  known.set(code, pipeline);
  return pipeline;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
