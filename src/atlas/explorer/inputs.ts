import {
  type ExplorerFiles,
  type ExplorerInputs,
  explorerFiles,
} from "../../explorer/data-files.js";
import { auditAtlas } from "../labels/audit-atlas.js";
import type { AtlasStore } from "../store.js";

/** The files that the explorer's page reads of an atlas, each made when it is first asked for. */
export async function atlasFiles(store: AtlasStore): Promise<ExplorerFiles> {
  return explorerFiles(await gather(store));
}

async function gather(store: AtlasStore): Promise<ExplorerInputs> {
  const [documents, codes, postings] = await Promise.all([
    store.documents(),
    store.codes(),
    store.postings(),
  ]);
  const classNames = (await store.classTree())?.names;
  const families = (await store.taxonomy())?.families?.families ?? [];
  return {
    name: store.name,
    documents,
    codes,
    postings,
    places: await store.places(),
    families: await store.families(),
    catalog: await store.catalog(),
    labels: await store.labels(),
    // No examples beside the evidence: the page takes them from the postings.
    audit: await auditAtlas(store, { examples: 1 }),
    familyClasses: new Map(
      families.flatMap(({ parent, union: { classId, f1 } }) =>
        classId === undefined
          ? []
          : [[parent.latent, { f1, name: classNames?.get(classId) ?? classId }]],
      ),
    ),
    classNames,
  };
}
