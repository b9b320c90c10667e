import type { Random } from "../../../src/core/index.js";

/** Between one and six changes: bytes set, numbers at their limits, parts cut, doubled or zeroed. */
export function mutate(bytes: Uint8Array, head: number, random: Random): Uint8Array {
  let out = Buffer.from(bytes);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let changes = 1 + below(6); changes > 0; changes--) {
    const at = below(Math.max(1, Math.min(head, out.length)));
    const kind = below(8);
    if (out.length === 0) break;
    if (kind <= 2) out[at] = below(256);
    else if (kind === 3) out[at] ^= 1 << below(8);
    else if (kind === 4)
      out.fill(random() < 0.5 ? 0xff : 0, at, Math.min(out.length, at + 1 + below(8)));
    else if (kind === 5) out = out.subarray(0, random() < 0.5 ? at : out.length - below(20));
    else if (kind === 6)
      out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + below(4))]);
    else out = Buffer.concat([out.subarray(0, at), out.subarray(Math.max(0, at - below(16)))]);
  }
  return out;
}
