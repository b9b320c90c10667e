import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  readNpyIndices,
  readNpyMatrix,
  readSafetensors,
  readTorchState,
  streamNpyRows,
  writeNpy,
} from "../../src/files/index.js";
import { figure, ratio } from "../format.js";
import { type Part, type Section, type TaskContext, isAbsent } from "../part.js";
import { markdownTable } from "../report.js";
import { prepareEncoding } from "./encode.js";

const ROUNDS = 5;

interface Read {
  /** Seconds of the fastest round, by file. */
  seconds: Record<string, number>;
}

const FILES: Record<string, string> = {
  "embeddings.npy": ".npy float32",
  "half.npy": ".npy float16 to float32",
  "wide.npy": ".npy int64 to uint32",
  "state.pth": ".pth state dict",
  "random_64.safetensors": ".safetensors",
};

async function prepare(context: TaskContext): Promise<object> {
  await prepareEncoding(context);
  const { rows, cols, data } = await readNpyMatrix(join(context.folder, "embeddings.npy"));
  await writeNpy(join(context.folder, "half.npy"), { shape: [rows, cols], data, dtype: "f2" });
  return {};
}

async function read({ folder }: TaskContext): Promise<Read> {
  const ways: Record<string, (path: string) => Promise<unknown>> = {
    "embeddings.npy": readNpyMatrix,
    "half.npy": readNpyMatrix,
    "wide.npy": readNpyIndices,
    "state.pth": readTorchState,
    "random_64.safetensors": readSafetensors,
  };
  const seconds: Record<string, number> = {};
  for (const [name, way] of Object.entries(ways)) {
    const path = join(folder, name);
    if (existsSync(path)) seconds[name] = await fastest(() => way(path));
  }
  seconds.stream = await fastest(async () => {
    let rows = 0;
    const blocks = streamNpyRows(join(folder, "embeddings.npy"), { reuse: true });
    for await (const { block } of blocks) rows += block.rows;
    return rows;
  });
  return { seconds };
}

async function fastest(work: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least / 1000;
}

export const readersPart: Part = {
  name: "readers",
  title: "Readers",
  tasks: { prepare, read },
  async run(bench): Promise<Section> {
    await bench.task("prepare");
    const peer = await bench.peer<Read>("readers");
    const { seconds } = await bench.task<Read>("read");
    const rows = Object.entries(FILES).flatMap(([name, what]) => {
      if (!(name in seconds)) return [];
      const size = statSync(join(bench.folder, name)).size / 1e6;
      const theirs = isAbsent(peer) ? undefined : peer.seconds[name];
      return [
        [
          what,
          figure(size),
          figure(size / seconds[name]),
          theirs === undefined ? "" : figure(size / theirs),
          theirs === undefined ? "" : ratio(theirs, seconds[name]),
        ],
      ];
    });
    const streamed = statSync(join(bench.folder, "embeddings.npy")).size / 1e6 / seconds.stream;
    return {
      body: `Whole files, cached by the system, best of ${ROUNDS} rounds, compared with numpy.load, torch.load (weights only) and safetensors.
Conversions are included on both sides. A large file is read in pieces by four threads, since most of the time goes into fresh pages, which
the kernel clears: into memory already in use a read takes a fifth of the processor time. NumPy asks for huge pages. Node has no call for them, but glibc asks for them
where \`GLIBC_TUNABLES=glibc.malloc.hugetlb=1\` is set before Node starts: the float32 file then takes 27 to 32 ms of processor time instead of 70 to 79 (NumPy 15). Streaming the float32 file in row blocks, in memory that is used again, gives ${figure(streamed)} MB/s.

${markdownTable(["file", "MB", "ours, MB/s", "Python, MB/s", "ours is faster by"], rows)}`,
    };
  },
};
