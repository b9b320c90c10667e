import { FormatError } from "../../core/errors.js";
import { cutLine, quote } from "../../core/shown.js";
import { shortestFloat32 } from "./decimal.js";
import type { Forest } from "../forest/forest.js";
import { escapeXml, readXml } from "../../files/xml.js";
import type { XmlVisitor } from "../../files/xml.js";
import type { Family } from "../../records/family.js";

/** A graph as GraphML writes it (http://graphml.graphdrawing.org). */
export interface Graph {
  directed: boolean;
  /** In the file's order; attributes by their `attr.name`, as text. */
  nodes: { id: string; attributes: Map<string, string> }[];
  /** Ends are ids of nodes. */
  edges: { source: string; target: string; attributes: Map<string, string> }[];
}

/** A forest with what its file says of the latents. */
export interface NamedForest {
  forest: Forest;
  /** Label of each latent. */
  labels: Map<number, string>;
  /** log10 of each latent's density, where the file has it. */
  logDensity: Map<number, number>;
}

/** What the written graph records about the latents besides their numbers. */
export interface GraphmlOptions {
  /** Share of documents in which each latent is active [n]. */
  densities?: ArrayLike<number>;
  /** Label of a latent, or undefined where it has none. */
  label?: (latent: number) => string | undefined;
  /** Families, which give each latent the smallest one it belongs to. */
  families?: readonly Family[];
  /** Stability of each edge [edges]; see documentStability. */
  stability?: ArrayLike<number>;
  /** How much each edge's child helps [edges]; see edgeHelp. */
  help?: ArrayLike<number>;
}

/**
 * Reads GraphML: one graph, no nested ones; hyperedges and ports are passed over. `source` is used in errors.
 * Throws FormatError where the text is no such graph, names a node twice or an edge has an unknown end.
 */
export function parseGraphml(text: string, source = "graphml"): Graph {
  const fail: Fail = (problem) => {
    throw new FormatError(source, problem);
  };
  const graph: Graph = { directed: true, nodes: [], edges: [] };
  const keys = new Map<string, Key>();
  const ids = new Set<string>();
  readXml(text, source, graphVisitor(graph, keys, ids, fail));
  for (const { source: from, target } of graph.edges) {
    const unknown = [from, target].find((id) => !ids.has(id));
    if (unknown !== undefined) fail(`an edge refers to ${quote(unknown)}, which is not a node`);
  }
  // Keys times elements: without a bound a file of some 100 KB makes millions of values.
  let defaults = text.length;
  for (const { name, fallback, on } of keys.values()) {
    if (fallback === undefined) continue;
    const elements = on === "node" ? graph.nodes : on === "edge" ? graph.edges : [];
    for (const { attributes } of elements) {
      if (attributes.has(name)) continue;
      if (--defaults < 0)
        fail("the default values would make more values than the file has characters");
      attributes.set(name, fallback);
    }
  }
  return graph;
}

/**
 * A directed forest from a graph. The latent is the node's `index`; the label its `label`, or else its id; `density` is
 * log10, as the reference writes it. Edges without `weight` weigh 1. Throws FormatError where a latent is missing or
 * comes twice, or the graph is undirected.
 */
export function forestFromGraph(graph: Graph, source = "graphml"): NamedForest {
  const fail = (problem: string): never => {
    throw new FormatError(source, problem);
  };
  if (!graph.directed) fail("expected a directed graph, got an undirected one");
  const latents = new Map<string, number>();
  const labels = new Map<number, string>();
  const logDensity = new Map<number, number>();
  for (const { id, attributes } of graph.nodes) {
    const latent = Number(attributes.get("index") ?? NaN);
    if (!(Number.isInteger(latent) && latent >= 0 && latent < 2 ** 32)) {
      fail(
        `node ${quote(id)}: index must be a latent, got ${cutLine(attributes.get("index") ?? "nothing")}`,
      );
    }
    if (labels.has(latent)) fail(`node ${quote(id)}: latent ${latent} appears twice`);
    latents.set(id, latent);
    labels.set(latent, attributes.get("label") ?? id);
    const density = Number(attributes.get("density") ?? NaN);
    if (Number.isFinite(density)) logDensity.set(latent, density);
  }
  const latentOf = (id: string): number => latents.get(id) ?? fail(`no node ${quote(id)}`);
  const weights = graph.edges.map(({ source: from, target, attributes }) => {
    const weight = Number(attributes.get("weight") ?? 1);
    return Number.isFinite(weight)
      ? weight
      : fail(`edge ${quote(from)} to ${quote(target)}: bad weight`);
  });
  const forest = {
    nodes: Uint32Array.from(graph.nodes, ({ id }) => latentOf(id)),
    from: Uint32Array.from(graph.edges, ({ source: from }) => latentOf(from)),
    to: Uint32Array.from(graph.edges, ({ target }) => latentOf(target)),
    weight: Float32Array.from(weights),
  };
  return { forest, labels, logDensity };
}

/** The attributes of nodes: name and GraphML type. */
const NODE_KEYS = [
  ["label", "string"],
  ["index", "long"],
  ["density", "double"],
  ["family", "long"],
  ["family_label", "string"],
  ["family_depth", "long"],
  ["family_size", "long"],
] as const;

/**
 * GraphML of a forest that Gephi and networkx open. Nodes have `label`, `index` (the latent), `density` (log10, as the
 * reference writes it) and, where they belong to one, their smallest family: `family` (its parent latent),
 * `family_label`, `family_depth` (0 for the parent itself) and `family_size` (members without the parent). Edges lead
 * from parent to child and have `weight` and, where they are given, `stability` and `help`.
 */
export function forestToGraphml(forest: Forest, options: GraphmlOptions = {}): string {
  const { densities, label, families = [], stability, help } = options;
  const measured = Object.entries({ stability, help }).flatMap(([key, values]) =>
    values === undefined ? [] : [{ key, values }],
  );
  const name = (latent: number): string => label?.(latent) ?? `latent ${latent}`;
  const homes = smallestFamilies(families);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...NODE_KEYS.map(
      ([key, type]) => `  <key id="${key}" for="node" attr.name="${key}" attr.type="${type}"/>`,
    ),
    '  <key id="weight" for="edge" attr.name="weight" attr.type="double"/>',
    ...measured.map(
      ({ key }) => `  <key id="${key}" for="edge" attr.name="${key}" attr.type="double"/>`,
    ),
    '  <graph edgedefault="directed">',
  ];
  for (const latent of forest.nodes) {
    const home = homes.get(latent);
    const density = Math.log10(densities?.[latent] ?? NaN);
    const values = [
      escapeXml(name(latent)),
      latent,
      Number.isFinite(density) ? Number(density.toPrecision(9)) : undefined,
      home?.family.parent,
      home && escapeXml(name(home.family.parent)),
      home?.depth,
      home?.family.members.length,
    ];
    const data = values.map((value, v) =>
      value === undefined ? "" : `<data key="${NODE_KEYS[v][0]}">${value}</data>`,
    );
    lines.push(`    <node id="${latent}">${data.join("")}</node>`);
  }
  for (let e = 0; e < forest.from.length; e++) {
    const weight = `<data key="weight">${shortestFloat32(forest.weight[e])}</data>`;
    const others = measured.map(({ key, values }) => `<data key="${key}">${values[e]}</data>`);
    lines.push(
      `    <edge source="${forest.from[e]}" target="${forest.to[e]}">${weight}${others.join("")}</edge>`,
    );
  }
  lines.push("  </graph>", "</graphml>", "");
  return lines.join("\n");
}

/** The smallest family of each latent in one, of equal ones the first. */
export function smallestFamilies(
  families: readonly Family[],
): Map<number, { family: Family; depth: number }> {
  const homes = new Map<number, { family: Family; depth: number }>();
  const enter = (latent: number, family: Family, depth: number): void => {
    const known = homes.get(latent);
    if (known !== undefined && known.family.members.length <= family.members.length) return;
    homes.set(latent, { family, depth });
  };
  for (const family of families) {
    enter(family.parent, family, 0);
    for (const { latent, depth } of family.members) enter(latent, family, depth);
  }
  return homes;
}

function withoutPrefix(tag: string): string {
  return tag.slice(tag.indexOf(":") + 1);
}

type Fail = (problem: string) => never;
type Attributes = ReadonlyMap<string, string>;

/** A declared attribute. */
interface Key {
  name: string;
  /** "node", "edge" or "all". */
  on: string;
  /** Value where an element has none. */
  fallback?: string;
}

function graphVisitor(
  graph: Graph,
  keys: Map<string, Key>,
  ids: Set<string>,
  fail: Fail,
): XmlVisitor {
  let graphs = 0;
  let element: Map<string, string> | undefined;
  let key = "";
  let value = "";
  const openers: Record<string, Opener> = {
    graph(_need, attributes) {
      if (++graphs > 1) fail("contains more than one graph");
      graph.directed = attributes.get("edgedefault") !== "undirected";
    },
    key(need, attributes) {
      key = need("id");
      const name = attributes.get("attr.name") ?? key;
      keys.set(key, { name, on: attributes.get("for") ?? "all" });
    },
    node(need) {
      const id = need("id");
      if (ids.has(id)) fail(`node ${quote(id)} appears twice`);
      ids.add(id);
      element = new Map();
      graph.nodes.push({ id, attributes: element });
    },
    edge(need) {
      element = new Map();
      graph.edges.push({ source: need("source"), target: need("target"), attributes: element });
    },
    data(need) {
      key = need("key");
    },
  };
  const closers: Record<string, () => void> = {
    data: () => element?.set(keys.get(key)?.name ?? key, value),
    default() {
      const declared = keys.get(key);
      if (declared !== undefined) declared.fallback = value;
    },
    node: () => (element = undefined),
    edge: () => (element = undefined),
    graphml() {
      if (graphs === 0) fail("expected GraphML with a graph, got none");
    },
  };
  return visitElements(openers, closers, {
    fail,
    take(part) {
      value = part === undefined ? "" : value + part;
    },
  });
}

type Opener = (need: (name: string) => string, attributes: Attributes) => void;

/** Calls openers and closers by the element's name without its prefix; `take` gets text, and undefined to forget it. */
function visitElements(
  openers: Record<string, Opener>,
  closers: Record<string, () => void>,
  { fail, take }: { fail: Fail; take: (part: string | undefined) => void },
): XmlVisitor {
  let root = "";
  return {
    open(tag, attributes) {
      const name = withoutPrefix(tag);
      root ||= name;
      if (root !== "graphml") fail(`expected GraphML, got <${cutLine(root)}>`);
      const need = (wanted: string): string =>
        attributes.get(wanted) ?? fail(`a ${name} without ${wanted}`);
      if (Object.hasOwn(openers, name)) openers[name](need, attributes);
      take(undefined);
    },
    text: take,
    close(tag) {
      const name = withoutPrefix(tag);
      if (Object.hasOwn(closers, name)) closers[name]();
      take(undefined);
    },
  };
}
