import { type ReadonlySignal, batch, computed, signal } from "@preact/signals";
import { type Focus, type PageState, readAddress, writeAddress } from "./address.js";

interface Step {
  step: number;
}

const page = signal<PageState>(readAddress(location.hash));
const step = signal(stepOf(history.state));
const last = signal(step.value);

/** What the page shows: everything in the address. */
export const state: ReadonlySignal<PageState> = page;
/** Whether there is a change to take back or to make again. */
export const canUndo: ReadonlySignal<boolean> = computed(() => step.value > 0);
export const canRedo: ReadonlySignal<boolean> = computed(() => step.value < last.value);
/** The point that the pointer is on, in any view: lit up in all of them. */
export const hovered = signal<Focus | undefined>(undefined);

/** What a search found: lit on the maps. */
export const found = signal<
  { latents: ReadonlySet<number>; documents: ReadonlySet<number> } | undefined
>(undefined);

/** Changes the state as one step that can be undone; `replace` makes it part of the last step, as while a slider moves. */
export function change(parts: Partial<PageState>, { replace = false } = {}): void {
  const next = { ...page.peek(), ...parts };
  const hash = writeAddress(next);
  batch(() => {
    page.value = next;
    if (hash === writeAddress(readAddress(location.hash))) return;
    const address = `#${hash}`;
    if (replace) history.replaceState({ step: step.peek() } satisfies Step, "", address);
    else {
      step.value++;
      last.value = step.value;
      history.pushState({ step: step.peek() } satisfies Step, "", address);
    }
  });
}

/** Shows a latent, a document or a family beside the view. */
export function show(kind: Focus["kind"], id: number): void {
  change({ focus: { kind, id } });
}

export function undo(): void {
  if (canUndo.peek()) history.back();
}

export function redo(): void {
  if (canRedo.peek()) history.forward();
}

addEventListener("popstate", (event) => {
  batch(() => {
    page.value = readAddress(location.hash);
    step.value = stepOf(event.state);
    last.value = Math.max(last.peek(), step.peek());
  });
});

function stepOf(given: unknown): number {
  return (given as Step | null)?.step ?? 0;
}
