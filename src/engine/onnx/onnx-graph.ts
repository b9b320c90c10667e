/**
 * Builds ONNX models (protobuf IR, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) in memory.
 * Only what our static graphs need: no initialisers beyond small constants, no sub-graphs.
 */

const IR_VERSION = 8;
const DEFAULT_OPSET = 18;

export type ElementType = "float32" | "uint8" | "int8" | "int32" | "int64" | "bool";

const ELEMENT_TYPES: Record<ElementType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
};

/** A graph input or output; a string dimension is dynamic. */
export interface GraphValue {
  name: string;
  type: ElementType;
  shape: (number | string)[];
}

/** A node attribute: a number is an int unless given as `{ float }`. */
export type Attribute = number | number[] | string | { float: number };

export interface GraphNode {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, Attribute>;
}

/** A small constant held in the model itself. */
export interface GraphConstant {
  name: string;
  type: "float32" | "int64";
  shape: number[];
  values: number[];
}

/** A constant kept outside the model: the session receives the bytes of `location` separately. */
export interface ExternalConstant {
  name: string;
  /** Default "float32". */
  type?: "float32" | "int8";
  shape: number[];
  location: string;
}

export interface Graph {
  name: string;
  inputs: GraphValue[];
  outputs: GraphValue[];
  nodes: GraphNode[];
  constants?: GraphConstant[];
  externalConstants?: ExternalConstant[];
  /** Version of the operator set. Default 18. */
  opset?: number;
}

/** The model as bytes that ONNX Runtime loads. */
export function serializeGraph(graph: Graph): Uint8Array {
  const body = message([
    ...graph.nodes.map((node) => field(1, nodeProto(node))),
    field(2, text(graph.name)),
    ...(graph.constants ?? []).map((constant) => field(5, tensorProto(constant))),
    ...(graph.externalConstants ?? []).map((constant) => field(5, externalTensorProto(constant))),
    ...graph.inputs.map((value) => field(11, valueProto(value))),
    ...graph.outputs.map((value) => field(12, valueProto(value))),
  ]);
  const opset = message([varintField(2, graph.opset ?? DEFAULT_OPSET)]);
  return message([varintField(1, IR_VERSION), field(7, body), field(8, opset)]);
}

function nodeProto({ op, inputs, outputs, attributes = {} }: GraphNode): Uint8Array {
  return message([
    ...inputs.map((name) => field(1, text(name))),
    ...outputs.map((name) => field(2, text(name))),
    field(4, text(op)),
    ...Object.entries(attributes).map(([name, value]) => field(5, attributeProto(name, value))),
  ]);
}

// AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20 (FLOAT 1, INT 2, STRING 3, INTS 7)
function attributeProto(name: string, value: Attribute): Uint8Array {
  const parts = [field(1, text(name))];
  if (typeof value === "number") parts.push(varintField(3, value), varintField(20, 2));
  else if (typeof value === "string") parts.push(field(4, text(value)), varintField(20, 3));
  else if (Array.isArray(value)) {
    for (const item of value) parts.push(varintField(8, item));
    parts.push(varintField(20, 7));
  } else {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value.float, true);
    parts.push(Uint8Array.of((2 << 3) | 5), bytes, varintField(20, 1));
  }
  return message(parts);
}

// TensorProto: dims 1, data_type 2, name 8, raw_data 9
function tensorProto({ name, type, shape, values }: GraphConstant): Uint8Array {
  const raw =
    type === "float32"
      ? new Uint8Array(Float32Array.from(values).buffer)
      : new Uint8Array(BigInt64Array.from(values, (value) => BigInt(value)).buffer);
  return message([
    ...shape.map((size) => varintField(1, size)),
    varintField(2, ELEMENT_TYPES[type]),
    field(8, text(name)),
    field(9, raw),
  ]);
}

// TensorProto: external_data 13 { key 1, value 2 }, data_location 14 (EXTERNAL 1)
function externalTensorProto({
  name,
  type = "float32",
  shape,
  location,
}: ExternalConstant): Uint8Array {
  const length = shape.reduce((size, dim) => size * dim, type === "int8" ? 1 : 4);
  const entries = { location, offset: "0", length: String(length) };
  return message([
    ...shape.map((size) => varintField(1, size)),
    varintField(2, ELEMENT_TYPES[type]),
    field(8, text(name)),
    ...Object.entries(entries).map(([key, value]) =>
      field(13, message([field(1, text(key)), field(2, text(value))])),
    ),
    varintField(14, 1),
  ]);
}

// ValueInfoProto { name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { value 1 | param 2 } } } } }
function valueProto({ name, type, shape }: GraphValue): Uint8Array {
  const dims = shape.map((size) =>
    field(1, typeof size === "number" ? varintField(1, size) : field(2, text(size))),
  );
  const tensorType = message([varintField(1, ELEMENT_TYPES[type]), field(2, message(dims))]);
  return message([field(1, text(name)), field(2, field(1, tensorType))]);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

function varintField(number: number, value: number): Uint8Array {
  return message([varint(number << 3), varint(value)]);
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  return message([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function message(parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
