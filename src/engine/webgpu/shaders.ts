import type { Activation } from "../activation.js";

// All arrays that the product reads lie with their long side along the rows of what is multiplied, so that a tile is read
// in whole vectors: weights and inputs are turned when they are placed. Sides are padded with zeros to whole tiles.

/** Rows and columns of the scores that one workgroup computes. */
export const TILE = 128;
/** Inner products advance by so many columns at a time. */
export const DEPTH = 8;

const SIZES = "struct Sizes { rows: u32, cols: u32, paddedRows: u32, paddedCols: u32 }";

/** `source` [rows, cols] minus `bias` [cols], turned into `target` [paddedCols, paddedRows]. Groups of 32 x 32. */
export const TURN: string = `
${SIZES}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> turned: array<f32>;
var<workgroup> square: array<f32, 1056>;

@compute @workgroup_size(32, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) own: vec3u) {
  for (var i = own.y; i < 32u; i += 8u) {
    let row = group.y * 32u + i;
    let col = group.x * 32u + own.x;
    var value = 0.0;
    if (row < sizes.rows && col < sizes.cols) { value = source[row * sizes.cols + col] - bias[col]; }
    square[i * 33u + own.x] = value;
  }
  workgroupBarrier();
  for (var i = own.y; i < 32u; i += 8u) {
    let col = group.x * 32u + i;
    let row = group.y * 32u + own.x;
    if (col < sizes.paddedCols) { turned[col * sizes.paddedRows + row] = square[own.x * 33u + i]; }
  }
}`;

/** Value of the pre-activation without its bias, `p`, and the places of its vectors, by kind; see activation.ts. */
const ACTIVATIONS: Record<Activation["kind"], string> = {
  topk: "return p + vectors[at];",
  relu: "return max(p + vectors[at], vec4f(0));",
  jumprelu:
    "let pre = p + vectors[at]; return select(vec4f(0), max(pre, vec4f(0)), pre > vectors[at + across]);",
  gated:
    "let size = max(p * vectors[at + 2 * across] + vectors[at + 3 * across], vec4f(0));" +
    "return select(vec4f(0), size, p + vectors[at + across] > vec4f(0));",
};

const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];
const each = (line: (i: number) => string): string => EIGHT.map(line).join("\n");

/**
 * Activations of the product of `left` [depth, rows] and `right` [depth, across] in `scores` [rows, across]: a group
 * computes 128 x 128 of them, each of its 256 invocations 8 x 8. The next tiles are read while the present ones are
 * multiplied.
 */
export function productShader(kind: Activation["kind"]): string {
  return `
struct Product { depth: u32, rows: u32, across: u32 }
@group(0) @binding(0) var<uniform> product: Product;
@group(0) @binding(1) var<storage, read> left: array<vec4f>;
@group(0) @binding(2) var<storage, read> right: array<vec4f>;
@group(0) @binding(3) var<storage, read> vectors: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> scores: array<vec4f>;
var<workgroup> a: array<vec4f, 512>;
var<workgroup> b: array<vec4f, 512>;

fn activation(p: vec4f, at: u32, across: u32) -> vec4f { ${ACTIVATIONS[kind]} }

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) own: vec3u,
  @builtin(local_invocation_index) number: u32,
) {
  let rows = product.rows / 4u;
  let across = product.across / 4u;
  let at = group.x * 32u;
  let down = group.y * 32u;
${each((i) => `  var sum${i}a = vec4f(0); var sum${i}b = vec4f(0);`)}
  let place = number / 32u * rows + down + number % 32u;
  let other = number / 32u * across + at + number % 32u;
  a[number] = left[place];
  b[number] = right[other];
  workgroupBarrier();
  var now = 0u;
  for (var start = ${DEPTH}u; start <= product.depth; start += ${DEPTH}u) {
    let more = start < product.depth;
    var nextA = vec4f(0);
    var nextB = vec4f(0);
    if (more) {
      nextA = left[start * rows + place];
      nextB = right[start * across + other];
    }
    for (var j = now; j < now + ${DEPTH * 32}u; j += 32u) {
      let a0 = a[j + own.y];
      let a1 = a[j + 16u + own.y];
      let b0 = b[j + own.x];
      let b1 = b[j + 16u + own.x];
${each((i) => {
  const factor = `vec4f(a${i >> 2}[${i & 3}])`;
  return `      sum${i}a = fma(${factor}, b0, sum${i}a); sum${i}b = fma(${factor}, b1, sum${i}b);`;
})}
    }
    now = 256u - now;
    if (more) {
      a[now + number] = nextA;
      b[now + number] = nextB;
    }
    workgroupBarrier();
  }
  let near = at + own.x;
  let far = near + 16u;
  var row = group.y * 128u + own.y * 4u;
${each((i) => {
  const target = `(row + ${i < 4 ? i : 60 + i}u) * across`;
  return (
    `  scores[${target} + near] = activation(sum${i}a, near, across);\n` +
    `  scores[${target} + far] = activation(sum${i}b, far, across);`
  );
})}
}`;
}

/**
 * The largest \`count\` of each row of \`scores\` [., across] in descending order, equal ones by lower column: values, columns
 * and how many of the row are above 0. The bits of floats, ordered as whole numbers, are found eight at a time by
 * histograms. One group a row.
 */
export const SELECT: string = `
struct Selection { columns: u32, across: u32, count: u32, rows: u32 }
@group(0) @binding(0) var<uniform> selection: Selection;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read_write> candidates: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> found: array<u32>;
var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> prefix: u32;
var<workgroup> wanted: u32;
var<workgroup> above: atomic<u32>;
var<workgroup> equal: atomic<u32>;
var<workgroup> positives: atomic<u32>;

fn order(value: f32) -> u32 {
  let bits = bitcast<u32>(select(value, 0.0, value == 0.0));
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) own: u32) {
  let row = group.x;
  let start = row * selection.across;
  let count = selection.count;
  if (own == 0u) {
    prefix = 0u;
    wanted = count;
    atomicStore(&above, 0u);
    atomicStore(&equal, 0u);
    atomicStore(&positives, 0u);
  }
  for (var turn = 0u; turn < 4u; turn++) {
    let shift = 24u - 8u * turn;
    atomicStore(&histogram[own], 0u);
    workgroupBarrier();
    let known = workgroupUniformLoad(&prefix);
    for (var i = own; i < selection.columns; i += 256u) {
      let bits = order(scores[start + i]);
      if (turn == 0u || (bits >> (shift + 8u)) == known) { atomicAdd(&histogram[(bits >> shift) & 255u], 1u); }
    }
    workgroupBarrier();
    if (own == 0u) {
      var left = wanted;
      var bin = 255u;
      loop {
        let here = atomicLoad(&histogram[bin]);
        if (here >= left || bin == 0u) { break; }
        left -= here;
        bin--;
      }
      wanted = left;
      prefix = (known << 8u) | bin;
    }
    workgroupBarrier();
  }
  let threshold = workgroupUniformLoad(&prefix);
  let ties = workgroupUniformLoad(&wanted);
  let base = row * count;
  let tied = base + count - ties;
  var positive = 0u;
  for (var i = own; i < selection.columns; i += 256u) {
    let value = scores[start + i];
    let bits = order(value);
    positive += select(0u, 1u, value > 0.0);
    if (bits > threshold) {
      candidates[base + atomicAdd(&above, 1u)] = vec2u(bits, i);
    } else if (bits == threshold) {
      let at = atomicAdd(&equal, 1u);
      if (at < ties) { candidates[tied + at] = vec2u(bits, i); }
    }
  }
  atomicAdd(&positives, positive);
  storageBarrier();
  workgroupBarrier();
  if (own == 0u && atomicLoad(&equal) > ties) {
    var at = 0u;
    for (var i = 0u; i < selection.columns && at < ties; i++) {
      if (order(scores[start + i]) == threshold) {
        candidates[tied + at] = vec2u(threshold, i);
        at++;
      }
    }
  }
  storageBarrier();
  workgroupBarrier();
  let columns = selection.rows * count;
  for (var i = own; i < count; i += 256u) {
    let one = candidates[base + i];
    var rank = 0u;
    for (var j = 0u; j < count; j++) {
      let other = candidates[base + j];
      rank += select(0u, 1u, other.x > one.x || (other.x == one.x && other.y < one.y));
    }
    found[base + rank] = bitcast<u32>(scores[start + one.y]);
    found[columns + base + rank] = one.y;
  }
  if (own == 0u) { found[2u * columns + row] = atomicLoad(&positives); }
}`;
