import type { Graph } from "../../engine/onnx/onnx-graph.js";
import { GraphBuilder } from "../../engine/onnx/onnx-graph-builder.js";

/** Weights by their names in the package. */
export type Weights = Map<string, { shape: readonly number[]; data: Float32Array }>;

/** Width of a token's vector; after the first layer it is 512. */
export const INNER = 256;
const HEADS = 4;
/** Where the package has weights as they were trained, and those that were put together from parts. */
const TRAINED = "module/Encoder_en/";
const JOINED = "module_apply_default/Encoder_en/KonaTransformer/Encode/";

/**
 * Universal Sentence Encoder lite: two layers of a transformer, the mean over a text's tokens and a tanh layer. From
 * `tokens` and `mask` (1 for a token, 0 for padding), both [batch, length], and `places` [length, INNER] it makes `rows`
 * [batch, 512], of unit length.
 */
export function sentenceGraph(weights: Weights): Graph {
  const graph = new GraphBuilder();
  const constants: NonNullable<Graph["externalConstants"]> = [];
  /** A weight as a vector or a matrix: some are stored as convolutions over one place. */
  const weight = (name: string): string => {
    const { shape } = weights.get(name) ?? { shape: [] };
    const first = shape.findIndex((dim) => dim !== 1);
    constants.push({ name, shape: shape.slice(first), location: name });
    return name;
  };
  const joined = (name: string): string => weight(`${JOINED}${name}/ConcatPartitions/concat`);
  const dense = (x: string, matrix: string, bias: string): string =>
    graph.op("Add", [graph.op("MatMul", [x, matrix]), bias]);
  const normalise = (x: string, place: string): string => {
    const norm = `${place}layer_prepostprocess/layer_norm/layer_norm_`;
    const inputs = [x, joined(`${norm}scale`), joined(`${norm}bias`)];
    return graph.op("LayerNormalization", inputs, { axis: -1, epsilon: { float: 1e-6 } });
  };
  const transpose = (x: string, ...perm: number[]): string => graph.op("Transpose", [x], { perm });

  const tokens = graph.input("tokens", ["batch", "length"], "int32");
  const mask = graph.input("mask", ["batch", "length"]);
  const places = graph.input("places", ["length", INNER]);
  // 0 for a token; for padding so much that it gets no attention.
  const absent = graph.op("Mul", [graph.op("Sub", [graph.scalar(1), mask]), graph.scalar(-1e9)]);
  const bias = graph.op("Unsqueeze", [absent, graph.integers(1, 2)]);

  const attend = (x: string, place: string, width: number): string => {
    const transform = (input: string, name: string): string => {
      const part = `${place}MultiheadAttention/${name}_transform_single/`;
      const kernel = weight(`${TRAINED}KonaTransformer/Encode/${part}kernel/part_0`);
      return dense(input, kernel, joined(`${part}bias`));
    };
    const [queries, keys, values] = graph
      .ops("Split", [transform(x, "qkv")], 3, { axis: -1, num_outputs: 3 })
      .map((part) => graph.op("Reshape", [part, graph.integers(0, 0, HEADS, width / HEADS)]));
    const scale = graph.scalar((width / HEADS) ** -0.5);
    const scores = graph.op("MatMul", [
      graph.op("Mul", [transpose(queries, 0, 2, 1, 3), scale]),
      transpose(keys, 0, 2, 3, 1),
    ]);
    const shares = graph.op("Softmax", [graph.op("Add", [scores, bias])], { axis: -1 });
    const mixed = graph.op("MatMul", [shares, transpose(values, 0, 2, 1, 3)]);
    const merged = [transpose(mixed, 0, 2, 1, 3), graph.integers(0, 0, width)];
    return transform(graph.op("Reshape", merged), "output");
  };
  const feedForward = (x: string, place: string): string => {
    const conv = (input: string, name: string): string =>
      dense(
        input,
        weight(`${JOINED}TransformerStack/${place}FFN/${name}/Tensordot/Reshape_1`),
        joined(`${place}FFN/${name}/bias`),
      );
    const inner = conv(normalise(x, `${place}FFN/`), "conv1");
    return conv(graph.op("Relu", [inner]), "conv2");
  };

  const vectors = graph.op("Gather", [weight("module/Embeddings_en"), tokens], { axis: 0 });
  let x = graph.op("Add", [vectors, graph.op("Add", [vectors, places])]);
  for (const layer of [0, 1]) {
    const place = `Layer_${layer}/TransformerLayer/`;
    const attended = attend(normalise(x, place), place, layer === 0 ? INNER : 2 * INNER);
    // Only the first layer changes the width.
    if (layer === 0) {
      x = dense(x, joined(`${place}dense/kernel`), joined(`${place}dense/bias`));
    }
    x = graph.op("Add", [attended, x]);
    x = graph.op("Add", [feedForward(x, place), x]);
  }
  const kept = graph.op("Mul", [x, graph.op("Unsqueeze", [mask, graph.integers(2)])]);
  const mean = graph.op("Div", [
    graph.op("ReduceSum", [kept, graph.integers(1)], { keepdims: 0 }),
    graph.op("ReduceSum", [mask, graph.integers(1)], { keepdims: 1 }),
  ]);
  const last = `${TRAINED}hidden_layers/tanh_layer_0/`;
  const hidden = graph.op("Tanh", [dense(mean, weight(`${last}weights`), weight(`${last}bias`))]);
  const rows = graph.op("LpNormalization", [hidden], { axis: -1, p: 2 });
  graph.output("rows", rows, ["batch", 2 * INNER]);
  return { ...graph.build("sentence encoder"), externalConstants: constants };
}
