import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Matrix } from "../../matrix.js";
import { type OnnxModule, createOnnxSession, floatTensor, loadOnnx } from "../onnx-session.js";
import { adamScalars, squaredErrorGraph } from "../train-graph.js";
import type {
  SaeParameters,
  StepReport,
  Trainer,
  TrainerSettings,
  TrainerState,
} from "../trainer.js";
import { KernelPool } from "./pool.js";
import { selectGraph } from "./select-graph.js";

const CONFIG = 2048;
const HEAP = 65536;
const DOCUMENTS = 8;
const COLUMNS = 32;
const LATENTS = 16;
const CLIP_EPSILON = 1e-6;

const NAMES = ["encoder", "decoder", "preBias", "latentBias"] as const;

type Views = Record<(typeof NAMES)[number], Float32Array>;

/** What one decode selected, [batch, count] each, and where its error and products stand. */
interface Branch {
  count: number;
  indices: Int32Array;
  values: Float32Array;
  base: number;
  products: number;
}

const NO_BRANCH = [{ count: 0 }, { count: 0 }, { count: 0 }];

/** Settings of the kernels. */
export interface KernelTrainerOptions {
  /** Threads of the sparse part. Default: what the machine has. The results are the same for any number. */
  threads?: number;
}

/**
 * Trains on the CPU: the encoder's product and its top k in ONNX Runtime, all that is sparse, and Adam, in SIMD
 * WebAssembly on several threads.
 */
export async function createKernelTrainer(
  state: TrainerState,
  settings: TrainerSettings,
  { threads }: KernelTrainerOptions = {},
): Promise<Trainer> {
  const onnx = await loadOnnx();
  const select = await createOnnxSession(selectGraph(settings));
  const evaluate = await createOnnxSession(squaredErrorGraph(settings.k));
  const { rows: n, cols: d } = state.parameters.encoder;
  const chunks = Math.ceil(n / LATENTS);
  const floats = 8 * n * d + chunks * d + 24 * n + 110 * d;
  const pool = await KernelPool.create(HEAP + 4 * floats + 65536, threads);
  return new KernelTrainer(onnx, select, evaluate, pool, state, settings);
}

class KernelTrainer implements Trainer {
  readonly d: number;
  readonly n: number;
  readonly description: string;
  private steps: number;
  private next = HEAP;
  private batchTop = 0;
  private readonly chunks: number;
  private readonly at: Record<string, number> = {};
  private readonly parameters: Views;
  private readonly first: Views;
  private readonly second: Views;
  private sinceFired: Float32Array;
  /** ONNX Runtime takes no shared memory, so what it multiplies by is copied out after each step. */
  private readonly mirror: {
    encoder: Float32Array;
    preBias: Float32Array;
    latentBias: Float32Array;
  };

  constructor(
    private readonly onnx: OnnxModule,
    private readonly select: InferenceSession,
    private readonly evaluate: InferenceSession,
    private readonly pool: KernelPool,
    state: TrainerState,
    private readonly settings: TrainerSettings,
  ) {
    const { rows: n, cols: d } = state.parameters.encoder;
    [this.n, this.d] = [n, d];
    this.description = `onnxruntime-node ${onnx.env.versions.node ?? ""} and WebAssembly, CPU`;
    this.steps = state.step;
    this.parameters = this.place(state.parameters, "");
    this.first = this.place(state.firstMoment, ".first");
    this.second = this.place(state.secondMoment, ".second");
    this.sinceFired = state.sinceFired.slice();
    const { encoder, preBias, latentBias } = state.parameters;
    this.mirror = {
      encoder: encoder.data.slice(),
      preBias: preBias.slice(),
      latentBias: latentBias.slice(),
    };
    this.chunks = Math.ceil(n / LATENTS);
    const sizes = { encoder: n * d, decoder: n * d, preBias: d, latentBias: n };
    for (const name of NAMES) this.allot(`${name}.gradient`, sizes[name]);
    this.allot("starts", n + 1);
    this.allot("norms", 2 * n);
    this.allot("columns", 2 * 3 * 4 * d);
    this.allot("partial", this.chunks * d);
    this.batchTop = this.next;
  }

  async step(batch: Matrix, learningRate: number): Promise<StepReport> {
    const { settings, n, d } = this;
    const found = await this.select.run({
      ...this.tensors(batch),
      sinceFired: floatTensor(this.onnx, this.sinceFired, [n]),
    });
    this.sinceFired = found["next.sinceFired"].data as Float32Array;
    const main = this.placeBranches(batch, found);
    this.pool.share(0, Math.ceil(batch.rows / DOCUMENTS));
    this.pool.share(1, Math.ceil(d / COLUMNS));
    const total = (matrix: number, what: number): number => {
      const sums = this.doubles("columns").subarray((matrix * 3 + what) * d);
      let sum = 0;
      for (let col = 0; col < d; col++) sum += sums[col];
      return sum;
    };
    const variance = total(0, 0);
    const errorVariance = total(1, 0);
    const reconstruction = total(1, 1) / variance;
    const aux = total(2, 1) / errorVariance;
    const multik = settings.multikCoef === 0 ? 0 : total(3, 1) / variance;
    const scales = [
      -2 / variance,
      (-2 * settings.auxkCoef) / errorVariance,
      (-2 * settings.multikCoef) / variance,
    ];
    this.list(main, scales, batch.rows);
    this.pool.share(2, this.chunks);
    const gradNorm = this.finishGradient(scales);
    this.update(gradNorm, learningRate);
    this.steps++;
    const loss = reconstruction + settings.auxkCoef * aux + settings.multikCoef * multik;
    const dead = (found.dead.data as Float32Array)[0];
    return { loss, reconstruction, aux, multik, gradNorm, dead };
  }

  async squaredError(batch: Matrix): Promise<number> {
    const decoder = floatTensor(this.onnx, Float32Array.from(this.parameters.decoder), [
      this.n,
      this.d,
    ]);
    const outputs = await this.evaluate.run({ ...this.tensors(batch), decoder });
    return (outputs.squaredError.data as Float32Array)[0];
  }

  readState(): Promise<TrainerState> {
    return Promise.resolve({
      step: this.steps,
      parameters: this.copy(this.parameters),
      firstMoment: this.copy(this.first),
      secondMoment: this.copy(this.second),
      sinceFired: this.sinceFired.slice(),
    });
  }

  async dispose(): Promise<void> {
    await this.pool.dispose();
    await this.select.release();
    await this.evaluate.release();
  }

  private tensors({ rows, cols, data }: Matrix): Record<string, Tensor> {
    const { onnx, n, d, mirror } = this;
    return {
      x: floatTensor(onnx, data, [rows, cols]),
      encoder: floatTensor(onnx, mirror.encoder, [n, d]),
      preBias: floatTensor(onnx, mirror.preBias, [d]),
      latentBias: floatTensor(onnx, mirror.latentBias, [n]),
    };
  }

  /** Puts the batch and what was selected into the shared memory, and the addresses into the configuration. */
  private placeBranches(batch: Matrix, found: Record<string, Tensor>): Branch[] {
    const { rows } = batch;
    this.next = this.batchTop;
    const branches: Branch[] = [];
    const prefixes = this.settings.multikCoef === 0 ? ["", "aux."] : ["", "aux.", "multik."];
    const size = rows * this.d;
    for (const name of ["x", "centered", "error", "rest", "wide"]) this.allot(name, size);
    const { at } = this;
    for (const [which, prefix] of prefixes.entries()) {
      const values = found[`${prefix}values`].data as Float32Array;
      const indices = found[`${prefix}indices`].data as Int32Array;
      this.allot(`${which}.indices`, values.length);
      this.allot(`${which}.values`, values.length);
      this.allot(`${which}.products`, values.length);
      branches.push({
        count: values.length / rows,
        indices,
        values,
        base: [at.error, at.rest, at.wide][which],
        products: at[`${which}.products`],
      });
    }
    const total = branches.reduce((sum, branch) => sum + branch.values.length, 0);
    this.allot("entries", 4 * total);
    this.reserve();
    this.floats("x", size).set(batch.data);
    for (const [which, { indices, values }] of branches.entries()) {
      new Int32Array(this.pool.memory.buffer, at[`${which}.indices`], indices.length).set(indices);
      this.floats(`${which}.values`, values.length).set(values);
    }
    this.configure(rows, branches);
    return branches;
  }

  private configure(rows: number, branches: Branch[]): void {
    const { at } = this;
    const words = new Uint32Array(this.pool.memory.buffer, CONFIG, 48);
    const first = [this.d, at.encoder, at.decoder, at.x];
    words.set([...first, at.centered, at.error, at.rest, at.wide, at.preBias, 0]);
    for (const [which, { count }] of [...branches, ...NO_BRANCH].slice(0, 3).entries()) {
      const names = ["indices", "values", "products"].map((name) => at[`${which}.${name}`] ?? 0);
      words.set([count, ...names], 10 + 4 * which);
    }
    const gradients = [at["encoder.gradient"], at["decoder.gradient"]];
    words.set([at.starts, ...gradients, at.entries, at["latentBias.gradient"], at.norms], 22);
    const moments = ["encoder.first", "encoder.second", "decoder.first", "decoder.second"];
    words.set([...moments.map((name) => at[name]), rows, this.n, at.columns, at.partial], 32);
  }

  /** Lists the open entries by latent, in the order of branches and documents: both gradients' rows are sums of them. */
  private list(branches: Branch[], scales: number[], rows: number): void {
    const { n } = this;
    const starts = new Uint32Array(this.pool.memory.buffer, this.at.starts, n + 1).fill(0);
    for (const { indices, values } of branches) {
      for (let at = 0; at < values.length; at++) if (values[at] > 0) starts[indices[at] + 1]++;
    }
    for (let latent = 0; latent < n; latent++) starts[latent + 1] += starts[latent];
    const next = starts.slice();
    const total = 4 * starts[n];
    const words = new Uint32Array(this.pool.memory.buffer, this.at.entries, total);
    const numbers = new Float32Array(this.pool.memory.buffer, this.at.entries, total);
    for (const [which, { count, indices, values, base, products }] of branches.entries()) {
      const scale = scales[which];
      const dots = new Float32Array(this.pool.memory.buffer, products, values.length);
      for (let row = 0, at = 0; row < rows; row++) {
        for (let slot = 0; slot < count; slot++, at++) {
          if (!(values[at] > 0)) continue;
          const entry = 4 * next[indices[at]]++;
          words[entry] = row;
          words[entry + 1] = base;
          numbers[entry + 2] = scale * dots[at];
          numbers[entry + 3] = scale * values[at];
        }
      }
    }
  }

  /** The pre-bias gradient, and the norm of the whole. */
  private finishGradient(scales: number[]): number {
    const { d, n, chunks } = this;
    const sums = this.doubles("columns");
    const partial = this.floats("partial", chunks * d);
    const gradient = this.floats("preBias.gradient", d);
    let squares = 0;
    for (let col = 0; col < d; col++) {
      let sum = scales[0] * sums[5 * d + col];
      if (this.settings.multikCoef !== 0) sum += scales[2] * sums[11 * d + col];
      for (let chunk = 0; chunk < chunks; chunk++) sum -= partial[chunk * d + col];
      gradient[col] = sum;
      squares += sum * sum;
    }
    const norms = this.doubles("norms");
    for (let latent = 0; latent < n; latent++) squares += norms[latent];
    return Math.sqrt(squares);
  }

  private update(gradNorm: number, learningRate: number): void {
    const { at, d, n, pool } = this;
    const scale = Math.min(1, this.settings.clip / (gradNorm + CLIP_EPSILON));
    const { stepSize, epsilon } = adamScalars(this.steps + 1, learningRate);
    new Float32Array(pool.memory.buffer, CONFIG, 48).set([scale, stepSize, epsilon], 28);
    pool.share(3, this.chunks);
    for (const [name, count] of [["preBias", d] as const, ["latentBias", n] as const]) {
      const places = [name, `${name}.first`, `${name}.second`, `${name}.gradient`];
      const [p, m, v, g] = places.map((place) => at[place]);
      pool.kernels.adam(p, m, v, g, count);
    }
    this.mirror.encoder.set(this.parameters.encoder);
    this.mirror.preBias.set(this.parameters.preBias);
    this.mirror.latentBias.set(this.parameters.latentBias);
  }

  private place(from: SaeParameters, suffix: string): Views {
    const { encoder, decoder, preBias, latentBias } = from;
    const views: Partial<Views> = {};
    const arrays = { encoder: encoder.data, decoder: decoder.data, preBias, latentBias };
    for (const name of NAMES) {
      this.allot(name + suffix, arrays[name].length);
      const view = this.floats(name + suffix, arrays[name].length);
      view.set(arrays[name]);
      views[name] = view;
    }
    return views as Views;
  }

  private copy({ encoder, decoder, preBias, latentBias }: Views): SaeParameters {
    const { n: rows, d: cols } = this;
    // Copied into memory of their own: the shared ones change with the next step.
    return {
      encoder: { rows, cols, data: Float32Array.from(encoder) },
      decoder: { rows, cols, data: Float32Array.from(decoder) },
      preBias: Float32Array.from(preBias),
      latentBias: Float32Array.from(latentBias),
    };
  }

  private allot(name: string, words: number): void {
    this.at[name] = this.next;
    this.next += Math.ceil((words * 4) / 64) * 64;
  }

  private reserve(): void {
    const { memory } = this.pool;
    const missing = this.next - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  }

  private floats(name: string, count: number): Float32Array {
    return new Float32Array(this.pool.memory.buffer, this.at[name], count);
  }

  private doubles(name: "columns" | "norms"): Float64Array {
    const count = name === "norms" ? this.n : 12 * this.d;
    return new Float64Array(this.pool.memory.buffer, this.at[name], count);
  }
}
