import { ownValue } from "../../core/collections.js";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Matrix } from "../../core/matrix.js";
import { CLIP_EPSILON, adamScalars } from "../adam.js";
import { type OnnxModule, createOnnxSession, floatTensor, loadOnnx } from "../onnx/onnx-session.js";
import type {
  SaeParameters,
  StepReport,
  Trainer,
  TrainerSettings,
  TrainerState,
} from "../trainer.js";
import { partStart, productParts } from "../onnx/product-parts.js";
import { selectGraph, squaredErrorGraph } from "./graphs.js";
import { GROUPS, KernelLayout, LATENTS, type ParameterViews } from "./memory-layout.js";
import { type KernelPool, createKernelPool } from "./kernel-pool.js";

/** The kernels' phases, and how many documents or columns one chunk of them takes. With the columns entries are counted by latent. */
const PHASE = { documents: 0, columns: 1, latents: 2, update: 3, list: 4, preBias: 5 };
const DOCUMENTS = 8;
const COLUMNS = 64;

const PREFIXES = ["", "aux.", "multik."];
const VALUES = PREFIXES.map((prefix) => `${prefix}values`);
const INDICES = PREFIXES.map((prefix) => `${prefix}indices`);

/** Parts of a step, in their order. */
export type StepPart =
  "select" | "place" | "documents" | "columns" | "list" | "latents" | "norm" | "update" | "mirror";

/** Settings of the kernels. */
export interface KernelTrainerOptions {
  /**
   * Threads of the sparse part. Default: what the machine has, or one where JavaScript has no shared memory or may not
   * start threads. The results are the same for any number.
   */
  threads?: number;
  /** Leaves the decoder as it is, for baselines. Default false. */
  keepDecoder?: boolean;
  /** Receives the milliseconds of each part of each step. */
  onPart?: (part: StepPart, milliseconds: number) => void;
}

/**
 * Trains on the CPU: the encoder's product and its top k in ONNX Runtime, all that is sparse, and Adam, in SIMD
 * WebAssembly on several threads.
 */
export async function createKernelTrainer(
  state: TrainerState,
  settings: TrainerSettings,
  { threads, keepDecoder = false, onPart }: KernelTrainerOptions = {},
): Promise<Trainer> {
  const onnx = await loadOnnx();
  const { rows: n, cols: d } = state.parameters.encoder;
  const pool = await createKernelPool(threads);
  try {
    const layout = new KernelLayout(pool, n, d, settings);
    const select = [await createOnnxSession(selectGraph(settings))];
    const evaluate = await createOnnxSession(squaredErrorGraph(settings));
    const kept = keepDecoder ? state.parameters.decoder.data.slice() : undefined;
    const isFed = await takesMemory(onnx, pool);
    const parts = { onnx, select, evaluate, pool, layout, kept, isFed, onPart };
    return new KernelTrainer(parts, state, settings);
  } catch (error) {
    await pool.dispose();
    throw error;
  }
}

interface KernelParts {
  onnx: OnnxModule;
  /** Sessions by the parts of a batch that they take, less one. */
  select: InferenceSession[];
  evaluate: InferenceSession;
  pool: KernelPool;
  layout: KernelLayout;
  /** The decoder that every step goes back to, where it is not trained. */
  kept?: Float32Array;
  /** Whether ONNX Runtime reads the parameters where they lie. */
  isFed: boolean;
  onPart?: KernelTrainerOptions["onPart"];
}

/**
 * A step allocates no array: what it needs is allocated for the largest batch so far and kept; the batch is used as it is,
 * under new tensors' headers. ONNX Runtime alone makes arrays, for the selected entries and `sinceFired`: its binding
 * copies every output into new memory, even where `run` is given tensors to fetch into and has filled them. What it
 * needs within a run comes from its arena, which it keeps.
 */
class KernelTrainer implements Trainer {
  readonly d: number;
  readonly n: number;
  readonly description: string;
  private steps: number;
  private readonly chunks: number;
  /** What ONNX Runtime multiplies by, copied out after each step where it takes no shared memory. */
  private readonly mirror?: Omit<ParameterViews, "decoder">;
  private readonly feeds: Record<string, Tensor>;
  private fed?: KernelLayout["views"];
  private decoder?: { step: number; tensor: Tensor };
  private lapStart = 0;

  constructor(
    private readonly parts: KernelParts,
    state: TrainerState,
    private readonly settings: TrainerSettings,
  ) {
    const { onnx, pool } = parts;
    const { rows: n, cols: d } = state.parameters.encoder;
    [this.n, this.d, this.steps] = [n, d, state.step];
    const { threads } = pool;
    this.description = `onnxruntime-node ${onnx.env.versions.node ?? ""} and WebAssembly, CPU, ${threads} thread${threads === 1 ? "" : "s"}`;
    const { views } = parts.layout;
    fill(views.parameters, state.parameters);
    fill(views.first, state.firstMoment);
    fill(views.second, state.secondMoment);
    this.chunks = Math.ceil(n / LATENTS);
    const { encoder, preBias, latentBias } = state.parameters;
    if (!parts.isFed) {
      this.mirror = {
        encoder: encoder.data.slice(),
        preBias: preBias.slice(),
        latentBias: latentBias.slice(),
      };
    }
    this.feeds = { sinceFired: floatTensor(onnx, state.sinceFired.slice(), [n]) };
    this.feed();
  }

  /** Points ONNX Runtime to the parameters, anew where they came to lie elsewhere. */
  private feed(): void {
    const { layout, onnx } = this.parts;
    if (this.fed === layout.views) return;
    this.fed = layout.views;
    const { encoder, preBias, latentBias } = this.mirror ?? layout.views.parameters;
    this.feeds.encoder = floatTensor(onnx, encoder, [this.n, this.d]);
    this.feeds.preBias = floatTensor(onnx, preBias, [this.d]);
    this.feeds.latentBias = floatTensor(onnx, latentBias, [this.n]);
  }

  async step(batch: Matrix, learningRate: number): Promise<StepReport> {
    const { parts, settings, d } = this;
    const { layout, pool } = parts;
    this.lapStart = performance.now();
    layout.fit(batch.rows);
    this.feed();
    const found = await this.select(batch);
    this.feeds.sinceFired = found["next.sinceFired"];
    this.lap("select");
    this.placeBranches(batch, found);
    this.lap("place");
    await pool.share(PHASE.documents, Math.ceil(batch.rows / DOCUMENTS));
    this.lap("documents");
    await pool.share(PHASE.columns, GROUPS + Math.ceil(d / COLUMNS));
    const report = this.sumLosses((found.dead.data as Float32Array)[0]);
    this.lap("columns");
    pool.kernels.placeTallies();
    await pool.share(PHASE.list, GROUPS);
    this.lap("list");
    await pool.share(PHASE.latents, this.chunks);
    this.lap("latents");
    report.gradNorm = await this.finishGradient();
    this.lap("norm");
    const scale = Math.min(1, settings.clip / (report.gradNorm + CLIP_EPSILON));
    await this.update(scale, learningRate);
    this.lap("update");
    this.copyOut();
    this.lap("mirror");
    this.steps++;
    return report;
  }

  async squaredError(batch: Matrix): Promise<number> {
    const { encoder, preBias, latentBias } = this.feeds;
    const decoder = this.decoderTensor();
    const x0 = floatTensor(this.parts.onnx, batch.data, [batch.rows, batch.cols]);
    const outputs = await this.parts.evaluate.run({ x0, encoder, decoder, preBias, latentBias });
    return (outputs.squaredError.data as Float32Array)[0];
  }

  readState(): Promise<TrainerState> {
    const { parameters, first, second } = this.parts.layout.views;
    return Promise.resolve({
      step: this.steps,
      parameters: this.copy(parameters),
      firstMoment: this.copy(first),
      secondMoment: this.copy(second),
      sinceFired: (this.feeds.sinceFired.data as Float32Array).slice(),
    });
  }

  async dispose(): Promise<void> {
    const { pool, select, evaluate } = this.parts;
    await pool.dispose();
    for (const session of [...select, evaluate]) await session.release();
  }

  /** The dense part of a step, by a product for each part of the batch. */
  private async select({ rows, cols, data }: Matrix): Promise<Record<string, Tensor>> {
    const { onnx, select } = this.parts;
    const parts = productParts(rows, this.n, cols);
    select[parts - 1] ??= await createOnnxSession(selectGraph(this.settings, parts));
    const feeds = { ...this.feeds };
    for (let part = 0; part < parts; part++) {
      const [start, end] = [partStart(rows, part, parts), partStart(rows, part + 1, parts)];
      const some = parts === 1 ? data : data.subarray(start * cols, end * cols);
      feeds[`x${part}`] = floatTensor(onnx, some, [end - start, cols]);
    }
    return select[parts - 1].run(feeds);
  }

  private lap(part: StepPart): void {
    const { onPart } = this.parts;
    if (!onPart) return;
    const now = performance.now();
    onPart(part, now - this.lapStart);
    this.lapStart = now;
  }

  /** Puts the batch and what was selected into the kernels' memory. */
  private placeBranches({ rows, data }: Matrix, found: Record<string, Tensor>): void {
    const { words, x, branches } = this.parts.layout.views;
    x.set(data);
    words[36] = rows;
    for (let which = 0; which < branches.length; which++) {
      const branch = branches[which];
      const values = ownValue(found, VALUES[which])?.data as Float32Array;
      branch.count = values.length / rows;
      branch.values.set(values);
      branch.indices.set(ownValue(found, INDICES[which])?.data as Int32Array);
      words[10 + 4 * which] = branch.count;
    }
  }

  /** The losses, and by them the factors of the gradients of each decode. */
  private sumLosses(dead: number): StepReport {
    const { auxkCoef, multikCoef } = this.settings;
    const { columns, scales } = this.parts.layout.views;
    const variance = total(columns.spread);
    const errorVariance = total(columns.errorSpread);
    const reconstruction = total(columns.squaredError) / variance;
    const { prefixes } = this.settings;
    const nested = prefixes === undefined ? reconstruction : this.nestedError() / variance;
    const aux = total(columns.auxSquared) / errorVariance;
    const multik = multikCoef === 0 ? 0 : total(columns.wideSquared) / variance;
    scales[0] = -2 / (variance * (prefixes?.length ?? 1));
    scales[1] = (-2 * auxkCoef) / errorVariance;
    scales[2] = (-2 * multikCoef) / variance;
    const loss = nested + auxkCoef * aux + multikCoef * multik;
    return { loss, reconstruction, aux, multik, gradNorm: 0, dead };
  }

  /** Mean over the prefixes of the batch's squared error. */
  private nestedError(): number {
    const { squares, words } = this.parts.layout.views;
    const prefixes = words[40];
    const end = words[36] * prefixes;
    let sum = 0;
    for (let at = 0; at < end; at++) sum += squares[at];
    return sum / prefixes;
  }

  /** The pre-bias gradient, and the norm of the whole. */
  private async finishGradient(): Promise<number> {
    const { d, n } = this;
    const { pool, layout } = this.parts;
    await pool.share(PHASE.preBias, Math.ceil(d / COLUMNS));
    const { columns, norms, gradient, words } = layout.views;
    const sums = words[40] > 1 ? columns.firstSum : columns.error;
    let squares = 0;
    for (let col = 0; col < d; col++) {
      const sum = sums[col];
      gradient.preBias[col] = sum;
      squares += sum * sum;
    }
    for (let latent = 0; latent < n; latent++) squares += norms[latent];
    return Math.sqrt(squares);
  }

  private async update(scale: number, learningRate: number): Promise<void> {
    const { pool, layout } = this.parts;
    const { numbers } = layout.views;
    const { stepSize, epsilon } = adamScalars(this.steps + 1, learningRate);
    numbers[28] = scale;
    numbers[29] = stepSize;
    numbers[30] = epsilon;
    await pool.share(PHASE.update, this.chunks);
    if (this.parts.kept) layout.views.parameters.decoder.set(this.parts.kept);
    this.updateBias("preBias", this.d);
    this.updateBias("latentBias", this.n);
  }

  private updateBias(name: "preBias" | "latentBias", count: number): void {
    const { at } = this.parts.layout;
    const [first, second] = [at[`${name}.first`], at[`${name}.second`]];
    this.parts.pool.kernels.adam(at[name], first, second, at[`${name}.gradient`], count);
  }

  private copyOut(): void {
    if (!this.mirror) return;
    const { encoder, preBias, latentBias } = this.parts.layout.views.parameters;
    this.mirror.encoder.set(encoder);
    this.mirror.preBias.set(preBias);
    this.mirror.latentBias.set(latentBias);
  }

  /** The decoder, where it has to be copied out once for all batches between two steps. */
  private decoderTensor(): Tensor {
    const { decoder } = this.parts.layout.views.parameters;
    if (!this.mirror) return floatTensor(this.parts.onnx, decoder, [this.n, this.d]);
    this.decoder ??= {
      step: -1,
      tensor: floatTensor(this.parts.onnx, new Float32Array(decoder.length), [this.n, this.d]),
    };
    if (this.decoder.step !== this.steps) {
      (this.decoder.tensor.data as Float32Array).set(decoder);
      this.decoder.step = this.steps;
    }
    return this.decoder.tensor;
  }

  // Copied into memory of their own: the kernels' change with the next step.
  private copy({ encoder, decoder, preBias, latentBias }: ParameterViews): SaeParameters {
    const { n: rows, d: cols } = this;
    return {
      encoder: { rows, cols, data: Float32Array.from(encoder) },
      decoder: { rows, cols, data: Float32Array.from(decoder) },
      preBias: Float32Array.from(preBias),
      latentBias: Float32Array.from(latentBias),
    };
  }
}

function total(sums: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < sums.length; at++) sum += sums[at];
  return sum;
}

/** Whether ONNX Runtime takes tensors over the kernels' memory: Node's interface refuses it shared memory before Node 22. */
async function takesMemory(onnx: OnnxModule, { memory }: KernelPool): Promise<boolean> {
  const shape = [1];
  const session = await createOnnxSession(
    {
      name: "memory",
      inputs: [{ name: "x", type: "float32", shape }],
      outputs: [{ name: "y", type: "float32", shape }],
      nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
    },
    { threads: 1 },
  );
  try {
    await session.run({ x: floatTensor(onnx, new Float32Array(memory.buffer, 0, 1), shape) });
    return true;
  } catch {
    return false;
  } finally {
    await session.release();
  }
}

function fill(
  views: ParameterViews,
  { encoder, decoder, preBias, latentBias }: SaeParameters,
): void {
  views.encoder.set(encoder.data);
  views.decoder.set(decoder.data);
  views.preBias.set(preBias);
  views.latentBias.set(latentBias);
}
