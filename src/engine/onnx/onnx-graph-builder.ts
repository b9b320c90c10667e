import type {
  Attribute,
  ElementType,
  Graph,
  GraphConstant,
  GraphNode,
  GraphValue,
} from "./onnx-graph.js";

/**
 * Puts a graph together node by node; values go by name. Every method that makes a value returns its name,
 * so that a formula reads as nested or successive calls.
 */
export class GraphBuilder {
  private readonly inputs: GraphValue[] = [];
  private readonly outputs = new Map<string, GraphValue>();
  private readonly nodes: GraphNode[] = [];
  private readonly constants = new Map<string, GraphConstant>();
  private count = 0;

  /** Declares a graph input; a string dimension is dynamic. */
  input(name: string, shape: (number | string)[], type: ElementType = "float32"): string {
    this.inputs.push({ name, type, shape });
    return name;
  }

  /** Makes a node's output the graph output called `name`. */
  output(
    name: string,
    value: string,
    shape: (number | string)[],
    type: ElementType = "float32",
  ): void {
    this.outputs.set(value, { name, type, shape });
  }

  /** A float32 scalar held in the graph. */
  scalar(value: number): string {
    return this.constant({ name: `float ${value}`, type: "float32", shape: [], values: [value] });
  }

  /** An int64 list held in the graph, for axes, shapes and TopK's k. */
  integers(...values: number[]): string {
    const name = `int64 ${values.join(" ")}`;
    return this.constant({ name, type: "int64", shape: [values.length], values });
  }

  /** A node of one output. */
  op(op: string, inputs: string[], attributes?: Record<string, Attribute>): string {
    return this.ops(op, inputs, 1, attributes)[0];
  }

  /** A node of several outputs. */
  ops(
    op: string,
    inputs: string[],
    outputCount: number,
    attributes?: Record<string, Attribute>,
  ): string[] {
    const outputs = Array.from({ length: outputCount }, () => `${op} ${this.count++}`);
    this.nodes.push({ op, inputs, outputs, attributes });
    return outputs;
  }

  /** The finished graph. */
  build(name: string): Graph {
    // Renamed where they are made: an Identity node for the name would copy a whole array.
    const rename = (value: string): string => this.outputs.get(value)?.name ?? value;
    const nodes = this.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    }));
    const outputs = [...this.outputs.values()];
    return { name, inputs: this.inputs, outputs, nodes, constants: [...this.constants.values()] };
  }

  private constant(constant: GraphConstant): string {
    this.constants.set(constant.name, constant);
    return constant.name;
  }
}
