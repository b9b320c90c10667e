import type { Coactivation } from "../../families/coactivation/coactivation.js";
import type { AtlasOptions } from "../options.js";

/** Where a call's codes lie and how they are counted. */
export interface CountedCodes {
  codes: string;
  /** Latents, where the files do not note it. */
  n?: number;
  skipZeros?: boolean;
  leading?: boolean;
  /** Documents counted at a time. Default all; of shards 1,000,000. */
  groupDocuments?: number;
}

/** The co-activation of a folder of codes: of shards in groups, in memory that does not grow with the documents. */
export async function countCodes(
  command: "families" | "map",
  { codes: folder, n, skipZeros, leading, groupDocuments }: CountedCodes,
  { onProgress, signal }: Pick<AtlasOptions, "onProgress" | "signal">,
): Promise<Coactivation> {
  const { openCodes } = await import("../../tasks/code-files.js");
  const store = await openCodes(folder, { n });
  if (groupDocuments !== undefined || store.shards !== undefined) {
    const { coactivationFromBlocks } = await import("../../tasks/block-coactivation.js");
    const options = { skipZeros, leading, groupDocuments, onProgress, signal };
    return coactivationFromBlocks(store.blocks(), { ...options, documents: store.rows });
  }
  const { computeCoactivation } = await import("../../families/coactivation/coactivation.js");
  const { readCodes } = await import("../../files/codes.js");
  const { requireCodesSize } = await import("./check-sizes.js");
  const read = await readCodes(folder, { n });
  await requireCodesSize(command, read);
  return computeCoactivation(read, { skipZeros, leading, onProgress, signal });
}
