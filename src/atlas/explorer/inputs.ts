import { once, onceDone } from "../../core/once.js";
import {
  type ExplorerFiles,
  type ExplorerInputs,
  explorerFiles,
} from "../../explorer/data-files.js";
import { evidenceWithDocuments } from "../../labels/evidence/audit.js";
import type { DocumentColumns } from "../../explorer/format.js";
import { broadClasses } from "./broad-classes.js";
import { columnNames, readColumns } from "./document-columns.js";
import { indexEvidence } from "./evidence-index.js";
import { openLatentTable } from "./latent-table.js";
import type { AtlasStore } from "../store.js";

const BROAD = "broad class";

/** The files that the explorer's page reads of an atlas, each made when it is first asked for. */
export async function atlasFiles(
  store: AtlasStore,
  { compared, dir }: Pick<ExplorerInputs, "compared" | "dir"> = {},
): Promise<ExplorerFiles> {
  return explorerFiles({ ...(await gather(store)), compared, dir });
}

async function gather(store: AtlasStore): Promise<ExplorerInputs> {
  const [codes, postings] = await Promise.all([store.codes(), store.postings()]);
  const texts = once(
    async () => new Map((await store.documents()).map(({ id, text }) => [id, text])),
  );
  const classNames = (await store.classTree())?.names;
  const families = (await store.taxonomy())?.families?.families ?? [];
  const { n } = codes;
  return {
    name: store.name,
    document: async (row) => (await store.documentsAt([row]))[0],
    codes,
    postings,
    places: await store.places(),
    documentPlaces: await store.documentPlaces(),
    families: await store.families(),
    latents: await openLatentTable(store),
    evidence: onceDone(() => indexEvidence(store, n)),
    withTexts: async (evidence) => evidenceWithDocuments(evidence, await texts()),
    familyClasses: new Map(
      families.flatMap(({ parent, union: { classId, f1 } }) =>
        classId === undefined
          ? []
          : [[parent.latent, { f1, name: classNames?.get(classId) ?? classId }]],
      ),
    ),
    classNames,
    ...(await atlasColumns(store)),
  };
}

type Columns = Pick<ExplorerInputs, "columnNames" | "columns">;

const kept = new WeakMap<AtlasStore, () => Promise<Columns>>();

/**
 * Names of what documents can be coloured by: broad classes, where there is a tree, and the corpus's columns; and these. The
 * corpus is read for them once; what failed is tried again at the next call.
 */
export function atlasColumns(store: AtlasStore): Promise<Columns> {
  const open = kept.get(store) ?? onceDone(() => openColumns(store));
  kept.set(store, open);
  return open();
}

async function openColumns(store: AtlasStore): Promise<Columns> {
  const tree = await store.classTree();
  const names = await columnNames(store.paths.corpus);
  const columns = onceDone(async (): Promise<DocumentColumns> => {
    const { rows } = await store.codes();
    const own = await readColumns(store.paths.corpus, names, rows);
    if (tree === undefined) return own;
    const classes = (await store.documents()).map((document) => document.classes);
    return { [BROAD]: broadClasses(classes, tree), ...withClassNames(own, tree.names) };
  });
  return {
    columnNames: tree === undefined ? names : [BROAD, ...names],
    columns,
  };
}

/** The columns with classes by their readable names. */
function withClassNames(
  columns: DocumentColumns,
  names: ReadonlyMap<string, string> | undefined,
): DocumentColumns {
  for (const column of Object.values(columns)) {
    if (column.kind === "text") column.words = column.words.map((word) => names?.get(word) ?? word);
  }
  return columns;
}
