import { join } from "node:path";
import { type Matrix, matrixRow } from "../../src/core/index.js";
import { readNpyMatrix, writeNpy } from "../../src/files/index.js";
import { type Hit, type SearchIndex, openSearchIndex, searchRows } from "../../src/search/index.js";
import { figure, ratio, seconds } from "../format.js";
import {
  type Absent,
  type Measured,
  type Part,
  type Section,
  type TaskContext,
  isAbsent,
} from "../part.js";
import { markdownTable } from "../report.js";
import { randomUnitRows, writeEmbeddings } from "../synthetic.js";

const FULL = { rows: 272_000, d: 1536 };
const QUICK = { rows: 20_000, d: 256 };
const ROUNDS = 3;
const QUERIES = 20;
const COUNT = 10;
const LIMIT_MS = 150;

interface Searched {
  /** Seconds to read the rows, and to build the index. */
  load: number;
  index: number;
  /** Milliseconds of the first query, the median of the others, and the slowest of those. */
  first: number;
  median: number;
  slowest: number;
  /** Median of two queries in one pass, one with 1,000 hits, as a steered search asks. */
  pair: number;
  /** The plain float64 loop. */
  plain: number;
  indexMB: number;
  /** Whether index and plain loop found the same. */
  equal: boolean;
  /** Rows found, by query. */
  rows: number[][];
}

interface PeerSearched {
  load: number;
  first: number;
  median: number;
  slowest: number;
  /** Rows found, by query. */
  rows: number[][];
}

async function prepare({ folder, quick }: TaskContext): Promise<object> {
  const { rows, d } = quick ? QUICK : FULL;
  await writeEmbeddings(join(folder, "search.npy"), rows, d);
  const { data } = randomUnitRows(QUERIES, d, 77);
  await writeNpy(join(folder, "queries.npy"), { shape: [QUERIES, d], data, dtype: "f4" });
  return {};
}

async function searchMemory({ folder }: TaskContext): Promise<Searched> {
  const start = performance.now();
  const base = await readNpyMatrix(join(folder, "search.npy"));
  return measure(folder, base, (performance.now() - start) / 1000);
}

function searchFile({ folder }: TaskContext): Promise<Searched> {
  return measure(folder, join(folder, "search.npy"), 0);
}

async function measure(
  folder: string,
  base: Matrix | string,
  load: number,
): Promise<Measured<Searched>> {
  const queries = await readNpyMatrix(join(folder, "queries.npy"));
  const query = (i: number): Float32Array => matrixRow(queries, i);
  const start = performance.now();
  const index = await openSearchIndex(base);
  const made = (performance.now() - start) / 1000;
  const found: Hit[][] = [];
  const single: number[] = [];
  const pairs: number[] = [];
  for (let i = 0; i < QUERIES; i++) {
    single.push(await timed(async () => void found.push(await index.search(query(i), COUNT))));
  }
  for (let i = 1; i < QUERIES; i++) pairs.push(await timed(() => searchPair(index, query(i))));
  const peakMB = process.resourceUsage().maxRSS / 1024;
  let [equal, plain] = [true, Infinity];
  for (let i = 0; i < 3; i++) {
    let exact: Hit[] = [];
    const ms = await timed(async () => void (exact = await searchRows(base, query(i), COUNT)));
    plain = Math.min(plain, ms);
    equal &&= JSON.stringify(exact) === JSON.stringify(found[i]);
  }
  await index.close();
  const rows = found.map((hits) => hits.map(({ row }) => row));
  const indexMB = index.bytes / 1e6;
  return {
    load,
    index: made,
    ...spread(single),
    pair: median(pairs),
    plain,
    indexMB,
    equal,
    rows,
    peakMB,
  };
}

async function searchPair(index: SearchIndex, query: Float32Array): Promise<void> {
  const other = query.map((value, j) => value + (j % 2) / 100);
  await index.searchTogether([
    { query, count: 1000 },
    { query: other, count: COUNT },
  ]);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function spread([first, ...rest]: number[]): { first: number; median: number; slowest: number } {
  return { first, median: median(rest), slowest: Math.max(...rest) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

export const searchPart: Part = {
  name: "search",
  title: "Search",
  tasks: { prepare, memory: searchMemory, file: searchFile },
  async run(bench): Promise<Section> {
    const { rows, d } = bench.quick ? QUICK : FULL;
    await bench.task("prepare");
    const memory: Measured<Searched>[] = [];
    const peers: (Measured<PeerSearched> | Absent)[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      memory.push(await bench.task("memory"));
      peers.push(await bench.peer<PeerSearched>("search", String(COUNT)));
    }
    const file = await bench.task<Searched>("file");
    const ours = quickest(memory);
    const present = peers.filter((peer): peer is Measured<PeerSearched> => !isAbsent(peer));
    const peer = present.length > 0 ? quickest(present) : undefined;
    const line = (name: string, found: Searched & { peakMB: number }): string[] => [
      name,
      found.load === 0 ? "" : seconds(found.load),
      seconds(found.index),
      ...[found.first, found.median, found.slowest].map(figure),
      figure(found.peakMB),
      peer ? ratio(peer.median, found.median) : "",
    ];
    const table = [line("index, rows in memory", ours), line("index, rows on disk", file)];
    if (peer) {
      const { load, first, slowest, peakMB } = peer;
      const times = [first, peer.median, slowest].map(figure);
      table.push(["NumPy, float32", seconds(load), "", ...times, figure(peakMB), ""]);
    } else table.push(["NumPy", peers.find(isAbsent)?.absent ?? "", "", "", "", "", "", ""]);
    const same = peer?.rows.filter((found, i) => String(found) === String(ours.rows[i])).length;
    const equal = [...memory, file].every((each) => each.equal);
    const peerEqual =
      same === undefined ? "" : ` NumPy finds the same rows for ${same} of the ${QUERIES}.`;
    return {
      body: `The ${COUNT} nearest of ${figure(rows)} random unit rows (d ${d}) to ${QUERIES} queries, by cosine. The index stores one byte per number
(${figure(ours.indexMB)} MB) and scores in float64 the rows that its bounds cannot exclude; NumPy multiplies the float32 rows by the
query and partitions the scores. ${equal ? "Rows and scores equal those of the plain float64 loop, to the last digit," : "Rows or scores DIFFER from the plain float64 loop,"}
which takes ${figure(ours.plain)} ms.${peerEqual} Two queries in one pass, one of them for 1,000 hits, as in a steered search,
take ${figure(ours.pair)} ms (median).

${markdownTable(["", "read", "build the index", "first, ms", "median, ms", "slowest, ms", "peak memory, MB", "ours is faster by"], table)}`,
      targets: [
        {
          what: `${figure(rows)} × ${d}, first result`,
          target: `< ${LIMIT_MS} ms, exact`,
          measured: `${figure(ours.first)} ms, then ${figure(ours.median)} ms${equal ? ", exact" : ""}`,
          met: equal && (bench.quick || Math.max(ours.first, ours.median) < LIMIT_MS),
        },
      ],
    };
  },
};

function quickest<T extends { median: number }>(rounds: readonly T[]): T {
  return rounds.reduce((least, round) => (round.median < least.median ? round : least));
}
