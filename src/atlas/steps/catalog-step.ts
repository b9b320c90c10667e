import { buildCatalog } from "../../catalog/catalog.js";
import { writeCatalog } from "../../catalog/write.js";
import { cosineNeighbours } from "../../projection/neighbours.js";
import { contrastsByLatent, savedContrasts } from "../contrast/saved-contrasts.js";
import { chanceByLatent } from "../../taxonomy/taxonomy-report.js";
import type { AtlasBuild } from "./atlas-build.js";
import { sampleNote } from "../files/coactivation.js";
import { ATLAS_FILES } from "../files/files.js";
import { NEIGHBOURS } from "./map-steps.js";

/** Writes the catalog: all that is known of each latent, a row a latent. */
export async function catalogStep({ runner, options, hashes, data }: AtlasBuild): Promise<void> {
  const hasClasses = (await data.classIndex()) !== undefined;
  const { labels, families, map, taxonomy, stability, contrasts } = ATLAS_FILES;
  await runner.step(
    {
      name: "catalog",
      version: 6,
      inputs: {
        corpus: hashes.corpus,
        codes: hashes.codes,
        sae: hashes.sae,
        labels: runner.outputHash(labels),
        families: runner.outputHash(families),
        map: runner.outputHash(map),
        taxonomy: hasClasses ? runner.outputHash(taxonomy) : "",
        stability: runner.findOutputHash(stability) ?? "",
        contrasts: runner.findOutputHash(contrasts) ?? "",
      },
      options: { ...sampleNote(options) },
      outputs: [ATLAS_FILES.catalogJsonl, ATLAS_FILES.catalogCsv, ATLAS_FILES.catalogParquet],
    },
    async () => {
      const { decoder } = await data.sae();
      const taxonomyReport = await data.taxonomy();
      const neighbours = await cosineNeighbours(decoder, NEIGHBOURS, await data.engine());
      const rows = buildCatalog({
        postings: await data.postings(),
        documents: await data.documents(),
        labels: [...(await data.labels()).values()],
        families: await data.families(),
        stability: (await data.stability())?.latents?.map((latent) => latent.stability),
        places: await data.places(),
        neighbours,
        coactivation: await data.coactivation(),
        matches: taxonomyReport?.matches,
        heldOutF1: taxonomyReport?.heldOutF1,
        baselines: taxonomyReport?.baselines,
        chanceF1: taxonomyReport && chanceByLatent(taxonomyReport),
        classNames: (await data.classTree())?.names,
        contrasts: contrastsByLatent(await savedContrasts(data)),
      });
      await writeCatalog(options.dir, rows);
    },
  );
}
