import { once } from "../../core/once.js";
import type { ExplorerFiles } from "../../explorer/data-files.js";
import type { DocumentColumns, ExplorerActions, PageIndex } from "../../explorer/format.js";
import { readPage } from "../../explorer/page.js";
import { type ExplorerServer, type ServerOptions, startServer } from "../../explorer/server.js";
import type { Atlas } from "../atlas.js";
import { inTurn } from "../files/lock.js";
import { withdrawLabel } from "../labels/correct-label.js";
import { atlasFiles } from "./inputs.js";
import { searchActions } from "./search-actions.js";

/** Starts the explorer's page on an atlas, on this machine alone; the atlas stays open until the server is closed. */
export async function exploreAtlas(
  atlas: Atlas,
  options: ServerOptions = {},
): Promise<ExplorerServer> {
  let files: Promise<ExplorerFiles> | undefined;
  const current = (): Promise<ExplorerFiles> => (files ??= atlasFiles(atlas.store));
  const readJson = async (name: "index.json" | "columns.json"): Promise<unknown> =>
    JSON.parse(Buffer.from(await (await current()).file(name)).toString());
  await current();
  const changed = async (work: () => Promise<unknown>): Promise<{ version: string }> => {
    await work();
    atlas.store.reload();
    files = undefined;
    const { version } = (await readJson("index.json")) as PageIndex;
    return { version };
  };
  const actions: ExplorerActions = {
    ...searchActions(
      atlas,
      once(async () => (await readJson("columns.json")) as DocumentColumns),
    ),
    correct: ({ latent, label, of, note }) =>
      changed(() => atlas.rename(latent, label, { of, note })),
    withdraw: (label) => changed(() => inTurn(atlas.dir, () => withdrawLabel(atlas.dir, label))),
  };
  return startServer({ page: await readPage(), files: current, actions }, options);
}
