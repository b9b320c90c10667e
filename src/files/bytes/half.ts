/** The float32 of every float16, as bits: a number that is loaded and stored is converted to float64 and back. */
let table: Uint32Array | undefined;

/** Values of IEEE half precision (float16) bit patterns, written to `target` from `at` on. */
export function decodeFloat16(bits: Uint16Array, target: Float32Array, at = 0): void {
  table ??= new Uint32Array(buildTable().buffer);
  const values = table;
  const out = new Uint32Array(target.buffer, target.byteOffset, target.length);
  // Two at a time, where they start at a whole word.
  const pairs = bits.byteOffset % 4 === 0 ? bits.length >> 1 : 0;
  const words = new Uint32Array(bits.buffer, pairs > 0 ? bits.byteOffset : 0, pairs);
  for (let i = 0, to = at; i < pairs; i++, to += 2) {
    const word = words[i];
    out[to] = values[word & 0xffff];
    out[to + 1] = values[word >>> 16];
  }
  for (let i = 2 * pairs; i < bits.length; i++) out[at + i] = values[bits[i]];
}

/** Values of bfloat16 bit patterns (the upper half of a float32), written to `target` from `at` on. */
export function decodeBfloat16(bits: Uint16Array, target: Float32Array, at = 0): void {
  const words = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < bits.length; i++) words[at + i] = bits[i] << 16;
}

/**
 * Values as float16 bit patterns, rounded to nearest, ties to even; from 65,520 on they become infinite, and NaN
 * stays NaN.
 */
export function encodeFloat16(values: ArrayLike<number>): Uint16Array {
  const out = new Uint16Array(values.length);
  const single = new Float32Array(1);
  const word = new Uint32Array(single.buffer);
  for (let i = 0; i < values.length; i++) {
    single[0] = values[i];
    out[i] = halfBits(word[0]);
  }
  return out;
}

/** Values as bfloat16 bit patterns, rounded to nearest, ties to even; NaN stays NaN. */
export function encodeBfloat16(values: ArrayLike<number>): Uint16Array {
  const out = new Uint16Array(values.length);
  const single = new Float32Array(1);
  const word = new Uint32Array(single.buffer);
  for (let i = 0; i < values.length; i++) {
    single[0] = values[i];
    const bits = word[0];
    const isNaNBits = (bits & 0x7fffffff) > 0x7f800000;
    out[i] = isNaNBits ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return out;
}

function halfBits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // Normal: rebias the exponent by 127 - 15 and round the 13 dropped bits to even.
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa - kept * 2 ** shift;
  const half = 2 ** (shift - 1);
  const up = rest > half || (rest === half && (kept & 1) === 1);
  return sign | (kept + (up ? 1 : 0));
}

function buildTable(): Float32Array {
  const values = new Float32Array(1 << 16);
  for (let bits = 0; bits < values.length; bits++) {
    const sign = bits >> 15 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const mantissa = bits & 1023;
    if (exponent === 0) values[bits] = sign * mantissa * 2 ** -24;
    else if (exponent === 31) values[bits] = mantissa ? NaN : sign * Infinity;
    else values[bits] = sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  }
  return values;
}
