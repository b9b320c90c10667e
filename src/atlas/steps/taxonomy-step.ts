import path from "node:path";
import { ownValue } from "../../core/collections.js";
import { invertCodes } from "../../core/codes.js";
import { interruptible } from "../../core/interrupt.js";
import { sha256File, sha256Json } from "../../files/atomic-file.js";
import { readCheckedJson } from "../../files/checked-json.js";
import { writeJson } from "../../files/json.js";
import { embeddingShape } from "../../sae/embedding-source.js";
import type { LatentMatch } from "../../taxonomy/best-class.js";
import type { ClassIndex } from "../../taxonomy/class-index.js";
import { reportTaxonomy } from "../../taxonomy/taxonomy-report.js";
import { taxonomySchema } from "../../taxonomy/taxonomy-schema.js";
import { type UnitAgreement, unitAgreement } from "../../taxonomy/unit-agreement.js";
import { type BaselineUnits, baselineUnits } from "../baselines.js";
import { ATLAS_FILES } from "../files/files.js";
import { embeddingsOf } from "../options.js";
import type { AtlasBuild } from "./atlas-build.js";

const STEP = "taxonomy";
/** Documents times units times width up to which a build finds units that take no training: some 15 s on two cores. */
const QUICK = 2 ** 37;

/** Compares latents, edges and families with the corpus's classes; without classes there is no report. */
export async function taxonomyStep(build: AtlasBuild): Promise<void> {
  const { runner, options, hashes, data } = build;
  const { baselines, seed = 0 } = options;
  const index = await data.classIndex();
  if (index === undefined) return runner.dropStep(STEP);
  // What units to hold the latents against come from, which families and labels have no part in.
  const basis = sha256Json([hashes.codes, hashes.corpus, hashes.classTree, seed]);
  await runner.step(
    {
      name: STEP,
      version: 3,
      inputs: {
        corpus: hashes.corpus,
        classTree: hashes.classTree,
        codes: hashes.codes,
        forest: runner.outputHash(ATLAS_FILES.forest),
        families: runner.outputHash(ATLAS_FILES.families),
      },
      options: { basis, ...(baselines && { baselines }) },
      outputs: [ATLAS_FILES.taxonomy],
    },
    async () => {
      const forest = await data.forest();
      const families = await data.families();
      const report = reportTaxonomy(await data.postings(), index, {
        edges: Array.from(forest.from, (parent, e) => ({
          parent,
          child: forest.to[e],
          weight: forest.weight[e],
        })),
        families: families.map(({ parent, members }) => ({
          parent,
          members: members.map(({ latent }) => latent),
        })),
        signal: options.signal,
      });
      const known = await knownBaselines(build, basis);
      const measured = await measureUnits(build, index, report.matches, known);
      await writeJson(path.join(options.dir, ATLAS_FILES.taxonomy), {
        ...report,
        ...(measured.length > 0 && { baselines: measured }),
      });
    },
  );
}

/** Units that were measured before, where that was of the same basis; none where their file is not as it was written. */
async function knownBaselines({ runner }: AtlasBuild, basis: string): Promise<UnitAgreement[]> {
  const record = ownValue(runner.manifest.steps, STEP);
  if ((record?.options as { basis?: string } | undefined)?.basis !== basis) return [];
  const file = path.join(runner.dir, ATLAS_FILES.taxonomy);
  const hash = await sha256File(file).catch(() => undefined);
  if (hash !== record?.outputs[ATLAS_FILES.taxonomy]) return [];
  return (await readCheckedJson(file, taxonomySchema)).baselines ?? [];
}

/**
 * K-means and random documents where they are quickly found, and with `baselines` an SAE with a random decoder as well; what
 * is known is not measured again.
 */
async function measureUnits(
  { options, data }: AtlasBuild,
  index: ClassIndex,
  matches: readonly LatentMatch[],
  known: readonly UnitAgreement[],
): Promise<UnitAgreement[]> {
  const { training, seed, baselines = false, onProgress } = options;
  const signal = interruptible(options.signal);
  const { k, n } = await data.sae();
  const { N, d } = await embeddingShape(embeddingsOf(options));
  const isQuick = N >= n && (baselines || N * n * d <= QUICK);
  const wanted: readonly [BaselineUnits, boolean][] = [
    ["k-means", isQuick],
    ["random documents", isQuick],
    ["random decoder", baselines],
  ];
  const measured: UnitAgreement[] = [];
  for (const [units, isWanted] of wanted) {
    const before = known.find((one) => one.units === units);
    if (before !== undefined) measured.push(before);
    if (before !== undefined || !isWanted) continue;
    const { codes, normalizedMse } = await baselineUnits(units, await data.embeddings(), {
      ...{ k, n, training, seed, engine: await data.engine(), onProgress, signal },
    });
    const postings = invertCodes(codes, { skipZeros: true });
    const found = unitAgreement(units, postings, index, { matches, signal });
    measured.push({ ...found, ...(normalizedMse !== undefined && { normalizedMse }) });
  }
  return measured;
}
