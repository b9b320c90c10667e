import type { FetchOptions, Hub } from "../../corpus/hub/hub.js";
import type { HubFile, HubRepo } from "../../corpus/hub/listing.js";
import {
  ATLAS_PARTS,
  RELEASED_CORPORA,
  RELEASED_PARTS,
  type ReleasedCorpus,
  type ReleasedFiles,
  pullReleased,
} from "../../corpus/hub/released.js";
import { type Command, type CommandOutput, UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { refuseOptions } from "../option-rules.js";
import { timeoutMsOf } from "../options.js";
import { formatRows } from "../results/rows.js";

const options = {
  k: option.count("k of the released SAE (default 64)"),
  n: option.count("n of the released SAE (default 9216)"),
  auxk: option.count("AuxK in the checkpoint's name (default: 2k if that file exists)"),
  parts: option.list(`files to fetch (default ${ATLAS_PARTS.join(",")})`, {
    choices: RELEASED_PARTS,
  }),
  "repo-type": option.text("kind of repository that OWNER/NAME is (default model)", {
    choices: ["model", "dataset"],
  }),
  revision: option.text("branch or commit (default main)"),
  list: option.flag("list the files of OWNER/NAME and fetch nothing"),
  endpoint: option.url("URL of the Hub (or set HF_ENDPOINT)"),
  cache: option.folder("folder for the downloads (or set HF_HUB_CACHE)"),
  timeout: option.number(
    "time without data, in seconds, after which a connection is given up (default 30)",
    { value: "SECONDS", least: 1 },
  ),
  offline: option.flag("use only the cache (or set HF_HUB_OFFLINE=1)"),
};

const OF_CORPUS = ["k", "n", "auxk", "parts"];
const OF_REPOSITORY = ["repo-type", "revision", "list"];

export const pullCommand: Command = defineCommand({
  name: "pull",
  group: "build",
  summary: "Download the paper's SAEs, embeddings, texts and labels, or any files from the Hub.",
  details:
    "NAME is csLG or astroPH, a corpus of the paper, or OWNER/NAME, a repository of the Hugging Face Hub; PATHs are files in it " +
    "(default: all of them). An interrupted download continues where it stopped; size and hash are checked against " +
    "the Hub's listing. The cache is shared with the Hub's own tools. Private repositories need a login with those tools, or HF_TOKEN.",
  example: "feature-families pull csLG --k 64 --n 9216",
  positionals: "<NAME> [PATH...]",
  options,
  async run(values, [name, ...paths], context) {
    const { onProgress, signal } = context;
    const corpus = RELEASED_CORPORA.find((known) => known === name);
    refuseOptions(`pull ${name}`, values, corpus === undefined ? OF_CORPUS : OF_REPOSITORY);
    if (values.list && paths.length > 0) {
      throw new UsageError("pull: --list takes no paths; it shows all files");
    }
    const { openHub } = await import("../../corpus/hub/hub.js");
    const { endpoint, cache } = values;
    // Without the flag the environment decides.
    const hub = openHub({
      ...{ endpoint, cache, offline: values.offline || undefined },
      stallMs: timeoutMsOf(values),
    });
    if (corpus !== undefined) {
      if (paths.length > 0)
        throw new UsageError(`pull: ${name} takes no paths; choose files with --parts`);
      const parts = values.parts ?? ATLAS_PARTS;
      return releasedOutput(
        await pullReleased(hub, corpus, parts, { ...values, onProgress, signal }),
        corpus,
      );
    }
    const repo: HubRepo = { kind: values.repoType ?? "model", id: name };
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

function choosePaths(repo: HubRepo, files: readonly HubFile[], paths: string[]): HubFile[] {
  if (paths.length === 0) return [...files];
  return paths.map((wanted) => {
    const file = files.find(({ path }) => path === wanted);
    if (file === undefined) {
      throw new UsageError(`pull: ${repo.id} has no file ${wanted}; --list shows its files`);
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
  const next = `feature-families build --corpus ${corpus} builds its atlas`;
  return { json: found, lines: [...formatRows(rows), next] };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;
}
