import test from "ava";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readTorchState, writeTorchState } from "../../../src/files/index.js";
import { inFolder } from "../../support/folder.js";

function bytesOf(data: ArrayBufferView | undefined): Uint8Array {
  return data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array();
}

test("storages that are read in several parts come whole, and the first damaged one is named", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "state.pth");
    const values = (from: number): Float32Array =>
      Float32Array.from({ length: 2_200_001 }, (_, i) => from + i);
    const state = new Map(
      ["a", "b", "c"].map(
        (name, i) => [name, { shape: [2_200_001], data: values(4e6 * i) }] as const,
      ),
    );
    await writeTorchState(file, state);
    const read = await readTorchState(file);
    for (const [name, { data }] of state)
      t.is(Buffer.compare(bytesOf(read.get(name)?.data), bytesOf(data)), 0, name);
    const bytes = await readFile(file);
    const starts = [0, 1, 2].map((i) => bytes.indexOf(Buffer.from(values(4e6 * i).buffer, 0, 64)));
    // In the second part of the third storage, then in the first part of the second as well.
    for (const [at, key] of [
      [starts[2] + 8_500_000, 2],
      [starts[1] + 3, 1],
    ]) {
      bytes[at] ^= 16;
      await writeFile(file, bytes);
      await t.throwsAsync(readTorchState(file), {
        message: new RegExp(`: zip entry .*/data/${key}" is damaged: its checksum differs$`),
      });
    }
  }));

test("a matrix that is stored column by column comes row by row, whatever its shape", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "state.pth");
    for (const [rows, cols] of [
      [1, 1],
      [5, 70],
      [64, 64],
      [200, 65],
      [129, 131],
    ]) {
      const data = Float32Array.from({ length: rows * cols }, (_, i) => i);
      await writeTorchState(
        file,
        new Map([["x", { shape: [rows, cols], data, strides: [1, rows] }]]),
      );
      const expected = data.map((_, i) => (i % cols) * rows + Math.floor(i / cols));
      t.deepEqual((await readTorchState(file)).get("x")?.data, expected, `${rows} x ${cols}`);
    }
  }));
