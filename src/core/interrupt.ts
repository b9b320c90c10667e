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
  return "__tslab__" in globalThis || denoJupyter() !== undefined;
}

/** What Deno gives to the cells of a notebook; outside one it throws where that is looked up. */
export function denoJupyter(): DenoJupyter | undefined {
  try {
    return (globalThis as { Deno?: { jupyter?: DenoJupyter } }).Deno?.jupyter;
  } catch {
    return undefined;
  }
}

interface DenoJupyter {
  broadcast(type: string, message: object): Promise<void>;
}
