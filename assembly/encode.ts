// The first pass of encoding: rows as bytes, the latents that an int8 product leaves in question, and their exact
// pre-activations. src/engine/onnx/first-pass.ts states the bound and proves it.
// Sizes and addresses stand as 32-bit words from CONFIG on: 0 width, 1 latents (the next multiple of 64), 2 k, 3 rows, 4 rows of
// a chunk, 5 floats of a laid-out row, 6 input, 7 pre-bias, 8 bytes, 9 laid-out rows, 10 four numbers of each row, 11 laid-out
// weights, 12 five numbers of each latent, one array after the other, 13 integer products, 14 room of each chunk, 15 its bytes,
// 16 indices, 17 values, 18 which rows failed, 19 most candidates of a row, 20 latents of a stretch, 21 slack of a sum as float32.

import { number, word } from "./config";

/** ONNX Runtime sums this many products in a row, then adds that sum to the pre-activation. */
const BLOCK: u32 = 128;
const LARGEST: f32 = 1e15;

/** Writes a row less the pre-bias in the order of `exact`, four blocks side by side, and as bytes around 128. */
function placeRow(row: u32): void {
  const d = <u32>word(0);
  const size = <u32>word(5);
  const x = word(6) + ((<usize>row * d) << 2);
  const bias = word(7);
  const out = word(9) + ((<usize>row * size) << 2);
  const bytes = word(8) + <usize>row * d;
  const stats = word(10) + (<usize>row << 4);
  let most: f32 = 0;
  let squares: f64 = 0;
  memory.fill(out, 0, <usize>size << 2);
  for (let j: u32 = 0; j < d; j++) {
    const value = load<f32>(x + (<usize>j << 2)) - load<f32>(bias + (<usize>j << 2));
    store<f32>(out + (place(j) << 2), value);
    most = max<f32>(most, abs<f32>(value));
    squares += <f64>value * <f64>value;
  }
  const length = <f32>sqrt<f64>(squares);
  const fine = length <= LARGEST && most == most;
  store<u8>(word(18) + row, fine ? 0 : 1);
  const scale: f32 = fine && most > 1e-30 ? most / 127 : 0;
  const inverse: f32 = scale > 0 ? 127 / most : 0;
  let missed: f64 = 0;
  for (let j: u32 = 0; j < d; j++) {
    const value = load<f32>(out + (place(j) << 2));
    const code = fine ? nearest<f32>(value * inverse) : 0;
    const rest = <f64>value - <f64>code * <f64>scale;
    missed += rest * rest;
    store<u8>(bytes + j, <u8>(<i32>code + 128));
  }
  // Of sums in float64; the factors cover the rounding of these few numbers and of their use below.
  const rest = <f32>sqrt<f64>(missed) * 1.00001;
  const reach = (length + rest) * 1.00001;
  store<f32>(stats, scale);
  store<f32>(stats, reach * (1 + number(21)), 4);
  store<f32>(stats, (rest + reach * number(21)) * 1.00001, 8);
}

/** Where element j of a row stands: the same element of four blocks side by side. */
// @ts-ignore: decorator
@inline
function place(j: u32): usize {
  const block = j / BLOCK;
  return <usize>(block >> 2) * (4 * BLOCK) + ((<usize>(j % BLOCK) << 2) | (block & 3));
}

/** A number that at least k of `count` numbers reach, near the k-th largest; without branches on them. Reads up to the next four. */
function barOf(at: usize, count: u32, k: u32): f32 {
  const end = at + (<usize>count << 2);
  for (let pad: usize = 0; pad < 12; pad += 4) store<f32>(end + pad, -Infinity);
  let most = f32x4.splat(-Infinity);
  let least = f32x4.splat(Infinity);
  const lowest = f32x4.splat(-3e38);
  for (let p = at; p < end; p += 16) {
    const four = v128.load(p);
    most = f32x4.pmax(most, four);
    // Those that stand for no latent are minus infinity.
    least = f32x4.pmin(least, v128.bitselect(four, f32x4.splat(Infinity), f32x4.gt(four, lowest)));
  }
  let low = min<f32>(
    min<f32>(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)),
    min<f32>(f32x4.extract_lane(least, 2), f32x4.extract_lane(least, 3)),
  );
  let high = max<f32>(
    max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  if (reaching(at, end, low) < k) return -Infinity;
  for (let step = 0; step < 12; step++) {
    const middle = low + (high - low) / 2;
    if (reaching(at, end, middle) >= k) low = middle;
    else high = middle;
  }
  return low;
}

function reaching(at: usize, end: usize, bar: f32): u32 {
  const bars = f32x4.splat(bar);
  let counts = i32x4.splat(0);
  for (; at < end; at += 16) counts = i32x4.sub(counts, f32x4.ge(v128.load(at), bars));
  return (
    i32x4.extract_lane(counts, 0) +
    i32x4.extract_lane(counts, 1) +
    (i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3))
  );
}

/**
 * Lists the latents whose upper bound reaches a number that k lower bounds reach: `list` gets them, `lows` their lower
 * bounds. Gives how many there are, or -1 for more than may be.
 */
function select(row: u32, uppers: usize, maxima: usize, list: usize, lows: usize): i32 {
  const n = <u32>word(1);
  const k = <u32>word(2);
  const stats = word(10) + (<usize>row << 4);
  const scale = v128.load32_splat(stats);
  const p = v128.load32_splat(stats + 4);
  const q = v128.load32_splat(stats + 8);
  const table = word(12);
  const size = <usize>n << 2;
  const products = word(13) + <usize>row * size;
  const step = word(20) << 2;
  let maximum = maxima;
  for (let at: usize = 0; at < size; ) {
    let best = f32x4.splat(-Infinity);
    for (const end = at + step; at < end; at += 16) {
      const product = f32x4.convert_i32x4_s(v128.load(products + at));
      const scaled = f32x4.mul(scale, f32x4.mul(v128.load(table + at), product));
      const score = f32x4.add(scaled, v128.load(table + size + at));
      const a = f32x4.mul(p, v128.load(table + 2 * size + at));
      const b = f32x4.mul(q, v128.load(table + 3 * size + at));
      const bound = f32x4.add(f32x4.add(a, b), v128.load(table + 4 * size + at));
      v128.store(uppers + at, f32x4.add(score, bound));
      best = f32x4.pmax(best, f32x4.sub(score, bound));
    }
    v128.store(maximum, best);
    maximum += 16;
  }
  let bar = barOf(maxima, <u32>((maximum - maxima) >> 2), k);
  const most = <u32>word(19);
  let count: u32 = 0;
  const bars = f32x4.splat(bar);
  for (let at: usize = 0; at < size; at += 16) {
    let hits = i32x4.bitmask(f32x4.ge(v128.load(uppers + at), bars));
    for (; hits != 0; hits &= hits - 1) {
      if (count >= most) return -1;
      const f = at + (<usize>ctz(hits) << 2);
      store<u32>(list + (<usize>count << 2), <u32>(f >> 2));
      count++;
    }
  }
  // The same with the lower bounds of those alone.
  for (let c: u32 = 0; c < count; c++) {
    const f = <usize>load<u32>(list + (<usize>c << 2)) << 2;
    const bound =
      load<f32>(stats, 4) * load<f32>(table + 2 * size + f) +
      load<f32>(stats, 8) * load<f32>(table + 3 * size + f) +
      load<f32>(table + 4 * size + f);
    const scaled = load<f32>(stats) * (load<f32>(table + f) * <f32>load<i32>(products + f));
    store<f32>(lows + (<usize>c << 2), scaled + load<f32>(table + size + f) - bound);
  }
  bar = max<f32>(bar, barOf(lows, count, k));
  let kept: u32 = 0;
  for (let c: u32 = 0; c < count; c++) {
    const f = load<u32>(list + (<usize>c << 2));
    if (load<f32>(uppers + (<usize>f << 2)) >= bar) {
      store<u32>(list + (<usize>kept << 2), f);
      kept++;
    }
  }
  return <i32>kept;
}

// @ts-ignore: decorator
@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

// @ts-ignore: decorator
@inline
function addBlocks(sum: f32, four: v128, left: u32): f32 {
  sum += f32x4.extract_lane(four, 0);
  if (left > 1) sum += f32x4.extract_lane(four, 1);
  if (left > 2) sum += f32x4.extract_lane(four, 2);
  if (left > 3) sum += f32x4.extract_lane(four, 3);
  return sum;
}

/** Pre-activations of one latent for four rows, as ONNX Runtime's product rounds them. */
function exact(weights: usize, bias: f32, rows: usize, out: usize): void {
  const blocks = (<u32>word(0) + BLOCK - 1) / BLOCK;
  const end = weights + (word(5) << 2);
  // Of narrower rows the rest of a block is zeros.
  const length = min<usize>(word(0), BLOCK) << 4;
  let x0 = <usize>load<u32>(rows);
  let x1 = <usize>load<u32>(rows, 4);
  let x2 = <usize>load<u32>(rows, 8);
  let x3 = <usize>load<u32>(rows, 12);
  let s0 = bias;
  let s1 = bias;
  let s2 = bias;
  let s3 = bias;
  for (let left = blocks; weights < end; left -= 4) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let a2 = f32x4.splat(0);
    let a3 = f32x4.splat(0);
    for (let j: usize = 0; j < length; j += 16) {
      const w = v128.load(weights + j);
      a0 = fma(v128.load(x0 + j), w, a0);
      a1 = fma(v128.load(x1 + j), w, a1);
      a2 = fma(v128.load(x2 + j), w, a2);
      a3 = fma(v128.load(x3 + j), w, a3);
    }
    s0 = addBlocks(s0, a0, left);
    s1 = addBlocks(s1, a1, left);
    s2 = addBlocks(s2, a2, left);
    s3 = addBlocks(s3, a3, left);
    weights += BLOCK << 4;
    x0 += BLOCK << 4;
    x1 += BLOCK << 4;
    x2 += BLOCK << 4;
    x3 += BLOCK << 4;
    if (left <= 4) break;
  }
  store<f32>(out, s0);
  store<f32>(out, s1, 4);
  store<f32>(out, s2, 8);
  store<f32>(out, s3, 12);
}

/** The k largest of a row's candidates, by value and then by latent. */
function takeBest(row: u32, list: usize, found: usize, count: u32): void {
  const k = <u32>word(2);
  const indices = word(16) + ((<usize>row * k) << 2);
  const values = word(17) + ((<usize>row * k) << 2);
  let kept: u32 = 0;
  for (let c: u32 = 0; c < count; c++) {
    const value = load<f32>(found + (<usize>c << 2));
    if (kept == k && !(value > load<f32>(values + (<usize>(k - 1) << 2)))) continue;
    let at = kept < k ? kept++ : k - 1;
    for (; at > 0 && load<f32>(values + (<usize>(at - 1) << 2)) < value; at--) {
      store<f32>(values + (<usize>at << 2), load<f32>(values + (<usize>(at - 1) << 2)));
      store<u32>(indices + (<usize>at << 2), load<u32>(indices + (<usize>(at - 1) << 2)));
    }
    store<f32>(values + (<usize>at << 2), value);
    store<u32>(indices + (<usize>at << 2), load<u32>(list + (<usize>c << 2)));
  }
  for (let j: u32 = 0; j < k; j++) {
    const at = values + (<usize>j << 2);
    store<f32>(at, max<f32>(load<f32>(at), 0));
  }
}

/** Codes of some rows: candidates of each, their pre-activations latent by latent, the best of each. */
function encodeRows(from: u32, to: u32, room: usize): void {
  const n = word(1);
  const most = word(19);
  const rows = <usize>(to - from);
  const uppers = room;
  const maxima = uppers + (n << 2);
  const lows = maxima + (n << 2);
  const counts = lows + ((most + 4) << 2);
  const starts = counts + (rows << 2);
  const lists = starts + ((n + 2) << 2);
  const found = lists + ((rows * most) << 2);
  const pairs = found + ((rows * most) << 2);
  memory.fill(starts, 0, (n + 2) << 2);
  for (let i: u32 = 0; i < <u32>rows; i++) {
    const failed = word(18) + from + i;
    const list = lists + ((<usize>i * most) << 2);
    let count: i32 = load<u8>(failed) == 0 ? select(from + i, uppers, maxima, list, lows) : -1;
    if (count < <i32>word(2)) {
      store<u8>(failed, 1);
      count = 0;
    }
    store<u32>(counts + (<usize>i << 2), count);
    for (let c: i32 = 0; c < count; c++) {
      const start = starts + ((<usize>load<u32>(list + (<usize>c << 2)) + 2) << 2);
      store<u32>(start, load<u32>(start) + 1);
    }
  }
  for (let f: usize = 0; f < n; f++) {
    const start = starts + ((f + 2) << 2);
    store<u32>(start, load<u32>(start) + load<u32>(starts + ((f + 1) << 2)));
  }
  for (let i: usize = 0; i < rows; i++) {
    const count = <usize>load<u32>(counts + (i << 2));
    for (let c = i * most; c < i * most + count; c++) {
      const start = starts + ((<usize>load<u32>(lists + (c << 2)) + 1) << 2);
      const at = load<u32>(start);
      store<u32>(start, at + 1);
      store<u32>(pairs + (<usize>at << 2), <u32>c);
    }
  }
  const size = word(5) << 2;
  const four = maxima;
  const sums = maxima + 16;
  for (let f: usize = 0; f < n; f++) {
    const end = load<u32>(starts + ((f + 1) << 2));
    for (let at = load<u32>(starts + (f << 2)); at < end; at += 4) {
      const here = min<u32>(4, end - at);
      for (let j: u32 = 0; j < 4; j++) {
        const pair = <usize>load<u32>(pairs + (<usize>(at + min(j, here - 1)) << 2));
        store<u32>(four + (<usize>j << 2), <u32>(word(9) + (<usize>from + pair / most) * size));
      }
      exact(word(11) + f * size, load<f32>(word(12) + ((n + f) << 2)), four, sums);
      for (let j: u32 = 0; j < here; j++) {
        const pair = <usize>load<u32>(pairs + (<usize>(at + j) << 2));
        store<f32>(found + (pair << 2), load<f32>(sums + (<usize>j << 2)));
      }
    }
  }
  for (let i: u32 = 0; i < <u32>rows; i++) {
    const count = load<u32>(counts + (<usize>i << 2));
    const first = (<usize>i * most) << 2;
    if (count > 0) takeBest(from + i, lists + first, found + first, count);
  }
}

/** One chunk of a phase: 0 rows as bytes, 1 codes of rows. */
export function run(phase: u32, chunk: u32): void {
  const from = chunk * <u32>word(4);
  const to = min(from + <u32>word(4), <u32>word(3));
  if (phase == 0) {
    for (let row = from; row < to; row++) placeRow(row);
  } else {
    encodeRows(from, to, word(14) + <usize>chunk * word(15));
  }
}
