import type { PixelPoint } from "./declutter.js";

/** Steps of the majorization; small graphs stand still long before. */
const STEPS = 300;

/**
 * Places of a graph's nodes, such that distances in the plane are as near as can be to those along its edges: stress
 * majorization (SMACOF) from a circle, the same for the same graph. Edges are pairs of nodes; parts that no edge joins
 * stand apart. In units of an edge's length.
 */
export function layOutGraph(
  nodes: number,
  edges: readonly (readonly [number, number])[],
): PixelPoint[] {
  const distances = graphDistances(nodes, edges);
  let points: PixelPoint[] = Array.from({ length: nodes }, (_, i) => ({
    x: Math.cos((2 * Math.PI * i) / nodes) * Math.sqrt(nodes),
    y: Math.sin((2 * Math.PI * i) / nodes) * Math.sqrt(nodes),
  }));
  for (let step = 0; step < STEPS; step++) points = majorize(points, distances);
  return points;
}

/** Each node moves to where its distances to the others, as they stand, want it. */
function majorize(points: readonly PixelPoint[], distances: Float64Array): PixelPoint[] {
  const nodes = points.length;
  return points.map((point, i) => {
    let x = 0;
    let y = 0;
    let total = 0;
    for (let j = 0; j < nodes; j++) {
      if (j === i) continue;
      const wanted = distances[i * nodes + j];
      const weight = 1 / wanted ** 2;
      const [dx, dy] = [point.x - points[j].x, point.y - points[j].y];
      const reach = wanted / Math.max(1e-9, Math.hypot(dx, dy));
      x += weight * (points[j].x + dx * reach);
      y += weight * (points[j].y + dy * reach);
      total += weight;
    }
    return total === 0 ? point : { x: x / total, y: y / total };
  });
}

/** Edges on the shortest way between all pairs, two more than the longest where there is none [nodes * nodes]. */
function graphDistances(
  nodes: number,
  edges: readonly (readonly [number, number])[],
): Float64Array {
  const around: number[][] = Array.from({ length: nodes }, () => []);
  for (const [a, b] of edges) {
    around[a].push(b);
    around[b].push(a);
  }
  const distances = new Float64Array(nodes * nodes).fill(-1);
  let longest = 0;
  for (let start = 0; start < nodes; start++) {
    distances[start * nodes + start] = 0;
    const queue = [start];
    for (let at = 0; at < queue.length; at++) {
      const far = distances[start * nodes + queue[at]];
      longest = Math.max(longest, far);
      for (const next of around[queue[at]]) {
        if (distances[start * nodes + next] >= 0) continue;
        distances[start * nodes + next] = far + 1;
        queue.push(next);
      }
    }
  }
  return distances.map((distance) => (distance < 0 ? longest + 2 : distance));
}
