// The sparse parts of a training step. Addresses and sizes stand as 32-bit words from CONFIG on; every kernel works
// on one chunk whose bounds depend on the sizes alone, so that no result depends on the number of threads.

import { number, word } from "./config";

function dot(a: usize, b: usize, d: u32): f32 {
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  const end = a + (<usize>(d & ~7) << 2);
  const last = a + (<usize>d << 2);
  while (a < end) {
    first = f32x4.add(first, f32x4.mul(v128.load(a), v128.load(b)));
    second = f32x4.add(second, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    a += 32;
    b += 32;
  }
  const both = f32x4.add(first, second);
  let sum: f32 =
    f32x4.extract_lane(both, 0) +
    f32x4.extract_lane(both, 1) +
    (f32x4.extract_lane(both, 2) + f32x4.extract_lane(both, 3));
  for (; a < last; a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
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

/** target += f0 · s0, then f1 · s1, f2 · s2 and f3 · s3, each as `add` does it, in one pass over the target. */
function addFour(target: usize, s0: usize, s1: usize, s2: usize, s3: usize, f0: f32, f1: f32, f2: f32, f3: f32, d: u32): void {
  const end = target + (<usize>(d & ~3) << 2);
  for (; target < end; target += 16, s0 += 16, s1 += 16, s2 += 16, s3 += 16) {
    let sum = f32x4.add(v128.load(target), f32x4.mul(v128.load(s0), f32x4.splat(f0)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(s1), f32x4.splat(f1)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(s2), f32x4.splat(f2)));
    v128.store(target, f32x4.add(sum, f32x4.mul(v128.load(s3), f32x4.splat(f3))));
  }
  add(target, s0, f0, d & 3);
  add(target, s1, f1, d & 3);
  add(target, s2, f2, d & 3);
  add(target, s3, f3, d & 3);
}

/** target = a - b */
function subtract(target: usize, a: usize, b: usize, d: u32): void {
  for (let at: u32 = 0; at < d; at++) {
    const off = <usize>at << 2;
    store<f32>(target + off, load<f32>(a + off) - load<f32>(b + off));
  }
}

/** Address of an entry's direction. */
// @ts-ignore: decorator
@inline
function direction(indices: usize, entry: usize): usize {
  return word(2) + <usize>load<u32>(indices + entry) * (word(0) << 2);
}

/** rest = start - decode of the entries, then each entry's dot product of rest with its direction. */
function branch(doc: u32, count: u32, indices: usize, values: usize, products: usize, start: usize, rest: usize): void {
  const d = <u32>word(0);
  if (start != rest) memory.copy(rest, start, <usize>d << 2);
  const from = <usize>(doc * count) << 2;
  const end = from + (<usize>count << 2);
  const fours = from + (<usize>(count & ~3) << 2);
  let at = from;
  // An entry that is 0 adds nothing; four at a time spare loads and stores of rest.
  for (; at < fours; at += 16) {
    const d0 = direction(indices, at), d1 = direction(indices, at + 4);
    const d2 = direction(indices, at + 8), d3 = direction(indices, at + 12);
    const v0 = load<f32>(values + at), v1 = load<f32>(values + at, 4);
    const v2 = load<f32>(values + at, 8), v3 = load<f32>(values + at, 12);
    addFour(rest, d0, d1, d2, d3, -v0, -v1, -v2, -v3, d);
  }
  for (; at < end; at += 4) {
    const value = load<f32>(values + at);
    if (value > 0) add(rest, direction(indices, at), -value, d);
  }
  for (at = from; at < end; at += 4) {
    const open = load<f32>(values + at) > 0;
    store<f32>(products + at, open ? dot(rest, direction(indices, at), d) : 0);
  }
}

/**
 * The main branch of nested prefixes (word 40: how many; 41: their ends): the error of each, its squared length (44), and in its place
 * the sum of the errors from it to the last, which is what the gradient of its latents goes by: in 42, `word(43)` bytes each, the
 * last prefix's in `error`.
 */
function nested(doc: u32, error: usize): void {
  const d = <u32>word(0);
  const row = <usize>d << 2;
  const prefixes = <u32>word(40);
  const count = <u32>word(10);
  const indices = word(11), values = word(12), products = word(13);
  const from = <usize>(doc * count) << 2;
  const end = from + (<usize>count << 2);
  const own = word(42) + <usize>doc * row;
  memory.copy(error, word(4) + <usize>doc * row, row);
  let low: u32 = 0;
  for (let prefix: u32 = 0; prefix < prefixes; prefix++) {
    const high = load<u32>(word(41) + (<usize>prefix << 2));
    for (let at = from; at < end; at += 4) {
      const latent = load<u32>(indices + at);
      const value = load<f32>(values + at);
      if (value > 0 && latent >= low && latent < high) add(error, direction(indices, at), -value, d);
    }
    store<f32>(word(44) + (<usize>(doc * prefixes + prefix) << 2), dot(error, error, d));
    if (prefix + 1 < prefixes) memory.copy(own + <usize>prefix * word(43), error, row);
    low = high;
  }
  let later = error;
  for (let prefix = prefixes - 1; prefix > 0; prefix--) {
    const sum = own + <usize>(prefix - 1) * word(43);
    add(sum, later, 1, d);
    later = sum;
  }
  for (let at = from; at < end; at += 4) {
    const latent = load<u32>(indices + at);
    let prefix: u32 = 0;
    while (latent >= load<u32>(word(41) + (<usize>prefix << 2))) prefix++;
    const sum = prefix + 1 < prefixes ? own + <usize>prefix * word(43) : error;
    const open = load<f32>(values + at) > 0;
    store<f32>(products + at, open ? dot(sum, direction(indices, at), d) : 0);
  }
}

/** Documents from..to: errors of each branch [B, d] and the products of the backward pass. */
export function documents(from: u32, to: u32): void {
  const d = <u32>word(0);
  const row = <usize>d << 2;
  for (let doc = from; doc < to; doc++) {
    const off = <usize>doc * row;
    subtract(word(4) + off, word(3) + off, word(8), d);
    if (word(40)) nested(doc, word(5) + off);
    else branch(doc, <u32>word(10), word(11), word(12), word(13), word(4) + off, word(5) + off);
    branch(doc, <u32>word(14), word(15), word(16), word(17), word(5) + off, word(6) + off);
    if (word(18)) branch(doc, <u32>word(18), word(19), word(20), word(21), word(4) + off, word(7) + off);
  }
}

/** Columns from..to of a [rows, d]: squared distance to the mean, squared length, and sum, each as f64 [d]. */
export function columns(matrix: usize, out: usize, rows: u32, from: u32, to: u32): void {
  const d = <u32>word(0);
  const row = <usize>d << 2;
  for (let col = from; col < to; col++) {
    const top = matrix + (<usize>col << 2);
    let sum: f64 = 0;
    let squares: f64 = 0;
    for (let at: u32 = 0; at < rows; at++) {
      const value = <f64>load<f32>(top + <usize>at * row);
      sum += value;
      squares += value * value;
    }
    const mean = sum / <f64>rows;
    let spread: f64 = 0;
    for (let at: u32 = 0; at < rows; at++) {
      const value = <f64>load<f32>(top + <usize>at * row) - mean;
      spread += value * value;
    }
    const to = out + (<usize>col << 3);
    store<f64>(to, spread);
    store<f64>(to + (<usize>d << 3), squares);
    store<f64>(to + (<usize>d << 4), sum);
  }
}

/** Latents from..to: rows of both gradients, the decoder's projected; `partial` [d] sums bias gradient times encoder. */
export function latents(from: u32, to: u32, partial: usize): void {
  const d = <u32>word(0);
  const row = <usize>d << 2;
  memory.fill(partial, 0, row);
  for (let latent = from; latent < to; latent++) {
    const starts = word(22) + (<usize>latent << 2);
    const begin = load<u32>(starts);
    const end = load<u32>(starts, 4);
    let bias: f32 = 0;
    let norm: f64 = 0;
    if (begin < end) {
      const off = <usize>latent * row;
      const encoder = word(23) + off;
      const decoder = word(24) + off;
      memory.fill(encoder, 0, row);
      memory.fill(decoder, 0, row);
      let at = begin;
      for (; at + 4 <= end; at += 4) {
        const entry = word(25) + (<usize>at << 4);
        const g0 = load<f32>(entry, 8), g1 = load<f32>(entry, 24), g2 = load<f32>(entry, 40), g3 = load<f32>(entry, 56);
        const d0 = <usize>load<u32>(entry) * row, d1 = <usize>load<u32>(entry, 16) * row;
        const d2 = <usize>load<u32>(entry, 32) * row, d3 = <usize>load<u32>(entry, 48) * row;
        bias = bias + g0 + g1 + g2 + g3;
        addFour(encoder, word(4) + d0, word(4) + d1, word(4) + d2, word(4) + d3, g0, g1, g2, g3, d);
        addFour(
          decoder,
          <usize>load<u32>(entry, 4) + d0, <usize>load<u32>(entry, 20) + d1,
          <usize>load<u32>(entry, 36) + d2, <usize>load<u32>(entry, 52) + d3,
          load<f32>(entry, 12), load<f32>(entry, 28), load<f32>(entry, 44), load<f32>(entry, 60),
          d,
        );
      }
      for (; at < end; at++) {
        const entry = word(25) + (<usize>at << 4);
        const doc = <usize>load<u32>(entry);
        const gradient = load<f32>(entry, 8);
        bias += gradient;
        add(encoder, word(4) + doc * row, gradient, d);
        add(decoder, <usize>load<u32>(entry, 4) + doc * row, load<f32>(entry, 12), d);
      }
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
    const length = sqrt<f32>(dot(decoder, decoder, d));
    for (let at: u32 = 0; at < d; at++) {
      const to = decoder + (<usize>at << 2);
      store<f32>(to, load<f32>(to) / length);
    }
  }
}

/** One chunk of a phase: 0 documents, 1 columns of the branches, 2 latents, 3 update. */
export function run(phase: u32, chunk: u32): void {
  const d = <u32>word(0);
  const rows = <u32>word(36);
  const n = <u32>word(37);
  if (phase == 0) documents(chunk * 8, min(chunk * 8 + 8, rows));
  else if (phase == 1) {
    const from = chunk * 32;
    const to = min(from + 32, d);
    const size: usize = <usize>3 * (<usize>d << 3);
    for (let at: u32 = 0; at < 3; at++) columns(word(3 + (at ? at + 1 : 0)), word(38) + <usize>at * size, rows, from, to);
    if (word(18)) columns(word(7), word(38) + <usize>3 * size, rows, from, to);
    if (word(40) > 1) columns(word(42), word(38) + <usize>4 * size, rows, from, to);
  } else if (phase == 2) latents(chunk * 16, min(chunk * 16 + 16, n), word(39) + <usize>chunk * (<usize>d << 2));
  else update(chunk * 16, min(chunk * 16 + 16, n));
}
