import { FormatError } from "../../core/errors.js";
import { readNpy } from "./npy.js";
import type { NpyArray } from "./npy.js";
import { cutLine, quote } from "../../core/shown.js";
import { bytesSource, withSource } from "../bytes/source.js";
import type { ByteSource } from "../bytes/source.js";
import { openZip, readEntry } from "../bytes/zip.js";

/** Arrays of zeros pack to a thousandth; so do bombs. */
const largestRatio = 100;
const ratioAllowance = 256 * 1024 * 1024;

/** How an archive is read. */
export interface NpzOptions {
  /** Most bytes that the arrays may unpack to together. Default 256 MiB or 100 times the file, whichever is more. */
  mostUnpacked?: number;
}

/**
 * Reads the arrays of an .npz file, stored or packed, by name without ".npy". Throws FormatError for a damaged archive,
 * for arrays as `readNpy` does, and where they unpack to more than `mostUnpacked` bytes.
 */
export async function readNpz(
  input: string | ByteSource,
  options: NpzOptions = {},
): Promise<Map<string, NpyArray>> {
  return withSource(input, async (source) => {
    const { name, byteLength } = source;
    const { mostUnpacked = Math.max(ratioAllowance, byteLength * largestRatio) } = options;
    const archive = await openZip(source);
    let left = mostUnpacked;
    const arrays = new Map<string, NpyArray>();
    for (const entry of archive.entries.values()) {
      if (!entry.name.endsWith(".npy")) {
        throw new FormatError(name, `contains ${quote(entry.name)}, expected .npy files only`);
      }
      left -= entry.size;
      if (left < 0) {
        throw new FormatError(name, `unpacks to over ${mostUnpacked} bytes from ${byteLength}`);
      }
      const bytes = await readEntry(archive, entry, mostUnpacked);
      const array = await readNpy(bytesSource(`${name}: ${cutLine(entry.name)}`, bytes));
      arrays.set(entry.name.slice(0, -".npy".length), array);
    }
    return arrays;
  });
}
