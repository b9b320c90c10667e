// UMAP's weights and its layout, in arithmetic that IEEE 754 fixes to the bit: no function of the host.
// https://arxiv.org/abs/1802.03426
// Addresses and sizes stand as 32-bit words from CONFIG on: 0 rows of a chunk, 1 first row of the phase, 2 end of them,
// 3 neighbours of a row, 4 distances, ascending, negative where there is none, 5 their weights, 6 first entry of each
// row, 7 entries' other rows, 8 how often an entry is drawn in a round, 9 places, 10 next places, 11 rows that entries
// are repelled from, 12 round, 13 seed, 14 a and 15 b of the curve, 16 step.

import { number, word } from "./config";

const MOST_FORCE: f32 = 4;
/** Added to a squared distance, so that repulsion stays finite. */
const SOFT: f32 = 0.001;

/** e^x for x up to 700, with a relative error under 1e-13. */
export function exp(x: f64): f64 {
  if (x < -700) return 0;
  const whole = nearest<f64>(x * 1.4426950408889634);
  const r = x - whole * 0.6931471803691238 - whole * 1.9082149292705877e-10;
  let sum: f64 = 1 + r / 12;
  sum = 1 + r * sum * (1.0 / 11);
  sum = 1 + r * sum * (1.0 / 10);
  sum = 1 + r * sum * (1.0 / 9);
  sum = 1 + r * sum * (1.0 / 8);
  sum = 1 + r * sum * (1.0 / 7);
  sum = 1 + r * sum * (1.0 / 6);
  sum = 1 + r * sum * (1.0 / 5);
  sum = 1 + r * sum * (1.0 / 4);
  sum = 1 + r * sum * (1.0 / 3);
  sum = 1 + r * sum * (1.0 / 2);
  sum = 1 + r * sum;
  return sum * reinterpret<f64>((1023 + <i64>whole) << 52);
}

/** Natural logarithm of a normal number above 0, with an absolute error under 1e-13. */
export function log(x: f64): f64 {
  const bits = reinterpret<i64>(x) - 0x3fe6a09e667f3bcd;
  const m = reinterpret<f64>((bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let sum: f64 = 1.0 / 17;
  sum = sum * z + 1.0 / 15;
  sum = sum * z + 1.0 / 13;
  sum = sum * z + 1.0 / 11;
  sum = sum * z + 1.0 / 9;
  sum = sum * z + 1.0 / 7;
  sum = sum * z + 1.0 / 5;
  sum = sum * z + 1.0 / 3;
  sum = sum * z + 1;
  return <f64>(bits >> 52) * 0.6931471805599453 + 2 * s * sum;
}

/** q^b for each of four normal q above 0, with a relative error under 4e-6 for results from 1e-9 to 1e9. */
// @ts-ignore: decorator
@inline
function power(q: v128, b: f32): v128 {
  const bits = i32x4.sub(q, i32x4.splat(0x3f3504f3));
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const one = f32x4.splat(1);
  const s = f32x4.div(f32x4.sub(m, one), f32x4.add(m, one));
  const z = f32x4.mul(s, s);
  let log2 = f32x4.splat(0.41219858);
  log2 = f32x4.add(f32x4.mul(log2, z), f32x4.splat(0.57707802));
  log2 = f32x4.add(f32x4.mul(log2, z), f32x4.splat(0.96179669));
  log2 = f32x4.add(f32x4.mul(log2, z), f32x4.splat(2.8853901));
  const exponent = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
  const y = f32x4.mul(f32x4.splat(b), f32x4.add(exponent, f32x4.mul(log2, s)));
  const whole = f32x4.nearest(y);
  const r = f32x4.sub(y, whole);
  let sum = f32x4.splat(0.00015403530);
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(0.0013333558));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(0.0096181291));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(0.055504109));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(0.24022651));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(0.69314718));
  sum = f32x4.add(f32x4.mul(sum, r), one);
  return i32x4.add(sum, i32x4.shl(i32x4.trunc_sat_f32x4_s(whole), 23));
}

/** As `power`, of one number. */
export function powerOf(q: f32, b: f32): f32 {
  return f32x4.extract_lane(power(f32x4.splat(q), b), 0);
}

/** Weights of a row's neighbours: e^-((distance - nearest) / scale), with the scale at which they sum to log2(1 + count). */
function weigh(row: u32): void {
  const count = <u32>word(3);
  const distances = word(4) + (<usize>row * count << 2);
  const weights = word(5) + (<usize>row * count << 2);
  let nearestAbove: f64 = 0;
  let total: f64 = 0;
  let size: u32 = 0;
  for (; size < count; size++) {
    const distance = <f64>load<f32>(distances + (<usize>size << 2));
    if (distance < 0) break;
    if (nearestAbove == 0) nearestAbove = distance;
    total += distance;
  }
  const wanted = log(<f64>size + 1) * 1.4426950408889634;
  let low: f64 = 0;
  let high: f64 = Infinity;
  let scale: f64 = 1;
  for (let trial = 0; trial < 64; trial++) {
    let sum: f64 = 0;
    for (let at: u32 = 0; at < size; at++) {
      const above = <f64>load<f32>(distances + (<usize>at << 2)) - nearestAbove;
      sum += above > 0 ? exp(-above / scale) : 1;
    }
    if (abs(sum - wanted) < 1e-5) break;
    if (sum > wanted) high = scale;
    else low = scale;
    scale = high == Infinity ? scale * 2 : (low + high) / 2;
  }
  scale = max(scale, (1e-3 * total) / (<f64>size + 1));
  for (let at: u32 = 0; at < size; at++) {
    const above = <f64>load<f32>(distances + (<usize>at << 2)) - nearestAbove;
    store<f32>(weights + (<usize>at << 2), above > 0 ? <f32>exp(-above / scale) : 1);
  }
}

// @ts-ignore: decorator
@inline
function drawn(rate: f32, round: f32, ahead: f32): bool {
  return floor<f32>(rate * (round + 1) + ahead) > floor<f32>(rate * round + ahead);
}

let state: u64 = 0;

/**
 * Sum of the forces of four others on a row at `place` (x, y, x, y), in the same form: those that `attracts` marks pull,
 * the rest push; only those that `counts` marks act.
 */
// @ts-ignore: decorator
@inline
function forces(place: v128, one: u32, two: u32, three: u32, four: u32, attracts: v128, counts: v128): v128 {
  const places = word(9);
  let left = v128.load64_zero(places + (<usize>one << 3));
  left = v128.load64_lane(places + (<usize>two << 3), left, 1);
  let right = v128.load64_zero(places + (<usize>three << 3));
  right = v128.load64_lane(places + (<usize>four << 3), right, 1);
  left = f32x4.sub(place, left);
  right = f32x4.sub(place, right);
  const dx = v128.shuffle<f32>(left, right, 0, 2, 4, 6);
  const dy = v128.shuffle<f32>(left, right, 1, 3, 5, 7);
  const a = number(14);
  const b = number(15);
  const tiny = f32x4.splat(1e-30);
  const squared = f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy));
  const q = f32x4.max(squared, tiny);
  const raised = power(q, b);
  const together = f32x4.mul(f32x4.splat(-2 * a * b), raised);
  const below = f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.splat(a), raised));
  const soft = v128.bitselect(q, f32x4.add(q, f32x4.splat(SOFT)), attracts);
  const above = v128.bitselect(together, f32x4.splat(2 * b), attracts);
  const acts = v128.and(counts, f32x4.gt(squared, tiny));
  const force = v128.and(f32x4.div(above, f32x4.mul(soft, below)), acts);
  const most = f32x4.splat(MOST_FORCE);
  const least = f32x4.splat(-MOST_FORCE);
  const fx = f32x4.max(least, f32x4.min(most, f32x4.mul(force, dx)));
  const fy = f32x4.max(least, f32x4.min(most, f32x4.mul(force, dy)));
  const halves = f32x4.add(v128.shuffle<f32>(fx, fy, 0, 4, 2, 6), v128.shuffle<f32>(fx, fy, 1, 5, 3, 7));
  return f32x4.add(halves, v128.shuffle<f32>(halves, halves, 2, 3, 0, 1));
}

/** Any of the rows that repel but `row` itself. */
// @ts-ignore: decorator
@inline
function anyOther(row: u32): u32 {
  const rows = <u32>word(11);
  state = state * 6364136223846793005 + 1442695040888963407;
  const among: u64 = row < rows ? rows - 1 : rows;
  const found = <u32>(((state >> 32) * among) >> 32);
  return found >= row ? found + 1 : found;
}

/**
 * One round of a row, from the places that the round before left: each entry is drawn as head, when five others push
 * too, and as tail, half a period apart.
 */
function move(row: u32): void {
  let place = v128.load64_splat(word(9) + (<usize>row << 3));
  const round = <f32>(<u32>word(12));
  const step = f32x4.splat(number(16));
  // SplitMix64 of seed, round and row.
  state = ((<u64>word(13)) << 32) ^ ((<u64>word(12) + 1) * 0x9e3779b97f4a7c15) ^ <u64>row;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  const none = i32x4.splat(0);
  const all = i32x4.splat(-1);
  const first = i32x4(-1, 0, 0, 0);
  const half = i32x4(-1, -1, 0, 0);
  const offsets = word(6) + (<usize>row << 2);
  const end = load<u32>(offsets, 4);
  for (let at = load<u32>(offsets); at < end; at++) {
    const rate = load<f32>(word(8) + (<usize>at << 2));
    const other = load<u32>(word(7) + (<usize>at << 2));
    const ahead: f32 = other > row ? 0 : 0.5;
    if (drawn(rate, round, ahead)) {
      const one = forces(place, other, anyOther(row), anyOther(row), anyOther(row), first, all);
      const two = forces(place, anyOther(row), anyOther(row), row, row, none, half);
      place = f32x4.add(place, f32x4.mul(step, f32x4.add(one, two)));
    }
    if (drawn(rate, round, 0.5 - ahead)) {
      place = f32x4.add(place, f32x4.mul(step, forces(place, other, row, row, row, first, first)));
    }
  }
  v128.store64_lane(word(10) + (<usize>row << 3), place, 0);
}

/** One chunk of a phase: 0 weights of rows, 1 a round of the layout. */
export function run(phase: u32, chunk: u32): void {
  const size = <u32>word(0);
  const from = <u32>word(1) + chunk * size;
  const to = min(from + size, <u32>word(2));
  for (let row = from; row < to; row++) {
    if (phase == 0) weigh(row);
    else move(row);
  }
}
