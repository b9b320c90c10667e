import { coactivePartners } from "../../families/coactivation/coactive-partners.js";
import type { ExampleSource, InactiveKind } from "../../labels/examples/example.js";
import type { AtlasStore } from "../store.js";

/** Co-activation neighbours that hard inactive documents come from. */
const NEIGHBOURS = 10;

/** What an atlas's labels are made from; embeddings and co-activation are read only for the kinds that need them. */
export async function openLabelSource(
  data: AtlasStore,
  kinds: readonly InactiveKind[],
): Promise<ExampleSource> {
  const postings = await data.postings();
  const source: ExampleSource = { postings, documents: await data.documents() };
  if (kinds.includes("near")) source.embeddings = await data.embeddings();
  if (kinds.includes("neighbour")) {
    const partners = coactivePartners(await data.coactivation(), NEIGHBOURS);
    const of = (latent: number): number[] => partners[latent].map(({ index }) => index);
    source.neighbours = { postings, of };
  }
  return source;
}
