let running = new AbortController();
let isWatching = false;

/**
 * `signal`, together with an interrupt of the notebook's kernel: tslab and Deno end a cell on an interrupt, but not
 * what it has started. An interrupt stops what runs at that moment and nothing that starts later. Outside a notebook
 * it is `signal` itself. Take it at the start of a piece of work, not when an object is made that outlives its cell.
 */
export function interruptible(signal?: AbortSignal): AbortSignal | undefined {
  if (!inKernel()) return signal;
  if (!isWatching) process.on("SIGINT", interruptRunning);
  isWatching = true;
  return signal === undefined ? running.signal : AbortSignal.any([signal, running.signal]);
}

function interruptRunning(): void {
  const interrupted = running;
  running = new AbortController();
  interrupted.abort(new Error("interrupted"));
}

function inKernel(): boolean {
  const { __tslab__: tslab, Deno: deno } = globalThis as {
    __tslab__?: unknown;
    Deno?: { jupyter?: unknown };
  };
  return tslab !== undefined || deno?.jupyter !== undefined;
}
