import { type NetworkOptions, network } from "./charts/network.js";
import { tree } from "./charts/tree.js";
import type { Figure, FigureOptions } from "./figure.js";
import { formatNumber } from "./drawing/text.js";

/** A latent of a family. */
export interface FamilyTreeNode {
  label: string;
  /** Place of its parent in the list of nodes; -1 for the family's parent, the root. */
  parent: number;
  /** Of the edge to its parent, for hovering. */
  weight?: number;
  /** How often it goes with the family's parent in resamples, 0 to 1: below a half its line is dotted. */
  stability?: number;
  /** Share of documents in which it is active: larger points. */
  density?: number;
}

/** Options of `drawFamilyTree`. */
export interface FamilyTreeOptions extends FigureOptions {
  /** Of the family, for the title. Default: the label of its parent. */
  familyName?: string;
  /**
   * Most latents shown; the number of the others is written. Those nearer to the root come first. Default: 60,
   * or as many as fit if the height is given.
   */
  maxNodes?: number;
}

/** What the network of a family shows: its latents, the parent first. */
export interface FamilyGraphInput {
  /** Of the family, for the title. */
  name: string;
  /** `density`: share of documents in which a latent is active. */
  nodes: readonly { label: string; density: number }[];
  /** Places in `nodes`, from the denser to the rarer latent; `tree` marks those of the family's own tree. */
  edges: readonly { from: number; to: number; weight: number; tree?: boolean }[];
}

/** Share of resamples below which a member's line is dotted. */
const STABLE = 0.5;

/**
 * A family as a tree: a row for each latent, indented below its parent, the weight of the edge after the label, a dotted
 * line for members that seldom recur in resamples. Throws RangeError if the nodes are not one tree.
 */
export function drawFamilyTree(
  nodes: readonly FamilyTreeNode[],
  { familyName, ...options }: FamilyTreeOptions = {},
): Figure {
  const root = nodes.find(({ parent }) => parent === -1);
  return tree({
    defaultName: "family-tree",
    defaultTitle:
      familyName === undefined ? `Family of ${root?.label ?? ""}` : `Family “${familyName}”`,
    ...options,
    nodes: nodes.map(({ label, parent, weight, density, stability }) => ({
      ...{ label, parent, weight, share: density },
      isDotted: (stability ?? 1) < STABLE,
      notes: [
        ...(density === undefined ? [] : [`density ${Number(density.toPrecision(3))}`]),
        ...(weight === undefined ? [] : [`edge weight ${Number(weight.toPrecision(3))}`]),
        ...(stability === undefined
          ? []
          : [`with the family in ${Math.round(100 * stability)} % of resamples`]),
      ],
    })),
  });
}

/**
 * A family as a network: a point per latent, larger for denser ones, arrows from denser to rarer, wider for heavier edges;
 * the edges of its tree dark, the others that pass the threshold pale (`drawFamilyTree` shows the tree alone). The parent
 * comes first. Needs densities, the family's members and `familyEdges`. Throws as `network` does.
 */
export function drawFamilyGraph(
  { name, nodes, edges }: FamilyGraphInput,
  options: FigureOptions & Pick<NetworkOptions, "maxNodes" | "maxExtra"> = {},
): Figure {
  return network({
    ...{ defaultName: "family-graph", defaultTitle: `Family “${name}”`, ...options },
    nodes: nodes.map(({ label, density }) => ({
      ...{ label, weight: density },
      note: `active in ${formatNumber(100 * density, 2)} % of documents`,
    })),
    edges: edges.map(({ tree, ...edge }) => ({ ...edge, strong: tree })),
  });
}
