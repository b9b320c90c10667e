// The sparse parts of a training step. Addresses and sizes stand as 32-bit words from CONFIG on; every kernel works
// on one chunk whose bounds depend on the sizes alone, so that no result depends on the number of threads.

import { CONFIG, number, word } from "./config";

/** The sum of two accumulators' lanes, in one order everywhere. */
// @ts-ignore: decorator
@inline
function lanes(first: v128, second: v128): f32 {
  const both = f32x4.add(first, second);
  return (
    f32x4.extract_lane(both, 0) +
    f32x4.extract_lane(both, 1) +
    (f32x4.extract_lane(both, 2) + f32x4.extract_lane(both, 3))
  );
}

function dot(a: usize, b: usize, d: u32): f32 {
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  const end = a + (<usize>(d & ~7) << 2);
  while (a < end) {
    first = f32x4.add(first, f32x4.mul(v128.load(a), v128.load(b)));
    second = f32x4.add(second, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    a += 32;
    b += 32;
  }
  return addRest(lanes(first, second), a, b, d & 7);
}

function addRest(sum: f32, a: usize, b: usize, count: u32): f32 {
  const last = a + (<usize>count << 2);
  for (; a < last; a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}

/** Dot products of `a` with the row of each entry from `list` to `end`, as `dot` sums them, stored where the entry says. */
function dots(a: usize, list: usize, end: usize, d: u32): void {
  const whole = <usize>(d & ~7) << 2;
  // Four at a time: each of their sums waits for the one before it.
  for (; list + 64 <= end; list += 64) {
    const b0 = <usize>load<u32>(list), b1 = <usize>load<u32>(list, 16);
    const b2 = <usize>load<u32>(list, 32), b3 = <usize>load<u32>(list, 48);
    let f0 = f32x4.splat(0), f1 = f32x4.splat(0), f2 = f32x4.splat(0), f3 = f32x4.splat(0);
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    for (let at: usize = 0; at < whole; at += 32) {
      const first = v128.load(a + at), second = v128.load(a + at, 16);
      f0 = f32x4.add(f0, f32x4.mul(first, v128.load(b0 + at)));
      s0 = f32x4.add(s0, f32x4.mul(second, v128.load(b0 + at, 16)));
      f1 = f32x4.add(f1, f32x4.mul(first, v128.load(b1 + at)));
      s1 = f32x4.add(s1, f32x4.mul(second, v128.load(b1 + at, 16)));
      f2 = f32x4.add(f2, f32x4.mul(first, v128.load(b2 + at)));
      s2 = f32x4.add(s2, f32x4.mul(second, v128.load(b2 + at, 16)));
      f3 = f32x4.add(f3, f32x4.mul(first, v128.load(b3 + at)));
      s3 = f32x4.add(s3, f32x4.mul(second, v128.load(b3 + at, 16)));
    }
    const rest = a + whole;
    store<f32>(<usize>load<u32>(list, 8), addRest(lanes(f0, s0), rest, b0 + whole, d & 7));
    store<f32>(<usize>load<u32>(list, 24), addRest(lanes(f1, s1), rest, b1 + whole, d & 7));
    store<f32>(<usize>load<u32>(list, 40), addRest(lanes(f2, s2), rest, b2 + whole, d & 7));
    store<f32>(<usize>load<u32>(list, 56), addRest(lanes(f3, s3), rest, b3 + whole, d & 7));
  }
  for (; list < end; list += 16) store<f32>(<usize>load<u32>(list, 8), dot(a, <usize>load<u32>(list), d));
}

/** target += factor * source */
function add(target: usize, source: usize, factor: f32, d: u32): void {
  const times = f32x4.splat(factor);
  const end = target + (<usize>(d & ~3) << 2);
  const last = target + (<usize>d << 2);
  for (; target < end; target += 16, source += 16)
    v128.store(target, f32x4.add(v128.load(target), f32x4.mul(v128.load(source), times)));
  for (; target < last; target += 4, source += 4)
    store<f32>(target, load<f32>(target) + load<f32>(source) * factor);
}

/**
 * target += the sum of factor times row over entries of 16 bytes from `list` to `end`, one after the other: the address of a row, its
 * factor. Four rows pass at a time: more would be too many streams for the processor to read ahead.
 */
function accumulate(target: usize, list: usize, end: usize, d: u32): void {
  const whole = <usize>(d & ~15) << 2;
  for (; list + 64 <= end; list += 64) {
    const r0 = <usize>load<u32>(list), r1 = <usize>load<u32>(list, 16);
    const r2 = <usize>load<u32>(list, 32), r3 = <usize>load<u32>(list, 48);
    const f0 = v128.load32_splat(list, 4), f1 = v128.load32_splat(list, 20);
    const f2 = v128.load32_splat(list, 36), f3 = v128.load32_splat(list, 52);
    for (let at: usize = 0; at < whole; at += 64) {
      const to = target + at;
      let s0 = v128.load(to), s1 = v128.load(to, 16), s2 = v128.load(to, 32), s3 = v128.load(to, 48);
      let row = r0 + at;
      s0 = f32x4.add(s0, f32x4.mul(f0, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(f0, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(f0, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(f0, v128.load(row, 48)));
      row = r1 + at;
      s0 = f32x4.add(s0, f32x4.mul(f1, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(f1, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(f1, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(f1, v128.load(row, 48)));
      row = r2 + at;
      s0 = f32x4.add(s0, f32x4.mul(f2, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(f2, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(f2, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(f2, v128.load(row, 48)));
      row = r3 + at;
      v128.store(to, f32x4.add(s0, f32x4.mul(f3, v128.load(row))));
      v128.store(to, f32x4.add(s1, f32x4.mul(f3, v128.load(row, 16))), 16);
      v128.store(to, f32x4.add(s2, f32x4.mul(f3, v128.load(row, 32))), 32);
      v128.store(to, f32x4.add(s3, f32x4.mul(f3, v128.load(row, 48))), 48);
    }
    const left = d & 15;
    for (let entry = list; left && entry < list + 64; entry += 16) {
      add(target + whole, <usize>load<u32>(entry) + whole, load<f32>(entry, 4), left);
    }
  }
  for (; list < end; list += 16) add(target, <usize>load<u32>(list), load<f32>(list, 4), d);
}

/** target = a - b */
function subtract(target: usize, a: usize, b: usize, d: u32): void {
  const end = a + (<usize>(d & ~3) << 2);
  const last = a + (<usize>d << 2);
  for (; a < end; target += 16, a += 16, b += 16) v128.store(target, f32x4.sub(v128.load(a), v128.load(b)));
  for (; a < last; target += 4, a += 4, b += 4) store<f32>(target, load<f32>(a) - load<f32>(b));
}

/** Lists a document's open entries of latents low..high of a branch: address of the direction, minus the value, where the product goes. */
function listOpen(doc: u32, which: u32, low: u32, high: u32, list: usize): usize {
  const row = word(0) << 2;
  const indices = word(which + 1), values = word(which + 2), products = word(which + 3);
  const from = (<usize>doc * word(which)) << 2;
  const end = from + (word(which) << 2);
  for (let at = from; at < end; at += 4) {
    const latent = load<u32>(indices + at);
    if (latent < low || latent >= high) continue;
    const value = load<f32>(values + at);
    store<f32>(products + at, 0);
    if (!(value > 0)) continue;
    store<u32>(list, <u32>(word(2) + <usize>latent * row));
    store<f32>(list, -value, 4);
    store<u32>(list, <u32>(products + at), 8);
    list += 16;
  }
  return list;
}

/** rest = start - decode of the open entries, then each one's dot product of rest with its direction. */
function branch(doc: u32, which: u32, start: usize, rest: usize, list: usize): void {
  const d = <u32>word(0);
  const end = listOpen(doc, which, 0, <u32>word(37), list);
  memory.copy(rest, start, <usize>d << 2);
  accumulate(rest, list, end, d);
  dots(rest, list, end, d);
}

/**
 * The main branch of nested prefixes (word 40: how many; 41: their ends): the error of each, its squared length (44), and in its place
 * the sum of the errors from it to the last, which is what the gradient of its latents goes by: in 42, `word(43)` bytes each, the
 * last prefix's in `error`.
 */
function nested(doc: u32, error: usize, list: usize): void {
  const d = <u32>word(0);
  const row = <usize>d << 2;
  const prefixes = <u32>word(40);
  const ends = word(41);
  const own = word(42) + <usize>doc * row;
  memory.copy(error, word(4) + <usize>doc * row, row);
  let low: u32 = 0;
  for (let prefix: u32 = 0; prefix < prefixes; prefix++) {
    const high = load<u32>(ends + (<usize>prefix << 2));
    accumulate(error, list, listOpen(doc, 10, low, high, list), d);
    store<f32>(word(44) + (<usize>(doc * prefixes + prefix) << 2), dot(error, error, d));
    if (prefix + 1 < prefixes) memory.copy(own + <usize>prefix * word(43), error, row);
    low = high;
  }
  let later = error;
  for (let prefix = prefixes - 1; ; prefix--) {
    low = prefix ? load<u32>(ends + (<usize>(prefix - 1) << 2)) : 0;
    dots(later, list, listOpen(doc, 10, low, load<u32>(ends + (<usize>prefix << 2)), list), d);
    if (prefix == 0) break;
    const sum = own + <usize>(prefix - 1) * word(43);
    add(sum, later, 1, d);
    later = sum;
  }
}

/** Documents from..to: errors of each branch [B, d] and the products of the backward pass. The place of the entries serves for lists. */
export function documents(from: u32, to: u32): void {
  const d = <u32>word(0);
  const row = <usize>d << 2;
  const room = (word(10) + word(14) + word(18)) << 4;
  for (let doc = from; doc < to; doc++) {
    const off = <usize>doc * row;
    const list = word(25) + <usize>doc * room;
    const centered = word(4) + off, error = word(5) + off;
    subtract(centered, word(3) + off, word(8), d);
    if (word(40)) nested(doc, error, list);
    else branch(doc, 10, centered, error, list);
    branch(doc, 14, error, word(6) + off, list);
    if (word(18)) branch(doc, 18, centered, word(7) + off, list);
  }
}

// What a number of a column adds to its sum.
const ITSELF: u32 = 0;
const SQUARE: u32 = 1;
const SPREAD: u32 = 2;
const MINUS: u32 = 3;

/** Rows that pass in registers, before the next columns of the same rows. */
const TALL: u32 = 32;

// @ts-ignore: decorator
@inline
function added(kind: u32, sum: v128, two: usize, mean: v128): v128 {
  const value = f64x2.promote_low_f32x4(v128.load64_zero(two));
  if (kind == ITSELF) return f64x2.add(sum, value);
  if (kind == MINUS) return f64x2.sub(sum, value);
  const term = kind == SPREAD ? f64x2.sub(value, mean) : value;
  return f64x2.add(sum, f64x2.mul(term, term));
}

/**
 * Adds to the sums of columns from..to, as f64 [d] at `sums`, what each of the `rows` at `matrix` gives, one after the other. Eight
 * columns at a time, so that sums have room for as many; the last row's may be read past its end.
 */
// @ts-ignore: decorator
@inline
function addRows(kind: u32, matrix: usize, rows: u32, sums: usize, means: usize, from: u32, to: u32): void {
  const row = word(0) << 2;
  for (let first: u32 = 0; first < rows; first += TALL) {
    const size = <usize>min(TALL, rows - first) * row;
    for (let col = from; col < to; col += 8) {
      const place = sums + (<usize>col << 3);
      const mean = means + (<usize>col << 3);
      let a = v128.load(place), b = v128.load(place, 16), c = v128.load(place, 32), e = v128.load(place, 48);
      const m0 = v128.load(mean), m1 = v128.load(mean, 16), m2 = v128.load(mean, 32), m3 = v128.load(mean, 48);
      let at = matrix + <usize>first * row + (<usize>col << 2);
      for (const end = at + size; at < end; at += row) {
        a = added(kind, a, at, m0);
        b = added(kind, b, at + 8, m1);
        c = added(kind, c, at + 16, m2);
        e = added(kind, e, at + 24, m3);
      }
      v128.store(place, a);
      v128.store(place, b, 16);
      v128.store(place, c, 32);
      v128.store(place, e, 48);
    }
  }
}

/** The sums of columns, one f64 [the next multiple of 8 of d] after the other. */
// @ts-ignore: decorator
@inline
function columnsOf(which: u32): usize {
  return word(38) + ((<usize>which * (word(0) + 7 & ~7)) << 3);
}

/** The place of sums whose columns from..to are 0. */
function emptied(which: u32, from: u32, to: u32): usize {
  const sums = columnsOf(which);
  memory.fill(sums + (<usize>from << 3), 0, <usize>(to - from + 7 & ~7) << 3);
  return sums;
}

function sumColumns(matrix: usize, which: u32, from: u32, to: u32): void {
  const sums = emptied(which, from, to);
  addRows(ITSELF, matrix, <u32>word(36), sums, sums, from, to);
}

function squareColumns(matrix: usize, which: u32, from: u32, to: u32): void {
  const sums = emptied(which, from, to);
  addRows(SQUARE, matrix, <u32>word(36), sums, sums, from, to);
}

/** Squared distances to the means, which come to stand behind them. */
function spreadColumns(matrix: usize, sums: u32, spread: u32, from: u32, to: u32): void {
  const rows = <u32>word(36);
  const means = columnsOf(spread + 1);
  for (let at = <usize>from << 3; at < <usize>to << 3; at += 16) {
    v128.store(means + at, f64x2.div(v128.load(columnsOf(sums) + at), f64x2.splat(<f64>rows)));
  }
  addRows(SPREAD, matrix, rows, emptied(spread, from, to), means, from, to);
}

/** Columns from..to: what of the batch and of the branches' errors the losses and the gradient of the pre-bias are made of. */
function columns(from: u32, to: u32): void {
  sumColumns(word(3), 0, from, to);
  spreadColumns(word(3), 0, 1, from, to);
  sumColumns(word(5), 3, from, to);
  squareColumns(word(5), 4, from, to);
  spreadColumns(word(5), 3, 5, from, to);
  squareColumns(word(6), 7, from, to);
  if (word(18)) {
    sumColumns(word(7), 8, from, to);
    squareColumns(word(7), 9, from, to);
  }
  if (word(40) > 1) sumColumns(word(42), 10, from, to);
}

/** Columns from..to of the gradient of the pre-bias: the sums of errors with the branches' factors, less the partial sums of the latents. */
function preBias(from: u32, to: u32): void {
  const sums = columnsOf(word(40) > 1 ? 10 : 3);
  const wide = columnsOf(8);
  const main = load<f64>(CONFIG + 192);
  const other = load<f64>(CONFIG + 208);
  for (let col = <usize>from; col < <usize>to; col++) {
    const place = sums + (col << 3);
    let sum = load<f64>(place) * main;
    if (word(18)) sum += other * load<f64>(wide + (col << 3));
    store<f64>(place, sum);
  }
  addRows(MINUS, word(39), (<u32>word(37) + 15) >> 4, sums, sums, from, to);
}

/** Groups of documents that list their entries side by side; a branch's tallies of each group stand one after the other, from word 47 on. */
const GROUPS: u32 = 4;

// @ts-ignore: decorator
@inline
function tallyBytes(): usize {
  return ((word(37) + 31) & ~15) << 2;
}

// @ts-ignore: decorator
@inline
function tallies(which: u32, group: u32): usize {
  return word(47) + <usize>(((which - 10) >> 2) * GROUPS + group) * tallyBytes();
}

// @ts-ignore: decorator
@inline
function firstOf(group: u32): u32 {
  return (<u32>word(36) * group) / GROUPS;
}

/** Counts a group's open entries of each latent. */
function tally(group: u32): void {
  for (let which: u32 = 10; which <= 18; which += 4) {
    const place = tallies(which, group);
    memory.fill(place, 0, tallyBytes());
    const end = (<usize>firstOf(group + 1) * word(which)) << 2;
    for (let at = (<usize>firstOf(group) * word(which)) << 2; at < end; at += 4) {
      if (!(load<f32>(word(which + 2) + at) > 0)) continue;
      const count = place + (<usize>load<u32>(word(which + 1) + at) << 2);
      store<u32>(count, load<u32>(count) + 1);
    }
  }
}

/** Makes of the tallies the places where the entries of each latent start, in the order of branches and documents. Four latents at a time. */
export function placeTallies(): void {
  const row = tallyBytes();
  const latents = word(37) << 2;
  let sum: u32 = 0;
  for (let at: usize = 0; at < latents; at += 16) {
    const first = word(47) + at;
    const last = first + 3 * GROUPS * row;
    let totals = i32x4.splat(0);
    for (let place = first; place < last; place += row) totals = i32x4.add(totals, v128.load(place));
    const one = sum + i32x4.extract_lane(totals, 0);
    const two = one + i32x4.extract_lane(totals, 1);
    const three = two + i32x4.extract_lane(totals, 2);
    let next = i32x4(sum, one, two, three);
    sum = three + i32x4.extract_lane(totals, 3);
    v128.store(word(22) + at, next);
    for (let place = first; place < last; place += row) {
      const counts = v128.load(place);
      v128.store(place, next);
      next = i32x4.add(next, counts);
    }
  }
  store<u32>(word(22) + latents, sum);
}

/** Lists a group's open entries by latent: both gradients' rows are sums of them. The factors of the branches stand as f64 from word 48 on. */
function list(group: u32): void {
  const row = <u32>word(0) << 2;
  for (let which: u32 = 10; which <= 18; which += 4) {
    const count = <u32>word(which);
    const place = tallies(which, group);
    const branch = (which - 10) >> 2;
    const scale = f64x2.splat(load<f64>(CONFIG + 192 + (<usize>branch << 3)));
    const bases = branch == 0 && word(40) ? word(54) : 0;
    const base = <u32>word(5 + branch);
    let at = (<usize>firstOf(group) * count) << 2;
    for (let doc = firstOf(group); doc < firstOf(group + 1); doc++) {
      const centered = i32x4.splat(<u32>word(4) + doc * row);
      for (const end = at + (<usize>count << 2); at < end; at += 4) {
        const value = load<f32>(word(which + 2) + at);
        if (!(value > 0)) continue;
        const latent = <usize>load<u32>(word(which + 1) + at) << 2;
        const next = load<u32>(place + latent);
        store<u32>(place + latent, next + 1);
        const both = f32x4.replace_lane(v128.load32_zero(word(which + 3) + at), 1, value);
        const factors = f32x4.demote_f64x2_zero(f64x2.mul(scale, f64x2.promote_low_f32x4(both)));
        const rows = i32x4.replace_lane(centered, 1, (bases ? load<u32>(bases + latent) : base) + doc * row);
        v128.store(word(25) + (<usize>next << 4), v128.shuffle<u32>(rows, factors, 0, 4, 1, 5));
      }
    }
  }
}

/**
 * Latents from..to: rows of both gradients, the decoder's projected; `partial` [d] sums bias gradient times encoder. An entry has two
 * addresses of rows with their factors: of the document and the gradient of the pre-activation, of the error and the gradient of the decode.
 */
export function latents(from: u32, to: u32, partial: usize): void {
  const d = <u32>word(0);
  const row = <usize>d << 2;
  memory.fill(partial, 0, row);
  for (let latent = from; latent < to; latent++) {
    const starts = word(22) + (<usize>latent << 2);
    const list = word(25) + (<usize>load<u32>(starts) << 4);
    const end = word(25) + (<usize>load<u32>(starts, 4) << 4);
    let bias: f32 = 0;
    let norm: f64 = 0;
    if (list < end) {
      for (let entry = list; entry < end; entry += 16) bias += load<f32>(entry, 4);
      const off = <usize>latent * row;
      const encoder = word(23) + off;
      const decoder = word(24) + off;
      memory.fill(encoder, 0, row);
      memory.fill(decoder, 0, row);
      accumulate(encoder, list, end, d);
      accumulate(decoder, list + 8, end + 8, d);
      const direction = word(2) + off;
      add(decoder, direction, -dot(decoder, direction, d), d);
      norm = <f64>dot(encoder, encoder, d) + <f64>dot(decoder, decoder, d);
      add(partial, word(1) + off, bias, d);
    }
    store<f32>(word(26) + (<usize>latent << 2), bias);
    store<f64>(word(27) + (<usize>latent << 3), norm + <f64>bias * <f64>bias);
  }
}

/** One Adam step on `count` numbers; gradient 0 stands for none. Constants at words 28..31. */
export function adam(p: usize, m: usize, v: usize, g: usize, count: u32): void {
  const scale = number(28);
  const stepSize = number(29);
  const epsilon = number(30);
  const first: f32 = 0.1 * scale;
  const second: f32 = <f32>0.03162277660168379 * scale;
  const end = p + (<usize>(count & ~3) << 2);
  const last = p + (<usize>count << 2);
  let gradient = f32x4.splat(0);
  for (; p < end; p += 16, m += 16, v += 16) {
    if (g) {
      gradient = v128.load(g);
      g += 16;
    }
    const mean = f32x4.add(f32x4.mul(v128.load(m), f32x4.splat(0.9)), f32x4.mul(gradient, f32x4.splat(first)));
    const scaled = f32x4.mul(gradient, f32x4.splat(second));
    const square = f32x4.add(f32x4.mul(v128.load(v), f32x4.splat(0.999)), f32x4.mul(scaled, scaled));
    v128.store(m, mean);
    v128.store(v, square);
    const change = f32x4.div(mean, f32x4.add(f32x4.sqrt(square), f32x4.splat(epsilon)));
    v128.store(p, f32x4.sub(v128.load(p), f32x4.mul(change, f32x4.splat(stepSize))));
  }
  for (; p < last; p += 4, m += 4, v += 4) {
    let one: f32 = 0;
    if (g) {
      one = load<f32>(g);
      g += 4;
    }
    const mean = load<f32>(m) * 0.9 + one * first;
    const square = load<f32>(v) * 0.999 + one * second * (one * second);
    store<f32>(m, mean);
    store<f32>(v, square);
    store<f32>(p, load<f32>(p) - (mean / (sqrt<f32>(square) + epsilon)) * stepSize);
  }
}

function divide(row: usize, by: f32, d: u32): void {
  const end = row + (<usize>(d & ~3) << 2);
  const last = row + (<usize>d << 2);
  for (; row < end; row += 16) v128.store(row, f32x4.div(v128.load(row), f32x4.splat(by)));
  for (; row < last; row += 4) store<f32>(row, load<f32>(row) / by);
}

/** Adam on the weight rows of latents from..to, decoder rows put back to unit length. */
export function update(from: u32, to: u32): void {
  const d = <u32>word(0);
  const row = <usize>d << 2;
  for (let latent = from; latent < to; latent++) {
    const off = <usize>latent * row;
    const starts = word(22) + (<usize>latent << 2);
    const some = load<u32>(starts) < load<u32>(starts, 4);
    adam(word(1) + off, word(32) + off, word(33) + off, some ? word(23) + off : 0, d);
    const decoder = word(2) + off;
    adam(decoder, word(34) + off, word(35) + off, some ? word(24) + off : 0, d);
    divide(decoder, sqrt<f32>(dot(decoder, decoder, d)), d);
  }
}

/** One chunk of a phase: 0 documents, 1 tallies of the groups, then columns of the branches, 2 latents, 3 update, 4 lists, 5 gradient of the pre-bias. */
export function run(phase: u32, chunk: u32): void {
  const d = <u32>word(0);
  const rows = <u32>word(36);
  const n = <u32>word(37);
  if (phase == 0) documents(chunk * 8, min(chunk * 8 + 8, rows));
  else if (phase == 1) {
    const part = (chunk - GROUPS) * 64;
    if (chunk < GROUPS) tally(chunk);
    else columns(part, min(part + 64, d));
  } else if (phase == 2) latents(chunk * 16, min(chunk * 16 + 16, n), word(39) + <usize>chunk * (<usize>d << 2));
  else if (phase == 3) update(chunk * 16, min(chunk * 16 + 16, n));
  else if (phase == 4) list(chunk);
  else preBias(chunk * 64, min(chunk * 64 + 64, d));
}
