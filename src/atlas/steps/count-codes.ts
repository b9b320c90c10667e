import type { Coactivation, PairOptions } from "../../families/coactivation/coactivation.js";
import type { AtlasOptions } from "../options.js";

/** Where a call's codes lie. */
export interface CountedCodes {
  codes: string;
  /** Latents, where the files do not note it. */
  n?: number;
  /** Documents counted at a time. Default all; of shards 1,000,000. */
  groupDocuments?: number;
}

/**
 * The co-activation of a folder of codes, counted in each of these ways while they are read once: of shards in groups, in memory that
 * does not grow with the documents.
 */
export async function countCodes(
  command: "families" | "map",
  { codes: folder, n, groupDocuments }: CountedCodes,
  countings: readonly PairOptions[],
  { onProgress, signal }: Pick<AtlasOptions, "onProgress" | "signal">,
): Promise<Coactivation[]> {
  const { openCodes } = await import("../../tasks/code-files.js");
  const store = await openCodes(folder, { n });
  if (groupDocuments !== undefined || store.shards !== undefined) {
    const { coactivationsFromBlocks } = await import("../../tasks/block-coactivation.js");
    const options = { groupDocuments, documents: store.rows, onProgress, signal };
    return coactivationsFromBlocks(store.blocks(), countings, options);
  }
  const { computeCoactivation } = await import("../../families/coactivation/coactivation.js");
  const { readCodes } = await import("../../files/codes.js");
  const { requireCodesSize } = await import("./check-sizes.js");
  const read = await readCodes(folder, { n });
  await requireCodesSize(command, read);
  return countings.map((counting) =>
    computeCoactivation(read, { ...counting, onProgress, signal }),
  );
}
