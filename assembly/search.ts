// Rows of unit length, less a mean, as signed bytes, and their dot products with queries of 16-bit integers.
// Addresses and sizes stand as 32-bit words from CONFIG on: 0 width, 1 width in codes (of 64 the next multiple), 2 rows
// of the phase, 3 first of them, 4 the rows, 5 mean, 6 scales, 7 errors, 8 codes, 9 products, 10 queries, 11 how many,
// 12 room for a row of each chunk, 13 rows of a chunk, 14 rows in all, 15 three float64 of each query: what all rows
// share, what a product counts and the slack, 16 the most that a cosine can be, by chunk, 17 chunks of all rows.

import { word } from "./config";

/**
 * Codes of one row: at most 127 steps of a scale of its own, and a bound of the length of what they miss. The bound
 * grows by 1e-7 for each number, and by 1e-6, which is more than all float32 rounding here can add up to; it is NaN
 * for a row that is not finite. A row of zeros is the mean's negative, so that its score comes out at 0.
 */
function quantise(row: usize, codes: usize, scaleAt: usize, errorAt: usize, rest: usize): void {
  const d = <u32>word(0);
  const pairs = d & ~1;
  let two = f64x2.splat(0);
  for (let j: u32 = 0; j < pairs; j += 2) {
    const value = f64x2.promote_low_f32x4(v128.load64_zero(row + (<usize>j << 2)));
    two = f64x2.add(two, f64x2.mul(value, value));
  }
  let squares = f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1);
  if (pairs < d) {
    const value = <f64>load<f32>(row + (<usize>pairs << 2));
    squares += value * value;
  }
  if (!(squares < Infinity)) {
    store<f32>(scaleAt, 0);
    store<f32>(errorAt, f32.NaN);
    return;
  }
  const inverse = squares > 0 ? 1 / sqrt<f64>(squares) : 0;
  const largest = subtractMean(row, inverse, rest);
  const padded = <u32>word(1);
  memory.fill(rest + (<usize>d << 2), 0, <usize>(padded - d) << 2);
  const scale: f32 = largest > 1e-30 ? largest / 127 : 0;
  const missed = roundAll(rest, codes, scale, scale > 0 ? 127 / largest : 0, padded);
  store<f32>(scaleAt, scale);
  store<f32>(errorAt, <f32>(sqrt<f64>(<f64>missed) * (1 + <f64>d * 1e-7) + 1e-6));
}

/** rest = row * inverse - mean, and the largest magnitude in it. */
function subtractMean(row: usize, inverse: f64, rest: usize): f32 {
  const d = <u32>word(0);
  const mean = word(5);
  const pairs = d & ~1;
  const times = f64x2.splat(inverse);
  let most = f32x4.splat(0);
  for (let j: u32 = 0; j < pairs; j += 2) {
    const off = <usize>j << 2;
    const unit = f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(row + off)), times);
    const left = f64x2.sub(unit, f64x2.promote_low_f32x4(v128.load64_zero(mean + off)));
    const narrow = f32x4.demote_f64x2_zero(left);
    most = f32x4.max(most, f32x4.abs(narrow));
    v128.store64_lane(rest + off, narrow, 0);
  }
  let largest = max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
  if (pairs < d) {
    const off = <usize>pairs << 2;
    const left = <f32>(<f64>load<f32>(row + off) * inverse - <f64>load<f32>(mean + off));
    store<f32>(rest + off, left);
    largest = max<f32>(largest, abs<f32>(left));
  }
  return largest;
}

/** Codes of all numbers of `rest`; gives the squared length of what they miss. */
function roundAll(rest: usize, codes: usize, scale: f32, inverse: f32, padded: u32): f32 {
  const step = f32x4.splat(scale);
  const times = f32x4.splat(inverse);
  let missed = f32x4.splat(0);
  for (let j: u32 = 0; j < padded; j += 16, rest += 64, codes += 16) {
    const x0 = v128.load(rest);
    const x1 = v128.load(rest, 16);
    const x2 = v128.load(rest, 32);
    const x3 = v128.load(rest, 48);
    const c0 = f32x4.nearest(f32x4.mul(x0, times));
    const c1 = f32x4.nearest(f32x4.mul(x1, times));
    const c2 = f32x4.nearest(f32x4.mul(x2, times));
    const c3 = f32x4.nearest(f32x4.mul(x3, times));
    const e0 = f32x4.sub(x0, f32x4.mul(c0, step));
    const e1 = f32x4.sub(x1, f32x4.mul(c1, step));
    const e2 = f32x4.sub(x2, f32x4.mul(c2, step));
    const e3 = f32x4.sub(x3, f32x4.mul(c3, step));
    missed = f32x4.add(missed, f32x4.add(f32x4.mul(e0, e0), f32x4.mul(e1, e1)));
    missed = f32x4.add(missed, f32x4.add(f32x4.mul(e2, e2), f32x4.mul(e3, e3)));
    const low = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(c0), i32x4.trunc_sat_f32x4_s(c1));
    const high = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(c2), i32x4.trunc_sat_f32x4_s(c3));
    v128.store(codes, i8x16.narrow_i16x8_s(low, high));
  }
  return (
    f32x4.extract_lane(missed, 0) +
    f32x4.extract_lane(missed, 1) +
    (f32x4.extract_lane(missed, 2) + f32x4.extract_lane(missed, 3))
  );
}

// @ts-ignore: decorator
@inline
function sum(four: v128): i32 {
  return (
    i32x4.extract_lane(four, 0) +
    i32x4.extract_lane(four, 1) +
    (i32x4.extract_lane(four, 2) + i32x4.extract_lane(four, 3))
  );
}

// @ts-ignore: decorator
@inline
function products(codes: usize, first: v128, second: v128): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(v128.load8x8_s(codes), first),
    i32x4.dot_i16x8_s(v128.load8x8_s(codes, 8), second),
  );
}

/**
 * Products of rows from..to with one query, in four streams that each read a quarter of the rows: hardware stops reading
 * ahead at the end of a page, and while one stream waits there the others go on. They share the loads of the query. Where
 * the rows cannot be divided by four, streams meet in some of them.
 */
function scan(query: usize, out: usize, from: u32, to: u32): void {
  const padded = word(1);
  const end = query + (padded << 1);
  const length = (to - from + 3) >> 2;
  const last = to - length;
  const second = min(from + length, last);
  const third = min(from + 2 * length, last);
  const codes = word(8);
  for (let i: u32 = 0; i < length; i++) {
    let a = codes + <usize>(from + i) * padded;
    let b = codes + <usize>(second + i) * padded;
    let c = codes + <usize>(third + i) * padded;
    let d = codes + <usize>(last + i) * padded;
    let s0 = i32x4.splat(0);
    let s1 = i32x4.splat(0);
    let s2 = i32x4.splat(0);
    let s3 = i32x4.splat(0);
    // 16 codes at a time: with more the registers do not do.
    for (let q = query; q < end; q += 32, a += 16, b += 16, c += 16, d += 16) {
      const low = v128.load(q);
      const high = v128.load(q, 16);
      s0 = i32x4.add(s0, products(a, low, high));
      s1 = i32x4.add(s1, products(b, low, high));
      s2 = i32x4.add(s2, products(c, low, high));
      s3 = i32x4.add(s3, products(d, low, high));
    }
    store<i32>(out + (<usize>(from + i) << 2), sum(s0));
    store<i32>(out + (<usize>(second + i) << 2), sum(s1));
    store<i32>(out + (<usize>(third + i) << 2), sum(s2));
    store<i32>(out + (<usize>(last + i) << 2), sum(s3));
  }
}

/**
 * The most that the cosine of a row from..to can be, by the operations of candidates.ts in their order; rows that are not
 * finite are left out. An odd last row is read with what stands behind it, which can only raise the result.
 */
function highest(figures: usize, products: usize, from: u32, to: u32): f64 {
  const offset = f64x2.splat(load<f64>(figures));
  const factor = f64x2.splat(load<f64>(figures, 8));
  const slack = f64x2.splat(load<f64>(figures, 16));
  let most = f64x2.splat(-Infinity);
  for (let row = from; row < to; row += 2) {
    const at = <usize>row << 2;
    const error = f64x2.add(f64x2.promote_low_f32x4(v128.load64_zero(word(7) + at)), slack);
    const scale = f64x2.promote_low_f32x4(v128.load64_zero(word(6) + at));
    const product = f64x2.convert_low_i32x4_s(v128.load64_zero(products + at));
    const centre = f64x2.add(offset, f64x2.mul(f64x2.mul(product, scale), factor));
    most = f64x2.pmax(most, f64x2.add(centre, error));
  }
  return max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
}

/** One chunk of a phase: 0 codes of rows that stand at word 4, 1 products of all queries. */
export function run(phase: u32, chunk: u32): void {
  const size = <u32>word(13);
  const from = chunk * size;
  const to = min(from + size, <u32>word(2));
  if (phase == 0) {
    const rest = word(12) + <usize>chunk * (word(1) << 2);
    for (let at = from; at < to; at++) {
      const row = word(3) + <usize>at;
      const place = row << 2;
      const input = word(4) + <usize>at * (word(0) << 2);
      quantise(input, word(8) + row * word(1), word(6) + place, word(7) + place, rest);
    }
  } else {
    for (let query: u32 = 0; query < <u32>word(11); query++) {
      const products = word(9) + <usize>query * (word(14) << 2);
      scan(word(10) + <usize>query * (word(1) << 1), products, from, to);
      const upper = highest(word(15) + <usize>query * 24, products, from, to);
      store<f64>(word(16) + ((<usize>query * word(17) + chunk) << 3), upper);
    }
  }
}
