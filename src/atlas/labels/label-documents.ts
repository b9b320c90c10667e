import type { Postings } from "../../core/codes.js";
import { embeddingShape } from "../../sae/embedding-source.js";
import { LABEL_DOCUMENTS, readLabelDocuments } from "../../tasks/label-documents.js";
import { atlasCodesFolder } from "../files/atlas-codes.js";
import type { AtlasOptions } from "../options.js";
import type { AtlasStore } from "../store.js";

/** The texts that an atlas's keyword labels are made from, with the latents that are active in them; see readLabelDocuments. */
export async function atlasLabelDocuments(
  data: AtlasStore,
  { columns, onProgress, signal }: Pick<AtlasOptions, "columns" | "onProgress" | "signal">,
): Promise<{ texts: readonly string[]; postings: Postings }> {
  const { N } = await embeddingShape(await data.embeddingsFile());
  if (N <= LABEL_DOCUMENTS) return { texts: await data.texts(), postings: await data.postings() };
  const { openCodes } = await import("../../tasks/code-files.js");
  const store = await openCodes(atlasCodesFolder(data.dir));
  const options = { ...(await data.counting()), columns, onProgress, signal };
  return readLabelDocuments(store, data.paths.corpus, options);
}
