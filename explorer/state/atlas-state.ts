import { type ReadonlySignal, signal } from "@preact/signals";
import { type AtlasData, openAtlas } from "../data/atlas.js";
import type { Source } from "../source/source.js";
import { limitSelection } from "./state.js";

const current = signal<AtlasData | undefined>(undefined);
let opened: Source | undefined;

/** The atlas that is shown; undefined until it is read. */
export const atlas: ReadonlySignal<AtlasData | undefined> = current;

/** Reads the atlas of a source. */
export async function loadAtlas(source: Source): Promise<void> {
  opened = source;
  const data = await openAtlas(source);
  limitSelection(data.index);
  current.value = data;
}

/** Reads it again, after a correction. */
export async function reloadAtlas(): Promise<void> {
  if (opened !== undefined) current.value = await openAtlas(opened);
}
