import { stat } from "node:fs/promises";
import type { ExplorerFiles } from "../../explorer/data-files.js";
import type { ExplorerActions, PageIndex } from "../../explorer/format.js";
import { readPage } from "../../explorer/page.js";
import { type ExplorerServer, type ServerOptions, startServer } from "../../explorer/server.js";
import { fileStamp } from "../../files/file-stamp.js";
import type { Atlas } from "../atlas.js";
import { inTurn } from "../files/lock.js";
import { withdrawLabel } from "../labels/correct-label.js";
import { type OtherAtlas, openCompared } from "./compared.js";
import { atlasColumns, atlasFiles } from "./inputs.js";
import { searchActions } from "./search-actions.js";

/** How long a page that has just been opened has the server to itself, in milliseconds. */
const LOOKING = 2000;

/**
 * Starts the explorer's page on an atlas, on this machine alone, with another atlas to compare it with where `other` is one;
 * the atlas stays open until the server is closed. Corrections that were written by hand are shown from the next request on;
 * `onWarning` gets why they cannot be.
 */
export async function exploreAtlas(
  atlas: Atlas,
  {
    other,
    onWarning,
    ...options
  }: ServerOptions & { other?: OtherAtlas; onWarning?: (warning: string) => void } = {},
): Promise<ExplorerServer> {
  let files: Promise<ExplorerFiles> | undefined;
  const compared = await openCompared(atlas.store, other);
  const [overrides, labels] = (["overrides", "labels"] as const).map((name) =>
    atlas.store.file(name),
  );
  let stamp: string | undefined;
  const open = (): Promise<ExplorerFiles> => atlasFiles(atlas.store, { compared, dir: atlas.dir });
  const current = async (): Promise<ExplorerFiles> => {
    const found = await fileStamp(overrides);
    if (found !== stamp) {
      stamp = found;
      files = atlas
        .refresh()
        .catch((error: Error) => onWarning?.(error.message))
        .then(open);
    }
    return (files ??= open());
  };
  if (!(await isNewer(overrides, labels))) stamp = await fileStamp(overrides);
  await current();
  const changed = async (work: () => Promise<unknown>): Promise<{ version: string }> => {
    await work();
    atlas.store.reload();
    stamp = await fileStamp(overrides);
    files = undefined;
    const index = Buffer.from(await (await current()).file("index.json")).toString();
    return { version: (JSON.parse(index) as PageIndex).version };
  };
  const asking = searchActions(atlas, async () => (await atlasColumns(atlas.store)).columns());
  const actions: ExplorerActions = {
    ...asking,
    correct: ({ latent, label, of, note }) =>
      changed(() => atlas.rename(latent, label, { of, note })),
    withdraw: (label) => changed(() => inTurn(atlas.dir, () => withdrawLabel(atlas.dir, label))),
  };
  let timer: NodeJS.Timeout | undefined;
  let isOpen = true;
  // What the maps do without is read while they are looked at; a failure shows where it is asked for again.
  const prepare = async (): Promise<void> => {
    await atlas.store.documentsAt([0]);
    if (isOpen) await asking.search({ document: 0, limit: 1 });
  };
  const shown = (): Promise<ExplorerFiles> => {
    timer ??= setTimeout(() => void prepare().catch(() => undefined), LOOKING).unref();
    return current();
  };
  const server = await startServer({ page: await readPage(), files: shown, actions }, options);
  return {
    ...server,
    async close() {
      isOpen = false;
      clearTimeout(timer);
      await server.close();
      await compared?.close();
    },
  };
}

async function isNewer(file: string, than: string): Promise<boolean> {
  const [one, other] = await Promise.all([file, than].map((name) => stat(name).catch(() => null)));
  return one !== null && other !== null && one.mtimeMs > other.mtimeMs;
}
