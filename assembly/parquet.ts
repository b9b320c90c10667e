// Words of a page of a Parquet file, from bytes that lie apart or from indices into a table of words.
// What is wrong with indices, and the number that the error names, is written to PROBLEM.

const PROBLEM: usize = 2048;
/** Writers fill the last run up to a whole number of bytes. */
const PADDING: u64 = 1024;

/** `count` words, each `step` words after the one before, whose first bytes lie together, then their second ones, and so on. */
export function join(from: usize, count: u32, to: usize, step: u32): void {
  const a = from;
  const b = a + <usize>count;
  const c = b + <usize>count;
  const d = c + <usize>count;
  let i: usize = 0;
  if (step == 1) {
    for (; i + 16 <= <usize>count; i += 16, to += 64) {
      const p = v128.load(a + i);
      const q = v128.load(b + i);
      const r = v128.load(c + i);
      const s = v128.load(d + i);
      const low = v128.shuffle<u8>(p, q, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const lowNext = v128.shuffle<u8>(p, q, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      const high = v128.shuffle<u8>(r, s, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const highNext = v128.shuffle<u8>(r, s, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      v128.store(to, v128.shuffle<u16>(low, high, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(to, v128.shuffle<u16>(low, high, 4, 12, 5, 13, 6, 14, 7, 15), 16);
      v128.store(to, v128.shuffle<u16>(lowNext, highNext, 0, 8, 1, 9, 2, 10, 3, 11), 32);
      v128.store(to, v128.shuffle<u16>(lowNext, highNext, 4, 12, 5, 13, 6, 14, 7, 15), 48);
    }
  }
  for (; i < <usize>count; i++, to += <usize>step << 2) {
    const low = <u32>load<u8>(a + i) | (<u32>load<u8>(b + i) << 8);
    store<u32>(to, low | (<u32>load<u8>(c + i) << 16) | (<u32>load<u8>(d + i) << 24));
  }
}

// @ts-ignore: decorator
@inline
function fail(problem: u32, number: u64): u32 {
  store<f64>(PROBLEM, <f64>number);
  return problem;
}

/**
 * `count` words of a table of `length` words, by runs of indices of `width` bits, 1 to 24, that lie before `end`. Returns 0, or what is
 * wrong: 1 that the runs end after so many, 2 a run of too many, 3 a run of bytes that are not there, 4 an index beyond the table.
 */
export function lookUp(
  from: usize,
  end: usize,
  width: u32,
  table: usize,
  length: u32,
  to: usize,
  count: u32,
): u32 {
  const mask: u32 = (1 << width) - 1;
  const wide: usize = (<usize>width + 7) >> 3;
  let seen: u64 = 0;
  while (seen < <u64>count) {
    let header: u64 = 0;
    for (let shift: u64 = 0; ; shift += 7) {
      if (from >= end || shift > 28) return fail(1, seen);
      const byte = <u64>load<u8>(from++);
      header |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const isPacked = (header & 1) == 1;
    const groups = header >> 1;
    const run = isPacked ? groups << 3 : groups;
    const left = <u64>count - seen;
    if (run > left + (isPacked ? PADDING : 0)) return fail(2, run);
    const bytes = isPacked ? <usize>groups * <usize>width : wide;
    if (bytes > end - from) return fail(3, bytes);
    const part = <usize>min(run, left);
    const last = to + (part << 2);
    if (isPacked) {
      for (let group = from; to < last; group += <usize>width) {
        const stop = min(last, to + 32);
        for (let bit: u32 = 0; to < stop; to += 4, bit += width) {
          const index = (load<u32>(group + <usize>(bit >> 3)) >> (bit & 7)) & mask;
          if (index >= length) return fail(4, index);
          store<u32>(to, load<u32>(table + (<usize>index << 2)));
        }
      }
    } else if (part > 0) {
      const index = load<u32>(from) & ((1 << (<u32>wide << 3)) - 1);
      if (index >= length) return fail(4, index);
      const word = load<u32>(table + (<usize>index << 2));
      for (; to < last; to += 4) store<u32>(to, word);
    }
    from += bytes;
    seen += run;
  }
  return 0;
}
