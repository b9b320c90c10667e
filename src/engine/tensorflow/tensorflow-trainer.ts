import type { Tensor } from "@tensorflow/tfjs-core";
import type { Matrix } from "../../core/matrix.js";
import { adamScalars } from "../adam.js";
import type { Device } from "../engine.js";
import { type TensorflowBackend, openTensorflow } from "./tensorflow-backend.js";
import {
  type Parts,
  type PlacedBatch,
  type PlacedState,
  REPORTED,
  placeBatch,
  squaredErrorOf,
  takeStep,
} from "./tensorflow-step.js";
import type {
  CreateTrainer,
  ParameterName,
  SaeParameters,
  StepReport,
  Trainer,
  TrainerSettings,
  TrainerState,
} from "../trainer.js";

/**
 * Trains on TensorFlow.js; the state stays on the device from step to step.
 * The trainer throws Error with the command that installs what is missing.
 */
export function tensorflowTrainer(device: Device): CreateTrainer {
  return async (state, settings) =>
    new TensorflowTrainer(await openTensorflow(device), state, settings);
}

class TensorflowTrainer implements Trainer {
  readonly d: number;
  readonly n: number;
  readonly description: string;
  private steps: number;
  private state: PlacedState;
  private ahead?: { batch: Matrix; placed: PlacedBatch };

  constructor(
    private readonly backend: TensorflowBackend,
    state: TrainerState,
    private readonly settings: TrainerSettings,
  ) {
    this.n = state.parameters.encoder.rows;
    this.d = state.parameters.encoder.cols;
    this.description = backend.description;
    this.steps = state.step;
    backend.use();
    this.state = {
      parameters: this.place(state.parameters),
      first: this.place(state.firstMoment),
      second: this.place(state.secondMoment),
      sinceFired: backend.tf.tensor1d(state.sinceFired.slice()),
    };
  }

  prepare(batch: Matrix): void {
    this.dropAhead();
    this.backend.use();
    this.ahead = { batch, placed: placeBatch(this.backend.tf, batch) };
  }

  async step(batch: Matrix, learningRate: number): Promise<StepReport> {
    const { tf, use } = this.backend;
    const { settings } = this;
    if (this.ahead?.batch !== batch) this.prepare(batch);
    const placed = (this.ahead as { placed: PlacedBatch }).placed;
    this.ahead = undefined;
    use();
    const scalars = adamScalars(this.steps + 1, learningRate);
    const { next, report } = tf.tidy(() => takeStep(tf, placed, this.state, settings, scalars));
    tf.dispose([placed, this.state]);
    this.state = next;
    this.steps++;
    const values = await report.data();
    report.dispose();
    const [reconstruction, aux, multik, gradNorm, dead, main] = REPORTED.map((_, i) => values[i]);
    return {
      loss: main + settings.auxkCoef * aux + settings.multikCoef * multik,
      reconstruction,
      aux,
      multik,
      gradNorm,
      dead,
    };
  }

  async squaredError(batch: Matrix): Promise<number> {
    const { tf, use } = this.backend;
    use();
    const sum = tf.tidy(() => {
      const x = tf.tensor2d(batch.data, [batch.rows, batch.cols]);
      return squaredErrorOf(tf, x, this.state.parameters, this.settings);
    });
    const [value] = await sum.data();
    sum.dispose();
    return value;
  }

  async readState(): Promise<TrainerState> {
    const { parameters, first, second, sinceFired } = this.state;
    const step = this.steps;
    const [weights, firstMoment, secondMoment, fired] = await Promise.all([
      this.read(parameters),
      this.read(first),
      this.read(second),
      copyOf(sinceFired),
    ]);
    return { step, parameters: weights, firstMoment, secondMoment, sinceFired: fired };
  }

  dispose(): Promise<void> {
    this.dropAhead();
    this.backend.tf.dispose(this.state);
    return Promise.resolve();
  }

  private dropAhead(): void {
    if (this.ahead) this.backend.tf.dispose(this.ahead.placed);
    this.ahead = undefined;
  }

  // Copied, because the CPU backend keeps the array that a tensor is made of.
  private place({ encoder, decoder, preBias, latentBias }: SaeParameters): Parts {
    const { tf } = this.backend;
    const shape: [number, number] = [this.n, this.d];
    return {
      encoder: tf.tensor2d(encoder.data.slice(), shape),
      decoder: tf.tensor2d(decoder.data.slice(), shape),
      preBias: tf.tensor1d(preBias.slice()),
      latentBias: tf.tensor1d(latentBias.slice()),
    };
  }

  private async read(parts: Parts): Promise<SaeParameters> {
    const names: ParameterName[] = ["encoder", "decoder", "preBias", "latentBias"];
    const [encoder, decoder, preBias, latentBias] = await Promise.all(
      names.map((name) => copyOf(parts[name])),
    );
    const { n: rows, d: cols } = this;
    return {
      encoder: { rows, cols, data: encoder },
      decoder: { rows, cols, data: decoder },
      preBias,
      latentBias,
    };
  }
}

async function copyOf(tensor: Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data());
}
