import test from "ava";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { readNpyMatrix, writeNpy } from "../../src/files/index.js";
import { inFolder } from "../support/folder.js";
import { type HubServer, type ServedFile, startHub } from "../support/servers/hub-server.js";
import { type Outcome, runCli, runProcess } from "../support/cli/run-cli.js";
import { atLength } from "../support/campaign.js";
import { sharedPath } from "../support/shared.js";

const TOKEN = "hf_secretSecretSecret";
const reference = sharedPath("reference/csLG_16_1024_32.pth");

/** Runs a command that takes the hub and its cache from the environment: no other test may run beside. */
async function run(server: HubServer, folder: string, args: string[]): Promise<Outcome> {
  const env = {
    HF_ENDPOINT: server.endpoint,
    HF_TOKEN: TOKEN,
    HF_HUB_CACHE: path.join(folder, "cache"),
    HF_HUB_OFFLINE: "",
  };
  if (args[0] !== "pull") return runProcess(args, { env, cwd: folder });
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await runCli(args);
  } finally {
    process.env = before;
  }
}

async function withReleased(
  repos: Record<string, ServedFile[]>,
  use: (server: HubServer, folder: string) => Promise<void>,
): Promise<void> {
  const server = await startHub(repos);
  try {
    await inFolder((folder) => use(server, folder));
  } finally {
    await server.close();
  }
}

const file = (name: string, bytes: Buffer | string): ServedFile => ({
  path: name,
  bytes: Buffer.from(bytes),
  large: true,
});

test.serial("pull fetches any file of a repository, and says what it does not have", async (t) => {
  const repos = { "me/data": [file("a/one.npy", "one"), file("two.json", "two")] };
  await withReleased(repos, async (server, folder) => {
    const pull = (...args: string[]): Promise<Outcome> => run(server, folder, ["pull", ...args]);
    const one = await pull("me/data", "a/one.npy", "--repo-type", "dataset", "--json");
    t.is(one.code, 0, one.stderr);
    const { files } = JSON.parse(one.stdout) as { files: string[] };
    t.is(readFileSync(files[0], "utf8"), "one");
    t.true(files[0].includes("datasets--me--data"));
    const list = await pull("me/data", "--list");
    t.regex(list.stdout, /a\/one\.npy +0\.00 MB/);
    const none = await pull("me/data", "three");
    t.is(none.code, 2);
    t.regex(none.stderr, /has no file three/);
    const gone = await pull("me/other");
    t.is(gone.code, 1);
    t.regex(gone.stderr, /no such repository/);
    t.is((await pull()).code, 2);
    t.false([one, list, none, gone].some((o) => (o.stdout + o.stderr).includes(TOKEN)));
    const offline = await pull("me/data", "two.json", "--repo-type", "dataset", "--offline");
    t.regex(offline.stderr, /offline, and two\.json is not in the cache/);
  });
});

test.serial("an SAE that was not released is named with those that were", async (t) => {
  const repos = {
    "charlieoneill/embedding-saes": [
      file("astroPH_32_6144_48.pth", "a"),
      file("astroPH_32_6144_64.pth", "b"),
      file("csLG_16_12288_32.pth", "c"),
    ],
  };
  await withReleased(repos, async (server, folder) => {
    const pull = (...args: string[]): Promise<Outcome> =>
      run(server, folder, ["pull", ...args, "--parts", "sae", "--json"]);
    const wrong = await pull("csLG", "--k", "64", "--n", "3072");
    t.is(wrong.code, 1);
    t.regex(wrong.stderr, /no SAE of k 64 and n 3072 of csLG; it has csLG_16_12288_32\.pth/);
    const name = async (...args: string[]): Promise<string> => {
      const { stdout } = await pull("astroPH", "--k", "32", "--n", "6144", ...args);
      return path.basename((JSON.parse(stdout) as { sae: string[] }).sae[0]);
    };
    t.is(await name(), "astroPH_32_6144_64.pth");
    t.is(await name("--auxk", "48"), "astroPH_32_6144_48.pth");
    t.is((await pull("csLG", "me/file")).code, 2);
  });
});

test.serial(
  "build --corpus csLG builds an atlas from the released files and asks nothing twice",
  async (t) => {
    if (reference === undefined || !atLength) {
      t.log("skipped: ../shared/reference is not here, or this is not npm run test:all");
      t.pass();
      return;
    }
    const shared = (name: string): Buffer => readFileSync(path.join(path.dirname(reference), name));
    await inFolder(async (folder) => {
      const half = path.join(folder, "half.npy");
      const { rows, cols, data } = await readNpyMatrix(
        path.join(path.dirname(reference), "abstract_embeddings.npy"),
      );
      const texts = JSON.parse(shared("abstract_texts.json").toString()) as {
        doc_ids: string[];
        abstracts: string[];
      };
      await writeNpy(half, { shape: [rows, cols], data, dtype: "f2" });
      const repos = {
        "charlieoneill/embedding-saes": [
          file("csLG_16_1024_32.pth", shared("csLG_16_1024_32.pth")),
        ],
        "charlieoneill/saerch-ai-data": [
          file("csLG_abstract_embeddings_float16_float16.npy", readFileSync(half)),
          file(
            "csLG_abstract_texts.json",
            JSON.stringify({
              doc_ids: texts.doc_ids.slice(0, rows),
              abstracts: texts.abstracts.slice(0, rows),
            }),
          ),
        ],
      };
      await withReleased(repos, async (server) => {
        const args = ["build", "--corpus", "csLG", "--k", "16", "--n", "1024", "--no-figures"];
        const first = await run(server, folder, [...args, "--json"]);
        t.is(first.code, 0, first.stderr);
        const report = JSON.parse(first.stdout) as {
          documents: number;
          latents: number;
          k: number;
        };
        t.is(report.documents, rows);
        t.deepEqual([report.latents, report.k], [1024, 16]);
        t.true(existsSync(path.join(folder, "families/csLG/catalog.csv")));
        const fetched = server.ranges.length;
        t.is(fetched, 3);
        const second = await run(server, folder, args);
        t.regex(second.stdout, /nothing has changed/);
        t.is(server.ranges.length, fetched);
        const written = readdirSync(path.join(folder, "families/csLG"));
        for (const name of written) {
          t.false(readFileSync(path.join(folder, "families/csLG", name)).includes(TOKEN), name);
        }
      });
    });
  },
);

test.serial("a corpus file of that name is read instead of the released one", async (t) => {
  await withReleased({}, async (server, folder) => {
    await writeFile(path.join(folder, "csLG"), "x");
    const outcome = await run(server, folder, ["build", "--corpus", "csLG"]);
    t.is(outcome.code, 1);
    t.regex(outcome.stderr, /csLG/);
    t.is(server.seen.length, 0);
  });
});
