import { type ReadonlySignal, batch, computed, signal } from "@preact/signals";
import type { Look } from "../map/camera.js";
import {
  type Focus,
  type ListState,
  type MapSide,
  NO_LIST,
  type PageState,
  readAddress,
  writeAddress,
} from "./address.js";

interface Step {
  step: number;
}

// A page inside a notebook has no address: what it shows at first stands in it.
const first = document.querySelector<HTMLMetaElement>("meta[name=explorer-address]")?.content;
/** How many latents and documents there are: the others of an address are no selection. */
let counts: Parameters<typeof readAddress>[1];
const page = signal<PageState>(readAddress(location.hash || (first ?? "")));
const step = signal(stepOf(history.state));
const last = signal(step.value);
/** Where undo and redo lead, which the browser reaches later: a key that is held must not lead out of the page. */
const goal = signal<number | undefined>(undefined);

/** States by step, where the browser's history cannot hold them. */
let own: Record<number, PageState> | undefined;

/** What the page shows: everything in the address. */
export const state: ReadonlySignal<PageState> = page;
/** Whether there is a change to take back or to make again. */
export const canUndo: ReadonlySignal<boolean> = computed(() => (goal.value ?? step.value) > 0);
export const canRedo: ReadonlySignal<boolean> = computed(
  () => (goal.value ?? step.value) < last.value,
);
/** The point that the pointer is on, in any view: lit up in all of them. */
export const hovered = signal<Focus | undefined>(undefined);

/** What a search found: lit on the maps. */
export const found = signal<
  { latents: ReadonlySet<number>; documents: ReadonlySet<number> } | undefined
>(undefined);

/** Changes the state as one step that can be undone; `replace` makes it part of the last step, as while a slider moves. */
export function change(parts: Partial<PageState>, { replace = false } = {}): void {
  const shown = page.peek();
  const next = { ...shown, ...parts };
  const before = writeAddress(shown);
  const hash = writeAddress(next);
  batch(() => {
    page.value = next;
    if (hash === before) return;
    const address = `#${hash}`;
    const from = step.peek();
    if (!replace) {
      goal.value = undefined;
      step.value++;
      last.value = step.value;
    }
    const entry: Step = { step: step.peek() };
    try {
      if (replace) history.replaceState(entry, "", address);
      else history.pushState(entry, "", address);
    } catch {
      // A page inside a notebook has no address of its own.
      own ??= { [from]: shown };
    }
    if (own !== undefined) own[step.peek()] = next;
  });
}

/** Leaves out of the selection what the atlas does not have, now and in later addresses. */
export function limitSelection(atlas: NonNullable<typeof counts>): void {
  counts = atlas;
  const { latents, documents } = page.peek();
  page.value = {
    ...page.peek(),
    latents: latents.filter((id) => id < atlas.latents),
    documents: documents.filter((row) => row < atlas.documents),
  };
}

/** What the page is about, where it is of the atlas itself rather than of the one it is compared with. */
export function ownFocus(): Focus | undefined {
  const { focus } = page.value;
  return focus?.isOther ? undefined : focus;
}

/** How the list of the shown view is filtered and sorted. */
export function shownList(): ListState {
  const { view, lists } = page.value;
  return lists[view] ?? NO_LIST;
}

/** Filters or sorts the list of the shown view. */
export function changeList(parts: Partial<ListState>, options?: { replace: boolean }): void {
  const { view, lists } = page.peek();
  change({ lists: { ...lists, [view]: { ...NO_LIST, ...lists[view], ...parts } } }, options);
}

/** Keeps what is seen of a map with the last step: moving it makes no step of its own. */
export function changeLook(map: MapSide, look: Look | undefined): void {
  change({ looks: { ...page.peek().looks, [map]: look } }, { replace: true });
}

/** Shows a latent, a document or a family beside the view. */
export function show(focus: Focus): void {
  change({ focus });
}

export function undo(): void {
  if (canUndo.peek()) travel(-1);
}

export function redo(): void {
  if (canRedo.peek()) travel(1);
}

function travel(steps: 1 | -1): void {
  if (own === undefined) {
    goal.value = (goal.peek() ?? step.peek()) + steps;
    return history.go(steps);
  }
  batch(() => {
    step.value += steps;
    page.value = own?.[step.value] ?? readAddress("");
  });
}

markStep();
addEventListener("popstate", (event) => {
  batch(() => {
    page.value = readAddress(location.hash, counts);
    // An entry without a step is an address that was typed or pasted into the open page: a step like others.
    const isNew = event.state === null;
    step.value = isNew ? step.peek() + 1 : stepOf(event.state);
    last.value = isNew ? step.peek() : Math.max(last.peek(), step.peek());
    if (isNew || goal.peek() === step.peek()) goal.value = undefined;
  });
  if (event.state === null) markStep();
});

/** Writes the step into the browser's own entry, so that coming back to it is known from a new address. */
function markStep(): void {
  try {
    history.replaceState({ step: step.peek() } satisfies Step, "");
  } catch {
    // A page inside a notebook may have no history.
  }
}

function stepOf(given: unknown): number {
  return (given as Step | null)?.step ?? 0;
}
