// Memory bandwidth by the training kernels' own accesses, with next to no arithmetic; for bench/floors.ts alone.
// Words from CONFIG on: bytes of a chunk, then the addresses of four arrays.

const CONFIG: usize = 2048;
const SINK: usize = 4096;

// @ts-ignore: decorator
@inline
function array(at: u32, chunk: u32): usize {
  return <usize>load<u32>(CONFIG + (<usize>at << 2)) + <usize>chunk * <usize>load<u32>(CONFIG);
}

/** Reads one array. */
function read(p: usize, end: usize): void {
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  for (; p < end; p += 32) {
    first = f32x4.add(first, v128.load(p));
    second = f32x4.add(second, v128.load(p, 16));
  }
  v128.store(SINK, f32x4.add(first, second));
}

/** Reads four arrays and writes three of them, as Adam does. */
function update(p: usize, m: usize, v: usize, g: usize, end: usize): void {
  for (; p < end; p += 16, m += 16, v += 16, g += 16) {
    const gradient = v128.load(g);
    v128.store(m, f32x4.add(v128.load(m), gradient));
    v128.store(v, f32x4.add(v128.load(v), gradient));
    v128.store(p, f32x4.add(v128.load(p), gradient));
  }
}

/** One chunk of a phase: 0 read, 1 copy, 2 Adam's mix. */
export function run(phase: u32, chunk: u32): void {
  const bytes = <usize>load<u32>(CONFIG);
  const p = array(1, chunk);
  if (phase == 0) read(p, p + bytes);
  else if (phase == 1) memory.copy(array(2, chunk), p, bytes);
  else update(p, array(2, chunk), array(3, chunk), array(4, chunk), p + bytes);
}
