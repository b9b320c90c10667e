// What the kernels get: addresses and sizes as 32-bit words from CONFIG on.

export const CONFIG: usize = 2048;

// @ts-ignore: decorator
@inline
export function word(at: u32): usize {
  return <usize>load<u32>(CONFIG + (<usize>at << 2));
}

// @ts-ignore: decorator
@inline
export function number(at: u32): f32 {
  return load<f32>(CONFIG + (<usize>at << 2));
}
