import type { FetchOptions, Hub, HubSnapshot } from "./hub.js";
import type { HubFile, HubRepo } from "./listing.js";

/** The two corpora of arXiv 2408.00657, by the names that its files carry. */
export const RELEASED_CORPORA = ["csLG", "astroPH"] as const;
export type ReleasedCorpus = (typeof RELEASED_CORPORA)[number];

/** What an atlas of a released corpus needs. */
export const ATLAS_PARTS = ["sae", "embeddings", "texts", "metadata", "labels"] as const;

/** What was released for each corpus. */
export const RELEASED_PARTS = [
  "sae",
  "embeddings",
  "texts",
  "metadata",
  "labels",
  "families",
  "matches",
  "codes",
  "rows",
] as const;
export type ReleasedPart = (typeof RELEASED_PARTS)[number];

/** Which of the released SAEs is meant. */
export interface ReleasedSae {
  /** Default 64. */
  k?: number;
  /** Default 9,216. */
  n?: number;
  /** The number at the end of the name, which the model card calls the batch size. Default 2k where there is one. */
  auxk?: number;
}

/** Paths on disk of the requested parts. */
export type ReleasedFiles = Partial<Record<ReleasedPart, string[]>>;

const SAES: HubRepo = { kind: "model", id: "charlieoneill/embedding-saes" };
const APP_DATA: HubRepo = { kind: "model", id: "charlieoneill/saerch-ai-data" };
const ROWS: Record<ReleasedCorpus, HubRepo> = {
  csLG: { kind: "dataset", id: "charlieoneill/csLG" },
  astroPH: { kind: "dataset", id: "JSALT2024-Astro-LLMs/astro_paper_corpus" },
};

/**
 * Fetches released files by short names: the SAE of a k and n, the embeddings (float16), texts, metadata, labels
 * (`feature_analysis_results`), families, matches across SAEs and codes of the web app, and the corpus's own rows in
 * Parquet. Row i of embeddings and texts is the same paper. Throws Error where a repository does not list what is
 * asked, with what it lists instead.
 */
export async function pullReleased(
  hub: Hub,
  corpus: ReleasedCorpus,
  parts: readonly ReleasedPart[] = ATLAS_PARTS,
  options: ReleasedSae & FetchOptions = {},
): Promise<ReleasedFiles> {
  const listings = new Map<string, Promise<HubSnapshot>>();
  const list = (repo: HubRepo): Promise<HubSnapshot> => {
    const listing = listings.get(repo.id) ?? hub.list(repo, "main", options);
    listings.set(repo.id, listing);
    return listing;
  };
  // All names are looked up before the first byte is fetched.
  const wanted: [ReleasedPart, HubSnapshot, HubFile[]][] = [];
  for (const part of new Set(parts)) {
    const snapshot = await list(repoOf(corpus, part));
    wanted.push([part, snapshot, chooseFiles(corpus, part, snapshot, options)]);
  }
  const found: ReleasedFiles = {};
  for (const [part, snapshot, files] of wanted) {
    const paths: string[] = [];
    for (const file of files) paths.push(await hub.fetch(snapshot, file, options));
    found[part] = paths;
  }
  return found;
}

function repoOf(corpus: ReleasedCorpus, part: ReleasedPart): HubRepo {
  if (part === "sae") return SAES;
  return part === "rows" ? ROWS[corpus] : APP_DATA;
}

function chooseFiles(
  corpus: ReleasedCorpus,
  part: ReleasedPart,
  { repo, files }: HubSnapshot,
  { k = 64, n = 9216, auxk }: ReleasedSae,
): HubFile[] {
  const pattern = namePattern(corpus, part, k, n);
  const matching = files.filter(({ path }) => pattern.test(path));
  const chosen = part === "sae" ? chooseSae(matching, auxk ?? 2 * k, auxk !== undefined) : matching;
  if (chosen.length > 0) return chosen;
  const like = files
    .map(({ path }) => path)
    .filter((path) => (part === "sae" ? path.endsWith(".pth") : true) && path.includes(corpus))
    .slice(0, 40);
  const what = part === "sae" ? `SAE of k ${k} and n ${n}${auxk ? ` and auxk ${auxk}` : ""}` : part;
  throw new Error(
    `${repo.id}: lists no ${what} of ${corpus}; it has ${like.length > 0 ? like.join(", ") : "nothing of it"}`,
  );
}

function chooseSae(files: HubFile[], auxk: number, exact: boolean): HubFile[] {
  const named = files.filter(({ path }) => path.endsWith(`_${auxk}.pth`));
  return (named.length > 0 || exact ? named : files).slice(0, 1);
}

// The web app's files say their number type once or twice at the end of their names.
function namePattern(corpus: ReleasedCorpus, part: ReleasedPart, k: number, n: number): RegExp {
  const types = "(?:_(?:float|int)\\d+)*";
  const stems: Record<ReleasedPart, string> = {
    sae: `${corpus}_${k}_${n}_\\d+\\.pth`,
    embeddings: `${corpus}_abstract_embeddings${types}\\.npy`,
    texts: `${corpus}_abstract_texts\\.json`,
    metadata: `${corpus}_paper_metadata\\.csv`,
    labels: `${corpus}_feature_analysis_results_${k}(?:_${n})?\\.json`,
    families: `${corpus}_(?:family_analysis|clean_families)_${k}_${n}\\.json`,
    matches: `${corpus}_nns_\\w+\\.json`,
    codes: `${corpus}_topk_(?:indices|values)_${k}_${n}${types}\\.npy`,
    rows: ".+\\.parquet",
  };
  return new RegExp(`^(?:.*/)?${stems[part]}$`);
}
