import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import test from "ava";
import { FormatError, createRandom } from "../../src/core/index.js";
import {
  type ByteSource,
  bytesSource,
  parseCsv,
  readJson,
  readJsonl,
  readNpy,
  readNpyIndices,
  readNpyMatrix,
  readNpz,
  readSafetensors,
  readText,
  readTorch,
  streamNpyRows,
} from "../../src/files/index.js";
import { campaign } from "../support/campaign.js";
import { mutate } from "../support/mutation/mutate.js";
import { processorTime } from "../support/processor-time.js";

const rounds = campaign(1500, 150);

interface Subject {
  fixture: string | Uint8Array;
  name: string;
  read: (source: ByteSource) => Promise<unknown>;
  /** Only the first bytes are changed, where the rest is values that no reader checks. */
  head?: number;
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) void item;
}

const fixtures = "test/fixtures";
const csv = 'id,title\n"0001","a ""b""\n c"\n2,x\n';
const jsonl = '{"id":"1","x":[1,NaN,"\\u00e9"]}\n{"id":"2"}\n';
const subjects: Subject[] = [
  { name: "npy", fixture: `${fixtures}/npy/f4_le.npy`, read: readNpy, head: 136 },
  { name: "npy matrix", fixture: `${fixtures}/npy/i8_le.npy`, read: readNpyMatrix },
  { name: "npy indices", fixture: `${fixtures}/npy/u2_be.npy`, read: readNpyIndices },
  {
    name: "npy rows",
    fixture: `${fixtures}/npy/fortran_2d.npy`,
    read: (source) => drain(streamNpyRows(source, { rowsPerBlock: 1 })),
  },
  { name: "stored npz", fixture: `${fixtures}/npy/stored.npz`, read: readNpz },
  { name: "packed npz", fixture: `${fixtures}/npy/packed.npz`, read: readNpz },
  {
    name: "safetensors",
    fixture: `${fixtures}/safetensors/all.safetensors`,
    read: readSafetensors,
    head: 980,
  },
  { name: "torch zip", fixture: `${fixtures}/torch/module_state.pth`, read: readTorch },
  { name: "torch zip64", fixture: `${fixtures}/torch/state_zip64.pth`, read: readTorch },
  { name: "torch containers", fixture: `${fixtures}/torch/plain_protocol4.pth`, read: readTorch },
  {
    name: "torch legacy",
    fixture: `${fixtures}/torch/state_legacy.pth`,
    read: readTorch,
    head: 3000,
  },
  { name: "json", fixture: Buffer.from(jsonl.split("\n")[0]), read: readJson },
  { name: "jsonl", fixture: Buffer.from(jsonl), read: (source) => drain(readJsonl(source)) },
  { name: "jsonl.gz", fixture: gzipSync(jsonl), read: (source) => drain(readJsonl(source)) },
  {
    name: "csv",
    fixture: Buffer.from(csv),
    read: async (source) => parseCsv(await readText(source), source.name),
  },
];

for (const { name, fixture, read, head } of subjects) {
  test.serial(
    `any damage to a file of ${name} gives its values or one FormatError, soon`,
    async (t) => {
      const bytes = typeof fixture === "string" ? readFileSync(fixture) : fixture;
      const random = createRandom(20240501);
      let refused = 0;
      let slowest = 0;
      for (let round = 0; round < rounds; round++) {
        const damaged = mutate(bytes, head ?? bytes.length, random);
        const start = processorTime();
        try {
          await read(bytesSource(`damaged ${name}`, damaged));
        } catch (error) {
          if (!(error instanceof FormatError)) {
            t.log(damaged.toString().slice(0, 400));
            throw error;
          }
          if (!error.message.startsWith(`damaged ${name}`) || /\p{Cc}/u.test(error.message)) {
            t.fail(`round ${round}: ${error.message}`);
          }
          refused++;
        }
        slowest = Math.max(slowest, processorTime() - start);
      }
      t.true(slowest < 3000, `slowest ${slowest} ms`);
      t.true(refused > rounds / 10, `only ${refused} of ${rounds} were refused`);
    },
  );
}
