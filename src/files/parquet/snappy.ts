/** Literals from this length on are moved as a block, shorter ones byte by byte. */
const BLOCK = 64;

/**
 * Fills `output` from bytes that Snappy packed. Throws Error where they are damaged or make another length.
 * Format: https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unpackSnappy(input: Uint8Array, output: Uint8Array): void {
  let at = 0;
  let to = 0;
  const number = (bytes: number): number => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += input[at++] * 256 ** i;
    return value;
  };
  // The length comes first, which is known.
  while (input[at++] >= 0x80);
  while (at < input.length) {
    const tag = input[at++];
    let length = (tag >>> 2) + 1;
    let offset = 0;
    if ((tag & 3) === 0) {
      if (length > 60) length = 1 + number(length - 60);
    } else if ((tag & 3) === 1) {
      length = ((tag >>> 2) & 7) + 4;
      offset = ((tag >>> 5) << 8) + input[at++];
    } else offset = number((tag & 3) === 2 ? 2 : 4);
    const isLiteral = (tag & 3) === 0;
    const isThere = isLiteral ? at + length <= input.length : offset > 0 && offset <= to;
    if (!isThere || !(to + length <= output.length)) {
      throw new Error(`damaged Snappy at byte ${at} of ${input.length}`);
    }
    const end = to + length;
    if (!isLiteral) for (; to < end; to++) output[to] = output[to - offset];
    else if (length < BLOCK) while (to < end) output[to++] = input[at++];
    else {
      output.set(input.subarray(at, at + length), to);
      at += length;
      to = end;
    }
  }
  if (to !== output.length) throw new Error(`Snappy of ${to} bytes, expected ${output.length}`);
}
