import path from "node:path";
import { sha256File, sha256Json } from "../../files/atomic-file.js";
import { writeJson } from "../../files/json.js";
import {
  type Coactivation,
  computeCoactivation,
} from "../../families/coactivation/coactivation.js";
import { extractReferenceFamilies } from "../../families/extract/reference-families.js";
import { extractFamilies } from "../../families/extract/extract-families.js";
import { permuteCodes } from "../../compare/permute-codes.js";
import { readAnalysis } from "../../labels/paper/analysis.js";
import type { AnalysisRow } from "../../labels/paper/clean-labels.js";
import { type LatentPartners, matchPartners, seedStability } from "../../compare/seed-stability.js";
import { documentStability } from "../../compare/document-stability.js";
import { type StabilityParts, reportStability } from "../../compare/stability-report.js";
import { createRandom } from "../../core/random.js";
import { loadSae } from "../../sae/checkpoint.js";
import type { Sae } from "../../sae/sae.js";
import { encodeEmbeddings } from "../../sae/encode.js";
import { checkpointFiles } from "../../sae/formats/raw.js";
import type { AtlasBuild } from "./atlas-build.js";
import {
  familyCoactivation,
  familyCodes,
  familyCounting,
  sampleNote,
} from "../files/coactivation.js";
import { ATLAS_FILES, seedSaeFile } from "../files/files.js";
import { type FoundFamilies, findFamilies } from "./find-families.js";
import { runTraining } from "./model-steps.js";
import type { AtlasTraining } from "../options.js";
import type { Family } from "../../records/family.js";
import { interruptible } from "../../core/interrupt.js";

const STEP = "stability";
const SEED_STEP = /^train-seed-\d+$/;
/** Resamples of permuted codes: only their mean is reported. */
const PERMUTED_RESAMPLES = 20;

/** An SAE to compare with, by its seed or file. */
interface OtherSae {
  name: string;
  path: string;
  /** Where the file does not have it. */
  k?: number;
}

/**
 * Measures how reproducible the families are, where that is asked for. Else what was measured stays as long as it is
 * about the families that the build will find.
 */
export async function stabilityStep(build: AtlasBuild): Promise<void> {
  const { runner, options, hashes } = build;
  const { stability, seed = 0 } = options;
  const basis = familyBasis(build, await build.data.sae());
  if (runner.ran.includes("train")) await dropSeeds(build);
  if (stability === undefined) {
    await runner.keepOrDrop(
      STEP,
      (record) => (record.options as { basis?: string }).basis === basis,
    );
    return;
  }
  const { resamples = 100, scheme = "subsample", share = 0.5, k } = stability;
  const others = await prepareOthers(build);
  await runner.step(
    {
      name: STEP,
      version: 1,
      inputs: { sae: hashes.sae, others: sha256Json(await Promise.all(others.map(hashSae))) },
      options: { basis, resamples, scheme, share, seed, saes: others.map(({ name }) => name), k },
      outputs: [ATLAS_FILES.stability],
    },
    async () => {
      const drawn = { resamples, scheme, share: scheme === "subsample" ? share : null, seed };
      const parts = await measureStability(build, drawn, others);
      await writeJson(path.join(options.dir, ATLAS_FILES.stability), reportStability(parts));
    },
  );
}

/** A hash of all that families come from, so that it is known beforehand whether they are those that were measured. */
export function familyBasis(
  { options, hashes }: Pick<AtlasBuild, "options" | "hashes">,
  sae: Sae,
): string {
  const { compat = false, threshold } = options;
  const { leading } = familyCounting(sae, options);
  const sample = sampleNote(options);
  const basis = [hashes.codes, hashes.analysis, compat, threshold ?? null];
  return sha256Json([...basis, ...(leading ? [{ leading }] : []), ...(sample ? [sample] : [])]);
}

async function measureStability(
  { options, data }: AtlasBuild,
  drawn: StabilityParts["drawn"],
  others: readonly OtherSae[],
): Promise<StabilityParts> {
  const { compat, threshold, onProgress } = options;
  const signal = interruptible(options.signal);
  const analysis = await readAnalysis(options.analysis);
  const sae = await data.sae();
  const find = (coactivation: Coactivation): FoundFamilies =>
    findFamilies(coactivation, { analysis, compat, threshold, prefixes: sae.prefixes });
  const codes = await familyCodes(data, options);
  const counting = familyCounting(sae, options);
  const { resamples, scheme, seed } = drawn;
  const drawing = { scheme, share: drawn.share ?? undefined, seed, ...counting, signal };
  const result = find(await familyCoactivation(data, options));
  const documents = await documentStability(codes, result, find, {
    ...drawing,
    resamples,
    onProgress,
  });
  const dealt = permuteCodes(codes, createRandom(seed));
  const permuted = await documentStability(
    dealt,
    find(computeCoactivation(dealt, { ...counting, signal })),
    find,
    { ...drawing, resamples: Math.min(resamples, PERMUTED_RESAMPLES) },
  );
  const parts: StabilityParts = { result, documents, drawn, permuted };
  if (others.length === 0) return parts;
  const compared = [];
  for (const other of others) {
    signal?.throwIfAborted();
    const found = await compareSae({ options, data }, other, { result, analysis });
    compared.push({ name: other.name, ...found });
  }
  return {
    ...parts,
    seeds: { stability: seedStability(result, compared, { seed }), saes: compared },
  };
}

/** Matches another SAE to the atlas's and finds its families the same way. */
async function compareSae(
  { options, data }: Pick<AtlasBuild, "options" | "data">,
  { path: file, k }: OtherSae,
  { result, analysis }: { result: FoundFamilies; analysis?: readonly AnalysisRow[] },
): Promise<{ partners: LatentPartners; families: Family[] }> {
  const { embeddings, threshold, compat, seed = 0, onProgress } = options;
  const signal = interruptible(options.signal);
  const engine = await data.engine();
  const sae = await loadSae(file, { k });
  const partners = await matchPartners((await data.sae()).decoder, sae.decoder, engine, {
    seed,
    signal,
  });
  const all = await encodeEmbeddings(sae, embeddings, { engine, onProgress, signal });
  const codes = await familyCodes({ codes: () => Promise.resolve(all) }, options);
  const coactivation = computeCoactivation(codes, { ...familyCounting(sae, options), signal });
  if (analysis === undefined) {
    const { families } = extractFamilies(coactivation, { threshold, prefixes: sae.prefixes });
    return { partners, families };
  }
  // The analysis is about the atlas's own SAE: of the other the latents that match one that passed.
  const nodes = (result.clean ?? []).flatMap(({ latent, label }) => {
    const partner = partners.partner[latent];
    const density = coactivation.counts[partner] / coactivation.documents;
    return partner < 0 ? [] : [{ latent: partner, label, density }];
  });
  const { families } = compat
    ? extractReferenceFamilies(coactivation, nodes)
    : extractFamilies(coactivation, {
        ...{ threshold, prefixes: sae.prefixes },
        nodes: nodes.map(({ latent }) => latent),
      });
  return { partners, families };
}

/** Trains the SAEs of other seeds that are not there yet, and lists them before the files that were given. */
async function prepareOthers(build: AtlasBuild): Promise<OtherSae[]> {
  const { options, data } = build;
  const { seeds = 0, saes = [], k: keeps, training: own } = options.stability ?? {};
  const others: OtherSae[] = [];
  if (seeds > 0) {
    const { k, n } = await data.sae();
    const training = { k, n, ...options.training, ...withoutUndefined(own) };
    if (!isComplete(training)) {
      throw new TypeError(
        "stability: this atlas did not train its SAE: pass epochs and lr for SAEs of other seeds, or seeds: 0",
      );
    }
    const first = (options.seed ?? 0) + 1;
    for (let seed = first; seed < first + seeds; seed++) {
      options.signal?.throwIfAborted();
      const file = seedSaeFile(seed);
      await runTraining(build, `train-seed-${seed}`, { ...training, seed }, { sae: file });
      others.push({ name: `seed ${seed}`, path: path.join(options.dir, file) });
    }
  }
  return [...others, ...saes.map((file) => ({ name: path.basename(file), path: file, k: keeps }))];
}

/** Drops the SAEs of other seeds: the atlas's own was trained otherwise. */
async function dropSeeds({ runner }: AtlasBuild): Promise<void> {
  for (const name of Object.keys(runner.manifest.steps)) {
    if (SEED_STEP.test(name)) await runner.dropStep(name);
  }
}

function isComplete(training: Partial<AtlasTraining>): training is AtlasTraining {
  return training.epochs !== undefined && training.lr !== undefined;
}

function withoutUndefined<T extends object>(values: T = {} as T): Partial<T> {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Partial<T>;
}

async function hashSae({ path: file }: OtherSae): Promise<string[]> {
  return Promise.all((await checkpointFiles(file)).map(sha256File));
}
