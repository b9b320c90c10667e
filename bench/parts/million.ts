import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Engine, openEngine } from "../../src/engine/index.js";
import { createNpyWriter, openMatrix } from "../../src/files/index.js";
import { encodeToFiles, loadSae } from "../../src/sae/index.js";
import { figure, seconds } from "../format.js";
import type { Measured, Part, Section, TaskContext } from "../part.js";
import { type Work, peakOf, timed } from "../processes.js";
import { markdownTable } from "../report.js";
import { randomUnitRows, writeRandomSae } from "../synthetic.js";

const FULL = { d: 1536, n: 9216, k: 64, rows: 1_000_000, block: 10_000 };
const QUICK = { d: 128, n: 512, k: 16, rows: 8000, block: 1000 };
/** What is encoded from memory: the first two blocks, again and again, in all as many documents as a quarter of the file has. */
const IN_MEMORY = 2;
const SHARE = 4;

interface Rate extends Work {
  documents: number;
}

interface Encoded {
  file: Rate;
  memory: Rate;
  /** Peak memory after a quarter of the file, in MB. */
  quarterMB: number;
}

const paths = (folder: string): { embeddings: string; sae: string; codes: string } => ({
  embeddings: join(folder, "million.npy"),
  sae: join(folder, "million.safetensors"),
  codes: join(folder, "million-codes"),
});

async function prepare({ folder, quick }: TaskContext): Promise<object> {
  const { d, n, k, rows, block } = quick ? QUICK : FULL;
  const { embeddings, sae, codes } = paths(folder);
  await mkdir(codes, { recursive: true });
  await writeRandomSae(sae, { d, n, k });
  const { data } = randomUnitRows(block, d, 1);
  const writer = await createNpyWriter(embeddings, { dtype: "f4", cols: d });
  for (let done = 0; done < rows; done += block) await writer.append(data);
  await writer.finish();
  return {};
}

async function encode({ folder, quick }: TaskContext): Promise<Measured<Encoded>> {
  const { rows, block: blockRows } = quick ? QUICK : FULL;
  const { embeddings, sae: saeFile, codes } = paths(folder);
  const sae = await loadSae(saeFile);
  const engine = await openEngine("cpu");
  const inMemory = await engine.createEncoder(sae);
  const store = await openMatrix(embeddings);
  const block = await store.read(0, IN_MEMORY * blockRows);
  await store.close();
  const memory: Rate = { seconds: 0, processorSeconds: 0, documents: 0 };
  const fromMemory = async (): Promise<void> => {
    const round = await timed(() => inMemory.encode(block));
    memory.seconds += round.seconds;
    memory.processorSeconds += round.processorSeconds;
    memory.documents += block.rows;
  };
  let done = 0;
  let quarterMB = 0;
  // The rate of a machine changes within minutes: the file waits for each round from memory.
  const waiting: Engine = {
    ...engine,
    async createEncoder(weights) {
      const encoder = await engine.createEncoder(weights);
      return {
        ...encoder,
        async encode(batch) {
          if (done >= SHARE * memory.documents) await fromMemory();
          return encoder.encode(batch);
        },
      };
    },
  };
  const all = await timed(() =>
    encodeToFiles(sae, embeddings, codes, {
      engine: waiting,
      onProgress: (progress) => {
        done = progress.done;
        if (quarterMB === 0 && 4 * done >= rows) quarterMB = peakOf("self") ?? NaN;
      },
    }),
  );
  const peakMB = peakOf("self") ?? process.resourceUsage().maxRSS / 1024;
  await inMemory.dispose();
  await engine.dispose();
  const file: Rate = {
    seconds: all.seconds - memory.seconds,
    processorSeconds: all.processorSeconds - memory.processorSeconds,
    documents: all.result.rows,
  };
  return { file, memory, quarterMB, peakMB };
}

export const millionPart: Part = {
  name: "million",
  title: "A million documents from a file",
  onlyByName: true,
  tasks: { prepare, encode },
  async run(bench): Promise<Section> {
    const { d, n, k, rows, block } = bench.quick ? QUICK : FULL;
    await bench.task("prepare");
    const { file, memory, quarterMB, peakMB } = await bench.task<Encoded>("encode");
    const rate = (each: Rate): number => each.documents / each.seconds;
    const workOf = (each: Rate): number => (1e6 * each.processorSeconds) / each.documents;
    const share = rate(file) / rate(memory);
    const table = [
      ["from the file, codes to files", file],
      ["from memory, codes not kept", memory],
    ] as const;
    return {
      body: `${figure(rows)} documents (d ${d}, ${figure(block)} random unit rows repeated) are streamed from an .npy file of ${figure((4 * rows * d) / 1e9)} GB and
encoded by an SAE of n ${n}, k ${k}, the next block read while one is encoded. From time to time the file waits while ${figure(IN_MEMORY * block)} of them are encoded from memory. Peak
memory is ${figure(quarterMB)} MB after a quarter of the documents and ${figure(peakMB)} MB after all. The file costs
${figure((100 * workOf(file)) / workOf(memory))} % of the processor time that memory does.

${markdownTable(
  ["", "documents", "time", "documents/s", "processor time per document, µs"],
  table.map(([name, each]) => [
    ...[name, figure(each.documents), seconds(each.seconds)],
    ...[figure(rate(each)), figure(workOf(each))],
  ]),
)}`,
      targets: [
        {
          what: `${figure(rows)} × ${d} from a file, relative to memory`,
          target: "≥ 90 % of the rate",
          measured: `${figure(100 * share)} %`,
          met: bench.quick || share >= 0.9,
        },
        {
          what: "peak memory after all, compared with that after a quarter",
          target: "≤ 1.1 ×",
          measured: `${(peakMB / quarterMB).toFixed(2)} ×`,
          met: bench.quick || peakMB <= 1.1 * quarterMB,
        },
      ],
    };
  },
};
