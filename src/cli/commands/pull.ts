import { type FetchOptions, type Hub, openHub } from "../../corpus/hub/hub.js";
import type { HubFile, HubRepo } from "../../corpus/hub/listing.js";
import {
  ATLAS_PARTS,
  RELEASED_CORPORA,
  RELEASED_PARTS,
  type ReleasedCorpus,
  type ReleasedFiles,
  type ReleasedPart,
  pullReleased,
} from "../../corpus/hub/released.js";
import { type Command, type CommandOutput, UsageError, defineCommand } from "../command.js";
import { formatRows } from "../text.js";

const options = {
  k: { type: "integer", least: 1, about: "k of the released SAE (default 64)" },
  n: { type: "integer", least: 1, about: "n of the released SAE (default 9216)" },
  auxk: { type: "integer", least: 1, about: "last number of its name (default 2k where it is)" },
  parts: {
    type: "string",
    value: "LIST",
    about: `of ${RELEASED_PARTS.join(", ")} (default ${ATLAS_PARTS.join(",")})`,
  },
  dataset: { type: "boolean", about: "OWNER/NAME is a dataset, not a model" },
  revision: { type: "string", value: "NAME", about: "branch or commit (default main)" },
  list: { type: "boolean", about: "only list the files of OWNER/NAME" },
  endpoint: { type: "string", value: "URL", about: "the hub (default HF_ENDPOINT)" },
  cache: { type: "string", value: "DIR", about: "folder of the downloads (default HF_HUB_CACHE)" },
  offline: { type: "boolean", about: "ask nothing, give what the cache has (or HF_HUB_OFFLINE=1)" },
} as const;

export const pullCommand: Command = defineCommand({
  name: "pull",
  summary: "Fetch the paper's released SAEs, embeddings, texts and labels, or any file of the hub.",
  details:
    "csLG and astroPH stand for the paper's two corpora; OWNER/NAME and paths for any repository (without a\n" +
    "path: all of it). A download that was cut or killed goes on where it was; size and hash are compared with\n" +
    "the hub's listing. The cache is the one that the hub's own tools use. HF_TOKEN opens private repositories.",
  example: "feature-families pull csLG --k 64 --n 9216",
  positionals: "csLG | astroPH | OWNER/NAME [PATH…]",
  options,
  async run(values, [name, ...paths], context) {
    const { onProgress, signal } = context;
    if (name === undefined) {
      throw new UsageError("pull: name csLG, astroPH or a repository as OWNER/NAME");
    }
    const { endpoint, cache } = values;
    // Without the flag the environment decides.
    const hub = openHub({ endpoint, cache, offline: values.offline || undefined });
    const corpus = RELEASED_CORPORA.find((known) => known === name);
    if (corpus !== undefined) {
      if (paths.length > 0) throw new UsageError(`pull: ${name} takes no paths; see --parts`);
      const parts = parseParts(values.parts);
      return releasedOutput(
        await pullReleased(hub, corpus, parts, { ...values, onProgress, signal }),
        corpus,
      );
    }
    const repo: HubRepo = { kind: values.dataset ? "dataset" : "model", id: name };
    const snapshot = await hub.list(repo, values.revision, { signal });
    if (values.list) return listing(snapshot.files);
    const chosen = choosePaths(repo, snapshot.files, paths);
    context.note(
      `${chosen.length} files, ${megabytes(chosen.reduce((sum, { size }) => sum + size, 0))}`,
    );
    const places = await fetchAll(hub, snapshot, chosen, { onProgress, signal });
    return { json: { repo: name, commit: snapshot.commit, files: places }, lines: places };
  },
});

async function fetchAll(
  hub: Hub,
  snapshot: Parameters<Hub["fetch"]>[0],
  files: readonly HubFile[],
  options: FetchOptions,
): Promise<string[]> {
  const places: string[] = [];
  for (const file of files) places.push(await hub.fetch(snapshot, file, options));
  return places;
}

function parseParts(text: string | undefined): readonly ReleasedPart[] {
  if (text === undefined) return ATLAS_PARTS;
  return text.split(",").map((word) => {
    const part = RELEASED_PARTS.find((known) => known === word.trim());
    if (part === undefined) {
      throw new UsageError(`pull: --parts takes ${RELEASED_PARTS.join(", ")}, got "${word}"`);
    }
    return part;
  });
}

function choosePaths(repo: HubRepo, files: readonly HubFile[], paths: string[]): HubFile[] {
  if (paths.length === 0) return [...files];
  return paths.map((wanted) => {
    const file = files.find(({ path }) => path === wanted);
    if (file === undefined) {
      throw new UsageError(`pull: ${repo.id} has no file ${wanted}; --list shows what it has`);
    }
    return file;
  });
}

function listing(files: readonly HubFile[]): CommandOutput {
  return {
    json: files,
    lines: formatRows(files.map(({ path, size }) => [path, megabytes(size)])),
  };
}

function releasedOutput(found: ReleasedFiles, corpus: ReleasedCorpus): CommandOutput {
  const rows = Object.entries(found).flatMap(([part, places]) =>
    places.map((place): [string, string] => [part, place]),
  );
  const next = `feature-families demo --corpus ${corpus} builds its atlas`;
  return { json: found, lines: [...formatRows(rows), next] };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;
}
