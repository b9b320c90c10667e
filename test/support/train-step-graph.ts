import type { ParameterName, TrainerSettings } from "../../src/engine/index.js";
import { ADAM, CLIP_EPSILON } from "../../src/engine/kernels/index.js";
import { type Graph, GraphBuilder } from "../../src/engine/onnx/index.js";

/** The parameters of an SAE as the graph names them, each with its shape. */
export const PARAMETER_SHAPES: Record<ParameterName, string[]> = {
  encoder: ["n", "d"],
  decoder: ["n", "d"],
  preBias: ["d"],
  latentBias: ["n"],
};

const PARAMETERS = Object.keys(PARAMETER_SHAPES) as ParameterName[];

type Gradients = Record<ParameterName, string>;

/** Values of the forward pass that the backward pass needs. */
interface Forward {
  /** x - preBias [batch, d] */
  centered: string;
  /** Pre-activations [batch, n] */
  pre: string;
  /** Latents kept [batch, k] and their values after the ReLU */
  indices: string;
  kept: string;
  /** The same as a dense matrix [batch, n] */
  codes: string;
  /** x minus its reconstruction [batch, d] */
  error: string;
}

/** One decode whose squared error is a term of the loss. */
interface Term {
  /** Loss before its weight */
  loss: string;
  /** Gradient of the weighted loss by the decode [batch, d] */
  gradient: string;
}

/** What a term adds to the gradient of the pre-activations and of the decoder. */
interface Branch {
  loss: string;
  /** Columns of the pre-activations [batch, count] and the gradient there */
  indices: string;
  values: string;
}

/**
 * One whole training step as one graph: forward pass, losses, gradients, projection of the decoder's gradient,
 * clipping, Adam and unit decoder rows, as the authors' PyTorch loop orders them.
 *
 * Inputs: `x` [batch, d]; each parameter, its `.first` and `.second` moment; `sinceFired` [n]; the scalars
 * `stepSize` and `epsilon`, in which Adam's bias corrections are folded (see `adamScalars`).
 * Outputs: the same state under `next.` names, and the scalars `reconstruction`, `aux`, `gradNorm`, `dead`, and
 * `multik` where its weight is not 0.
 */
export function trainStepGraph(settings: TrainerSettings): Graph {
  const g = new GraphBuilder();
  const forward = forwardPass(g, settings.k);
  const dead = deadLatents(g, forward.indices, settings.deadSteps);

  const main = decodeTerm(g, forward.error, "x", 1);
  const mainBranch = backwardBranch(g, main, "decoder", forward.indices, forward.kept);
  const aux = auxBranch(g, forward, dead, settings);
  let decoderGradient = g.op("Gemm", [forward.codes, main.gradient], { transA: 1 });
  // Dead latents did not fire in this batch, so these rows of the main gradient are 0.
  decoderGradient = g.op("ScatterND", [decoderGradient, aux.rows, aux.decoderRows]);
  let reconstructionGradient = main.gradient;
  let preGradient = scatterColumns(g, forward.pre, [mainBranch, aux.branch]);
  if (settings.multikCoef !== 0) {
    const wide = multikBranch(g, forward, settings);
    g.output("multik", wide.branch.loss, []);
    preGradient = g.op("Add", [preGradient, scatterColumns(g, forward.pre, [wide.branch])]);
    decoderGradient = g.op("Add", [
      decoderGradient,
      g.op("Gemm", [wide.codes, wide.term.gradient], { transA: 1 }),
    ]);
    reconstructionGradient = g.op("Add", [reconstructionGradient, wide.term.gradient]);
  }

  const latentBias = sumRows(g, preGradient);
  const throughEncoder = g.op("MatMul", [latentBias, "encoder"]);
  const gradients: Gradients = {
    encoder: g.op("Gemm", [preGradient, forward.centered], { transA: 1 }),
    decoder: projectRows(g, decoderGradient, "decoder"),
    preBias: g.op("Sub", [sumRows(g, reconstructionGradient), throughEncoder]),
    latentBias,
  };
  updateParameters(g, gradients, settings.clip);

  g.output("reconstruction", main.loss, []);
  g.output("aux", aux.branch.loss, []);
  g.output("dead", g.op("Cast", [g.op("Size", [dead.indices])], { to: 1 }), []);
  return g.build("train step");
}

/** Sum of the squared reconstruction errors of `x` [batch, d] as the scalar `squaredError`. */
export function squaredErrorGraph(k: number): Graph {
  const g = new GraphBuilder();
  g.output("squaredError", sumOfSquares(g, forwardPass(g, k).error), []);
  return g.build("squared error");
}

function forwardPass(g: GraphBuilder, k: number): Forward {
  g.input("x", ["batch", "d"]);
  for (const name of PARAMETERS) g.input(name, PARAMETER_SHAPES[name]);
  const centered = g.op("Sub", ["x", "preBias"]);
  const pre = g.op("Gemm", [centered, "encoder", "latentBias"], { transB: 1 });
  const { indices, kept, codes } = topK(g, pre, g.integers(k));
  const decoded = g.op("Gemm", [codes, "decoder", "preBias"]);
  return { centered, pre, indices, kept, codes, error: g.op("Sub", ["x", decoded]) };
}

function topK(
  g: GraphBuilder,
  pre: string,
  k: string,
): { indices: string; kept: string; codes: string } {
  const [values, indices] = g.ops("TopK", [pre, k], 2, { axis: -1, sorted: 0 });
  const kept = g.op("Relu", [values]);
  return { indices, kept, codes: scatter(g, pre, indices, kept) };
}

/** `values` put at `indices` of each row of a zero matrix shaped like `like`. */
function scatter(g: GraphBuilder, like: string, indices: string, values: string): string {
  const zeros = g.op("ConstantOfShape", [g.op("Shape", [like])]);
  return g.op("ScatterElements", [zeros, indices, values], { axis: 1 });
}

function scatterColumns(g: GraphBuilder, like: string, branches: Branch[]): string {
  const join = (names: string[]): string => g.op("Concat", names, { axis: 1 });
  const indices = join(branches.map((branch) => branch.indices));
  const values = join(branches.map((branch) => branch.values));
  return scatter(g, like, indices, values);
}

/**
 * Counts the step, resets the latents among a document's top k, and lists those over `deadSteps` [dead]. Written out
 * again, so that the kernels are not held to their own code.
 */
function deadLatents(
  g: GraphBuilder,
  indices: string,
  deadSteps: number,
): { indices: string; count: string } {
  g.input("sinceFired", ["n"]);
  const aged = g.op("Add", ["sinceFired", g.scalar(1)]);
  const flat = g.op("Reshape", [indices, g.integers(-1)]);
  const zeros = g.op("ConstantOfShape", [g.op("Shape", [flat])]);
  const next = g.op("ScatterElements", [aged, flat, zeros], { axis: 0 });
  g.output("next.sinceFired", next, ["n"]);
  const positions = g.op("NonZero", [g.op("Greater", [next, g.scalar(deadSteps)])]);
  const dead = g.op("Squeeze", [positions, g.integers(0)]);
  return { indices: dead, count: g.op("Shape", [dead]) };
}

/** Normalised squared error of a decode whose `error` is target minus decode, and its weighted gradient. */
function decodeTerm(g: GraphBuilder, error: string, target: string, weight: number): Term {
  const mean = g.op("ReduceMean", [target, g.integers(0)], { keepdims: 1 });
  const variance = sumOfSquares(g, g.op("Sub", [target, mean]));
  const loss = g.op("Div", [sumOfSquares(g, error), variance]);
  const scale = g.op("Div", [g.scalar(-2 * weight), variance]);
  return { loss, gradient: g.op("Mul", [error, scale]) };
}

/** Takes a decode's gradient back to the kept pre-activations; the ReLU stops it where the value is 0. */
function backwardBranch(
  g: GraphBuilder,
  term: Term,
  directions: string,
  indices: string,
  kept: string,
): Branch {
  const dense = g.op("Gemm", [term.gradient, directions], { transB: 1 });
  const picked = g.op("GatherElements", [dense, indices], { axis: 1 });
  const open = g.op("Cast", [g.op("Greater", [kept, g.scalar(0)])], { to: 1 });
  return { loss: term.loss, indices, values: g.op("Mul", [picked, open]) };
}

/**
 * AuxK: the top dead latents reconstruct the error (taken as given). Runs on the dead rows and columns alone,
 * which gives what the masked top-k over all latents gives, since a masked 0 passes nothing on.
 */
function auxBranch(
  g: GraphBuilder,
  forward: Forward,
  dead: { indices: string; count: string },
  { auxk, auxkCoef }: TrainerSettings,
): { branch: Branch; rows: string; decoderRows: string } {
  const directions = g.op("Gather", ["decoder", dead.indices], { axis: 0 });
  const pre = g.op("Gather", [forward.pre, dead.indices], { axis: 1 });
  const count = g.op("Min", [g.integers(auxk), dead.count]);
  const { indices, kept, codes } = topK(g, pre, count);
  const rest = g.op("Sub", [forward.error, g.op("MatMul", [codes, directions])]);
  const term = decodeTerm(g, rest, forward.error, auxkCoef);
  const branch = backwardBranch(g, term, directions, indices, kept);
  return {
    branch: { ...branch, indices: g.op("Gather", [dead.indices, indices], { axis: 0 }) },
    rows: g.op("Unsqueeze", [dead.indices, g.integers(-1)]),
    decoderRows: g.op("Gemm", [codes, term.gradient], { transA: 1 }),
  };
}

function multikBranch(
  g: GraphBuilder,
  forward: Forward,
  { k, multikCoef }: TrainerSettings,
): { term: Term; branch: Branch; codes: string } {
  const latents = g.op("Shape", ["latentBias"]);
  const count = g.op("Min", [g.integers(4 * k), latents]);
  const { indices, kept, codes } = topK(g, forward.pre, count);
  const decoded = g.op("Gemm", [codes, "decoder", "preBias"]);
  const term = decodeTerm(g, g.op("Sub", ["x", decoded]), "x", multikCoef);
  return { term, codes, branch: backwardBranch(g, term, "decoder", indices, kept) };
}

/** Takes out of each row of `gradient` what points along the same (unit) row of `directions`. */
function projectRows(g: GraphBuilder, gradient: string, directions: string): string {
  const along = g.op("ReduceSum", [g.op("Mul", [gradient, directions]), g.integers(1)], {
    keepdims: 1,
  });
  return g.op("Sub", [gradient, g.op("Mul", [directions, along])]);
}

/** Clips the gradient's global norm, takes the Adam step and puts decoder rows back to unit length. */
function updateParameters(g: GraphBuilder, gradients: Gradients, clip: number): void {
  g.input("stepSize", []);
  g.input("epsilon", []);
  const squares = PARAMETERS.map((name) => sumOfSquares(g, gradients[name]));
  const norm = g.op("Sqrt", [g.op("Sum", squares)]);
  const allowed = g.op("Div", [g.scalar(clip), g.op("Add", [norm, g.scalar(CLIP_EPSILON)])]);
  const scale = g.op("Min", [g.scalar(1), allowed]);
  g.output("gradNorm", norm, []);

  const firstScale = g.op("Mul", [scale, g.scalar(1 - ADAM.beta1)]);
  const secondScale = g.op("Mul", [scale, g.scalar(Math.sqrt(1 - ADAM.beta2))]);
  for (const name of PARAMETERS) {
    const shape = PARAMETER_SHAPES[name];
    const decay = (moment: string, rate: number): string =>
      g.op("Mul", [g.input(moment, shape), g.scalar(rate)]);
    const gradient = gradients[name];
    const first = g.op("Add", [
      decay(`${name}.first`, ADAM.beta1),
      g.op("Mul", [gradient, firstScale]),
    ]);
    const scaled = g.op("Mul", [gradient, secondScale]);
    const second = g.op("Add", [
      decay(`${name}.second`, ADAM.beta2),
      g.op("Mul", [scaled, scaled]),
    ]);
    const denominator = g.op("Add", [g.op("Sqrt", [second]), "epsilon"]);
    const change = g.op("Mul", [g.op("Div", [first, denominator]), "stepSize"]);
    let next = g.op("Sub", [name, change]);
    if (name === "decoder") {
      next = g.op("Div", [next, g.op("ReduceL2", [next, g.integers(1)], { keepdims: 1 })]);
    }
    g.output(`next.${name}`, next, shape);
    g.output(`next.${name}.first`, first, shape);
    g.output(`next.${name}.second`, second, shape);
  }
}

function sumOfSquares(g: GraphBuilder, value: string): string {
  return g.op("ReduceSumSquare", [value], { keepdims: 0 });
}

function sumRows(g: GraphBuilder, value: string): string {
  return g.op("ReduceSum", [value, g.integers(0)], { keepdims: 0 });
}
