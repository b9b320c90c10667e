import { gunzipSync, gzipSync } from "node:zlib";
import type { Random } from "../../../src/core/index.js";
import { chooser } from "./choose.js";
import { damageNpy, damageNumbers, damageSafetensors } from "./damage-arrays.js";
import { damageText } from "./damage-json.js";
import { damageTable, damageXml } from "./damage-markup.js";
import { damageParquet } from "./damage-parquet.js";
import { damagePickle } from "./damage-pickle.js";
import { damageZip } from "./damage-zip.js";

/** PyTorch's format of before 1.6: pickles of a magic number, the version, the machine and the state, then the storages. */
function damageLegacy(bytes: Buffer, random: Random): Uint8Array {
  const ends: number[] = [];
  let at = 0;
  for (let i = 0; i < 4; i++) ends.push((at = bytes.indexOf(".", at) + 1));
  // The state is the long one; a point inside its texts only moves where the damage stops.
  const [start, end] = [ends[2], bytes.lastIndexOf("e.") + 2];
  const damaged = damagePickle(bytes.subarray(start, end), random);
  return Buffer.concat([bytes.subarray(0, start), damaged, bytes.subarray(end)]);
}

/**
 * A file with one or two things wrong in what it is made of: instructions of a pickle, entries of an archive, header and numbers
 * of arrays, numbers of Arrow's messages, Parquet's footer and pages, values, keys and lines of JSON, rows and cells of tables, tags of XML. The format is
 * known by the name.
 */
export async function damageStructure(
  name: string,
  bytes: Uint8Array,
  random: Random,
): Promise<Uint8Array> {
  const choose = chooser(random);
  const text = (): string => Buffer.from(bytes).toString("utf8");
  if (name.endsWith(".gz")) {
    const inner = gunzipSync(bytes);
    const packed = gzipSync(await damageStructure(name.slice(0, -3), inner, random));
    if (choose.chance(0.7)) return packed;
    return choose.chance(0.5)
      ? packed.subarray(0, choose.below(packed.length))
      : Buffer.concat([packed, choose.of([packed, Buffer.from("x"), Buffer.alloc(9)])]);
  }
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (isZip) {
    return damageZip(bytes, random, (entry, content, numbers) =>
      entry.endsWith(".pkl") || entry.endsWith(".npy")
        ? damageStructure(entry, content, numbers)
        : Promise.resolve(content.map((byte, i) => (i % 4 === 3 ? 0x7f : byte))),
    );
  }
  if (name.endsWith(".pkl")) return damagePickle(bytes, random);
  if (/\.(pth?|bin|ckpt)$/.test(name)) return damageLegacy(Buffer.from(bytes), random);
  if (name.endsWith(".npy")) return damageNpy(bytes, random);
  if (name.endsWith(".safetensors")) return damageSafetensors(bytes, random);
  if (name.endsWith(".arrow")) {
    const damaged = Buffer.from(bytes);
    damageNumbers(damaged, choose);
    return damaged;
  }
  if (name.endsWith(".parquet")) return damageParquet(bytes, random);
  if (/\.(csv|tsv)$/.test(name)) return Buffer.from(damageTable(text(), random));
  if (/\.(graphml|gexf)$/.test(name)) return Buffer.from(damageXml(text(), random));
  return Buffer.from(damageText(name, text(), random));
}
