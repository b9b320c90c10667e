import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Matrix } from "../../src/core/index.js";
import type {
  ParameterName,
  SaeParameters,
  StepReport,
  Trainer,
  TrainerSettings,
  TrainerState,
} from "../../src/engine/index.js";
import { adamScalars } from "../../src/engine/kernels/index.js";
import {
  type OnnxModule,
  createOnnxSession,
  floatTensor,
  loadOnnx,
} from "../../src/engine/onnx/index.js";
import { PARAMETER_SHAPES, squaredErrorGraph, trainStepGraph } from "./train-step-graph.js";

const PARAMETERS = Object.keys(PARAMETER_SHAPES) as ParameterName[];

/** What the kernels are held to: one run of one dense ONNX graph a step, its outputs fed back as the next inputs. */
export async function createDenseTrainer(
  state: TrainerState,
  settings: TrainerSettings,
): Promise<Trainer> {
  const onnx = await loadOnnx();
  const step = await createOnnxSession(trainStepGraph(settings));
  const evaluate = await createOnnxSession(squaredErrorGraph(settings.k));
  return new DenseTrainer(onnx, step, evaluate, state, settings);
}

class DenseTrainer implements Trainer {
  readonly d: number;
  readonly n: number;
  readonly description: string;
  private steps: number;
  private tensors: Record<string, Tensor>;

  constructor(
    private readonly onnx: OnnxModule,
    private readonly stepSession: InferenceSession,
    private readonly evaluateSession: InferenceSession,
    state: TrainerState,
    private readonly settings: TrainerSettings,
  ) {
    this.n = state.parameters.encoder.rows;
    this.d = state.parameters.encoder.cols;
    this.description = `onnxruntime-node ${onnx.env.versions.node ?? ""}, CPU`;
    this.steps = state.step;
    this.tensors = {
      ...parameterTensors(onnx, state.parameters, ""),
      ...parameterTensors(onnx, state.firstMoment, ".first"),
      ...parameterTensors(onnx, state.secondMoment, ".second"),
      sinceFired: floatTensor(onnx, state.sinceFired, [this.n]),
    };
  }

  async step(batch: Matrix, learningRate: number): Promise<StepReport> {
    const { onnx } = this;
    const { stepSize, epsilon } = adamScalars(this.steps + 1, learningRate);
    const outputs = await this.stepSession.run({
      ...this.tensors,
      x: floatTensor(onnx, batch.data, [batch.rows, batch.cols]),
      stepSize: floatTensor(onnx, Float32Array.of(stepSize), []),
      epsilon: floatTensor(onnx, Float32Array.of(epsilon), []),
    });
    const next: Record<string, Tensor> = {};
    for (const name of Object.keys(this.tensors)) next[name] = outputs[`next.${name}`];
    this.tensors = next;
    this.steps++;
    const scalar = (name: string): number => (outputs[name].data as Float32Array)[0];
    const { auxkCoef, multikCoef } = this.settings;
    const [reconstruction, aux] = ["reconstruction", "aux"].map(scalar);
    const multik = multikCoef === 0 ? 0 : scalar("multik");
    return {
      loss: reconstruction + auxkCoef * aux + multikCoef * multik,
      reconstruction,
      aux,
      multik,
      gradNorm: scalar("gradNorm"),
      dead: scalar("dead"),
    };
  }

  async squaredError(batch: Matrix): Promise<number> {
    const { encoder, decoder, preBias, latentBias } = this.tensors;
    const x = floatTensor(this.onnx, batch.data, [batch.rows, batch.cols]);
    const outputs = await this.evaluateSession.run({ x, encoder, decoder, preBias, latentBias });
    return (outputs.squaredError.data as Float32Array)[0];
  }

  // Every run gives new tensors and none is written to, so handing them out needs no copy.
  readState(): Promise<TrainerState> {
    return Promise.resolve({
      step: this.steps,
      parameters: this.read(""),
      firstMoment: this.read(".first"),
      secondMoment: this.read(".second"),
      sinceFired: this.tensors.sinceFired.data as Float32Array,
    });
  }

  async dispose(): Promise<void> {
    this.tensors = {};
    await this.stepSession.release();
    await this.evaluateSession.release();
  }

  private read(suffix: string): SaeParameters {
    const data = (name: ParameterName): Float32Array =>
      this.tensors[name + suffix].data as Float32Array;
    const { n: rows, d: cols } = this;
    return {
      encoder: { rows, cols, data: data("encoder") },
      decoder: { rows, cols, data: data("decoder") },
      preBias: data("preBias"),
      latentBias: data("latentBias"),
    };
  }
}

function parameterTensors(
  onnx: OnnxModule,
  { encoder, decoder, preBias, latentBias }: SaeParameters,
  suffix: string,
): Record<string, Tensor> {
  const shape = [encoder.rows, encoder.cols];
  const values: Record<ParameterName, Tensor> = {
    encoder: floatTensor(onnx, encoder.data, shape),
    decoder: floatTensor(onnx, decoder.data, shape),
    preBias: floatTensor(onnx, preBias, [preBias.length]),
    latentBias: floatTensor(onnx, latentBias, [latentBias.length]),
  };
  return Object.fromEntries(PARAMETERS.map((name) => [name + suffix, values[name]]));
}
