import { denoJupyter } from "../core/interrupt.js";

/** One output of a cell: the same content in several formats, of which a front end uses the best it supports. */
export type MimeBundle = Record<string, unknown>;

export interface DisplayOptions {
  /** Identifies the output, so that a later call with `update` can replace it. */
  id?: string;
  /** Replaces the output with that id in place. Default false. */
  update?: boolean;
  /** Metadata of a format, such as the display size of a picture. */
  metadata?: Record<string, unknown>;
}

/** Sends one output to the running cell. */
export type SendDisplay = (data: MimeBundle, options?: DisplayOptions) => void;

type WriteDisplayData = (
  message: { data: MimeBundle; metadata: object; transient: { display_id?: string } },
  update: boolean,
) => void;

const JUPYTER_MODULE = /[\\/]tslab[\\/]dist[\\/]jupyter\.js$/;

/** Sends to the running cell; undefined outside the kernels of tslab and Deno. */
export function findDisplay(): SendDisplay | undefined {
  const write = findWriteDisplayData() ?? findBroadcast();
  if (!write) return undefined;
  return (data, { id, update = false, metadata = {} } = {}) => {
    write({ data, metadata, transient: id === undefined ? {} : { display_id: id } }, update);
  };
}

/** Whether this code runs in a cell of a notebook, as `show` requires. */
export function inNotebook(): boolean {
  return findDisplay() !== undefined;
}

/** Deno's way to send any message to the front end. */
function findBroadcast(): WriteDisplayData | undefined {
  const jupyter = denoJupyter();
  if (!jupyter) return undefined;
  return (message, update) => {
    void jupyter.broadcast(update ? "update_display_data" : "display_data", message);
  };
}

/**
 * tslab's own `display` sends one format per output; the function beneath it takes any bundle. It is looked up among
 * the loaded modules, because only the kernel's own instance is connected to the cell.
 */
function findWriteDisplayData(): WriteDisplayData | undefined {
  const kernel = (globalThis as { __tslab__?: { require?: { cache?: unknown } } }).__tslab__;
  const cache = kernel?.require?.cache as Record<string, { exports?: unknown }> | undefined;
  if (!cache) return undefined;
  for (const [file, module] of Object.entries(cache)) {
    if (!JUPYTER_MODULE.test(file)) continue;
    const { lastWriteDisplayData } = (module.exports ?? {}) as { lastWriteDisplayData?: unknown };
    if (typeof lastWriteDisplayData === "function") return lastWriteDisplayData as WriteDisplayData;
  }
  return undefined;
}
