import { join } from "node:path";
import { selectForestEdges, selectNodes, spanForest } from "../../src/families/forest/index.js";
import {
  computeCoactivation,
  extractFamilies,
  familyStatistics,
} from "../../src/families/index.js";
import { readCodes, writeNpy } from "../../src/files/index.js";
import { best, figure, ratio, seconds } from "../format.js";
import { type Part, type Section, type TaskContext, isAbsent } from "../part.js";
import { peakOf } from "../processes.js";
import { markdownTable } from "../report.js";
import { codesFolder, prepareCodes } from "./coactivation.js";

interface Grouped {
  seconds: number;
  families: number;
  members: number;
  /** Seconds of the statistics with their nulls. */
  statistics: number;
  /** Seconds to span one forest over the sorted edges. */
  span: number;
  edges: number;
  kept: number;
  /** Sum of the forest's weights. */
  total: number;
  peakMB: number;
}

interface PeerSpanned {
  seconds: number;
  kept: number;
  total: number;
  peakMB: number;
}

async function group({ folder }: TaskContext): Promise<Grouped> {
  const coactivation = computeCoactivation(await readCodes(codesFolder(folder)));
  const start = performance.now();
  const { families, forest: first } = extractFamilies(coactivation);
  const ended = performance.now();
  const peakMB = peakOf("self") ?? process.resourceUsage().maxRSS / 1024;

  const counting = performance.now();
  familyStatistics(families, first.nodes, coactivation);
  const counted = performance.now();
  const nodes = selectNodes(coactivation, {});
  const edges = selectForestEdges(coactivation, nodes, {});
  const spanning = performance.now();
  const forest = spanForest(coactivation, nodes, edges);
  const spanned = performance.now();
  // For the peers: the edges in the order of the pairs, not sorted by weight.
  const ends = new Uint32Array(2 * edges.low.length);
  const weights = new Float32Array(edges.low.length);
  const order = Uint32Array.from(edges.low.keys()).sort(
    (a, b) => edges.low[a] - edges.low[b] || edges.high[a] - edges.high[b],
  );
  order.forEach((e, at) => {
    ends[2 * at] = edges.low[e];
    ends[2 * at + 1] = edges.high[e];
    weights[at] = edges.weight[e];
  });
  const size = edges.low.length;
  await writeNpy(join(folder, "edges.npy"), { shape: [size, 2], data: ends, dtype: "i4" });
  await writeNpy(join(folder, "weights.npy"), { shape: [size], data: weights, dtype: "f4" });
  return {
    seconds: (ended - start) / 1000,
    families: families.length,
    members: families.reduce((sum, { members }) => sum + members.length, 0),
    statistics: (counted - counting) / 1000,
    span: (spanned - spanning) / 1000,
    edges: size,
    kept: forest.from.length,
    total: forest.weight.reduce((sum, weight) => sum + weight, 0),
    peakMB,
  };
}

export const familiesPart: Part = {
  name: "families",
  title: "Families",
  tasks: { prepare: prepareCodes, group },
  async run(bench): Promise<Section> {
    await bench.task("prepare");
    const rounds = [await bench.task<Grouped>("group")];
    const networkx = await bench.peer<PeerSpanned>("forest-networkx");
    const scipy = await bench.peer<PeerSpanned>("forest-scipy");
    rounds.push(await bench.task<Grouped>("group"));
    const ours = best(rounds, "seconds");
    const span = Math.min(...rounds.map((round) => round.span));
    const row = (name: string, peer: PeerSpanned | { absent: string }): string[] =>
      isAbsent(peer)
        ? [name, peer.absent, "", "", ""]
        : [
            name,
            seconds(peer.seconds),
            figure(peer.kept),
            peer.total.toFixed(3),
            ratio(peer.seconds, span),
          ];
    const table = [
      ["feature-families", seconds(span), figure(ours.kept), ours.total.toFixed(3), ""],
      row("scipy.sparse.csgraph.minimum_spanning_tree", scipy),
      row("networkx.maximum_spanning_tree", networkx),
    ];
    return {
      body: `Families of the co-activation above, with the defaults: all pairs are weighted, ${figure(ours.edges)} of them become edges, and
four passes give ${figure(ours.families)} families with ${figure(ours.members)} members in ${seconds(ours.seconds)}. Their statistics with both null models take
${seconds(ours.statistics)} more. Peak memory with codes and co-activation is ${figure(ours.peakMB / 1000)} GB.

One maximum spanning forest over the same edges (ours are already sorted; networkx has them as a graph):

${markdownTable(["", "time", "edges kept", "their total weight", "ours is faster by"], table)}`,
      targets: [
        {
          what: "families of that co-activation",
          target: "≤ 2 s",
          measured: seconds(ours.seconds),
          met: ours.seconds <= 2,
        },
      ],
    };
  },
};
