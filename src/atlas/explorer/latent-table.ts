import { stat } from "node:fs/promises";
import { SCALAR_COLUMNS } from "../../catalog/columns.js";
import { readCatalogColumns } from "../../catalog/read-columns.js";
import type { CatalogRow } from "../../catalog/row.js";
import { parseCatalogRow } from "../../catalog/read.js";
import { onceDone } from "../../core/once.js";
import type { LatentTable } from "../../explorer/data-files.js";
import { parseJson } from "../../files/json-text.js";
import { indexLines } from "../../files/line-file.js";
import { familyLatents } from "../../records/family.js";
import type { Label } from "../../records/label.js";
import { parseLabel } from "../../records/label-lines.js";
import { checkComplete } from "../files/check-rows.js";
import type { AtlasStore } from "../store.js";

/** Files of more bytes are not read as a whole: at 131,072 latents that takes ten seconds and a gigabyte. */
const LARGE = 32 << 20;

/** Catalog and labels as the explorer reads them: of a large atlas the columns at once, and a latent's row when it is opened. */
export async function openLatentTable(
  store: AtlasStore,
  large: number = LARGE,
): Promise<LatentTable> {
  return {
    columns: await latentColumns(store, large),
    row: oneByOne(store, "catalogJsonl", large, {
      parse: parseCatalogRow,
      latentOf: ({ index }: CatalogRow) => index,
      among: async (latent) => (await store.catalog())[latent],
    }),
    label: oneByOne(store, "labels", large, {
      parse: (value, path, place) => parseLabel(value, path, { place }),
      latentOf: ({ id }: Label) => id,
      among: async (latent) => (await store.labels()).get(latent),
    }),
  };
}

async function latentColumns(store: AtlasStore, large: number): Promise<LatentTable["columns"]> {
  if (await isLarge(store, "catalogJsonl", large)) {
    if (await store.isIntact("catalogParquet")) {
      const [{ n }, file] = [await store.sae(), store.file("catalogParquet")];
      const columns = await readCatalogColumns(file);
      checkComplete(columns.index, (latent) => latent, n, file);
      const family = new Array<number>(n).fill(-1);
      for (const one of await store.families()) {
        for (const latent of familyLatents(one))
          if (family[latent] < 0) family[latent] = one.parent;
      }
      return { ...columns, family };
    }
  }
  const rows = await store.catalog();
  return {
    ...(Object.fromEntries(
      [...SCALAR_COLUMNS, "keywords" as const].map((name) => [name, rows.map((row) => row[name])]),
    ) as unknown as Omit<LatentTable["columns"], "family">),
    family: rows.map(({ families }) => families.at(0)?.id ?? -1),
  };
}

type ByLatent = "catalogJsonl" | "labels";

async function isLarge(store: AtlasStore, name: ByLatent, large: number): Promise<boolean> {
  return ((await stat(store.file(name)).catch(() => undefined))?.size ?? 0) > large;
}

/** Reads a latent's line of a large file that is as the build wrote it, where they stand in order; else it is `among` all. */
function oneByOne<T>(
  store: AtlasStore,
  name: ByLatent,
  large: number,
  how: {
    parse: (value: unknown, path: string, place: string) => T;
    latentOf: (parsed: T) => number;
    among: (latent: number) => Promise<T | undefined>;
  },
): (latent: number) => Promise<T | undefined> {
  const file = store.file(name);
  const lines = onceDone(async () =>
    (await isLarge(store, name, large)) && (await store.isIntact(name))
      ? indexLines(file)
      : undefined,
  );
  return async (latent) => {
    const text = await (await lines())?.read(latent);
    if (text === undefined) return how.among(latent);
    const place = `line ${latent + 1}`;
    const parsed = how.parse(parseJson(text, `${file}: ${place}`), file, place);
    return how.latentOf(parsed) === latent ? parsed : how.among(latent);
  };
}
