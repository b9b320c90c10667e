import type { Figure } from "../figures/figure.js";
import { onAnyBackground } from "../figures/theme/any-background.js";
import { type Renderer, openRenderer } from "../figures/render/render.js";

// A browser takes a second to start and uses about 200 MB, so it is kept for the next figure, but not for long.
const IDLE_MS = 5000;

interface OpenRenderer {
  renderer: Promise<Renderer>;
  scale: number;
  users: number;
  timer?: NodeJS.Timeout;
}

let open: OpenRenderer | undefined;

/**
 * The figure as PNG bytes without a ground of its own, or the reason why it cannot be drawn here: no browser. Throws Error for a figure that plotly
 * cannot draw.
 */
export async function drawPicture(
  figure: Figure,
  scale: number,
): Promise<{ png: Uint8Array } | { problem: string }> {
  const used = takeRenderer(scale);
  try {
    let renderer: Renderer;
    try {
      renderer = await used.renderer;
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
    return { png: await renderer.png(onAnyBackground(figure)) };
  } finally {
    release(used);
  }
}

function takeRenderer(scale: number): OpenRenderer {
  if (open?.scale !== scale) {
    if (open && open.users === 0) close(open);
    open = { renderer: openRenderer({ scale }), scale, users: 0 };
  }
  clearTimeout(open.timer);
  open.users++;
  return open;
}

function release(used: OpenRenderer): void {
  used.users--;
  if (used.users > 0) return;
  if (used !== open) close(used);
  else used.timer = setTimeout(() => close(used), IDLE_MS).unref();
}

function close(used: OpenRenderer): void {
  clearTimeout(used.timer);
  if (open === used) open = undefined;
  // A renderer that never opened has nothing to close; its failure was reported to its caller.
  used.renderer.then((renderer) => renderer.close()).catch(() => undefined);
}
