import type { Random } from "../../../src/core/index.js";
import { bytesSource, openZip, readEntry } from "../../../src/files/bytes/index.js";
import { type ZipPart, makeZip } from "../zip.js";
import { chooser, damageList } from "./choose.js";

/**
 * An archive with an entry missing, twice, renamed, cut, emptied, or in another's place, or with a directory that lies; the
 * checksums are right. Else the content of an entry is what `damageEntry` makes of it.
 */
export async function damageZip(
  bytes: Uint8Array,
  random: Random,
  damageEntry: (name: string, content: Uint8Array, random: Random) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const choose = chooser(random);
  const archive = await openZip(bytesSource("whole", bytes));
  let parts: ZipPart[] = [];
  for (const entry of archive.entries.values()) {
    const content = await readEntry(archive, entry, entry.size);
    parts.push({ name: entry.name, content, deflate: entry.method === 8 });
  }
  const at = choose.below(parts.length);
  const part = parts[at];
  const { length } = part.content;
  const lies = [0, 1, length + 1, 2 * length, 2 ** 31, 2 ** 32 - 1];
  switch (choose.below(12)) {
    case 0:
      parts = damageList(parts, choose);
      break;
    case 1:
      part.content = part.content.subarray(0, choose.below(length + 1));
      break;
    case 2:
      part.content = Buffer.concat([part.content, Buffer.alloc(choose.of([1, 64]))]);
      break;
    case 3:
      part.name = choose.of(["", "x", "../x", parts[0].name, `${part.name}/`, "__proto__"]);
      break;
    case 4: {
      const field = choose.of(["size", "compressedSize", "offset", "flags"] as const);
      part[field] = field === "flags" ? choose.of([1, 8, 0xffff]) : choose.of(lies);
      break;
    }
    case 5:
      part.content = choose.of(parts).content;
      break;
    default: {
      const chosen = choose.of(parts);
      chosen.content = await damageEntry(chosen.name, chosen.content, random);
    }
  }
  const count = choose.chance(0.05) ? choose.of([0, parts.length + 1, 65_535]) : undefined;
  return makeZip(parts, { count });
}
