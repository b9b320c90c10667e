// Times co-activation, families and their statistics at the paper's size on synthetic codes with topics and Zipf-like
// densities, beside scipy and networkx where Python has them.
// node build/bench/families.js [--documents 272000] [--k 64] [--n 9216] [--python python3]; prints one JSON line each.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Codes, createCodes } from "../src/codes.js";
import { writeNpy } from "../src/data/npy-write.js";
import { computeCoactivation } from "../src/families/coactivation.js";
import { selectEdges } from "../src/families/edges.js";
import { extractFamilies } from "../src/families/extract.js";
import { spanForest } from "../src/families/forest.js";
import { familyStatistics } from "../src/families/stats.js";
import { createPairWeight } from "../src/families/weights.js";
import { createRandom, shuffleInPlace } from "../src/random.js";

const { values: options } = parseArgs({
  options: {
    documents: { type: "string", default: "272000" },
    k: { type: "string", default: "64" },
    n: { type: "string", default: "9216" },
    python: { type: "string" },
  },
});
const [N, k, n] = [options.documents, options.k, options.n].map(Number);
const codes = syntheticCodes(N, k, n);
const coactivation = time("co-activation", () => computeCoactivation(codes), {
  pairs: (found) => found.latents.length,
});
const result = time("families", () => extractFamilies(coactivation), {
  families: ({ families }) => families.length,
  edges: ({ forest }) => forest.from.length,
});
time("statistics", () => familyStatistics(result.families, result.forest.nodes, coactivation), {
  mean_size: ({ meanSize }) => meanSize,
});
time("families, many edges", () => extractFamilies(coactivation, { weight: "share" }), {
  families: ({ families }) => families.length,
  edges: ({ forest }) => forest.from.length,
});
const nodes = Uint32Array.from({ length: n }, (_, i) => i);
const weigh = createPairWeight("share", N);
const edges = selectEdges(coactivation, nodes, weigh, { threshold: 0.15, minTogether: 2 });
time("spanning forest alone", () => spanForest(coactivation.counts, nodes, edges), {
  of_edges: () => edges.low.length,
  edges: ({ from }) => from.length,
});
if (options.python !== undefined) await timePython(options.python);

function time<T>(what: string, run: () => T, facts: Record<string, (result: T) => number>): T {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const found = run();
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  const row = { what, documents: N, k, n, seconds, cpu_seconds: (used.user + used.system) / 1e6 };
  const told = Object.entries(facts).map(([name, of]) => [name, of(found)] as const);
  const peak_mb = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${JSON.stringify({ ...row, peak_mb, ...Object.fromEntries(told) })}\n`);
  return found;
}

async function timePython(python: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-families-"));
  try {
    const write = (name: string, shape: number[], data: Uint32Array | Float32Array) =>
      writeNpy(join(folder, `${name}.npy`), {
        shape,
        data: data instanceof Float32Array ? data : Int32Array.from(data),
        dtype: data instanceof Float32Array ? "f4" : "i4",
      });
    await write("indices", [N, k], codes.indices);
    await write("values", [N, k], codes.values);
    await write("low", [edges.low.length], edges.low);
    await write("high", [edges.high.length], edges.high);
    await write("weight", [edges.weight.length], edges.weight);
    execFileSync(python, ["bench/families.py", folder, String(n)], { stdio: "inherit" });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Codes of two topics a document and some background; how common a latent is falls off with its rank. */
function syntheticCodes(rows: number, width: number, latents: number): Codes {
  const random = createRandom(1);
  const pick = (size: number): number => Math.floor(random() * size);
  const ranked = Uint32Array.from({ length: latents }, (_, i) => i);
  shuffleInPlace(ranked, random);
  const common = inverseTable(latents, 1 << 18).map((rank) => ranked[rank]);
  const topics = Array.from({ length: 400 }, () => {
    const own = Array.from({ length: 200 }, () => common[pick(common.length)]);
    return Uint32Array.from({ length: 1024 }, () => own[Math.floor(random() * random() * 200)]);
  });
  const indices = new Uint32Array(rows * width);
  const values = new Float32Array(rows * width);
  const last = new Int32Array(latents).fill(-1);
  for (let r = 0; r < rows; r++) {
    const pools = [topics[pick(400)], topics[pick(400)]];
    for (let s = 0, tries = 0; s < width; tries++) {
      const kind = tries > 4 * width ? 0 : random();
      const pool = kind < 0.4 ? common : pools[kind < 0.75 ? 0 : 1];
      const latent = pool[pick(pool.length)];
      if (last[latent] === r) continue;
      last[latent] = r;
      indices[r * width + s] = latent;
      values[r * width + s] = (kind < 0.4 ? 0.02 : 0.1) * (0.5 + random());
      s++;
    }
  }
  return createCodes(rows, width, latents, indices, values);
}

/** Ranks with a frequency of about (rank + 20)^-0.8, `size` of them. */
function inverseTable(latents: number, size: number): Uint32Array {
  const weights = Float64Array.from({ length: latents }, (_, rank) => (rank + 20) ** -0.8);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const table = new Uint32Array(size);
  let rank = 0;
  let below = 0;
  for (let at = 0; at < size; at++) {
    while (rank < latents - 1 && (below + weights[rank]) / total < (at + 0.5) / size) {
      below += weights[rank++];
    }
    table[at] = rank;
  }
  return table;
}
