import test from "ava";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { openAtlas } from "../../src/atlas/index.js";
import { FormatError } from "../../src/core/index.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { runCli } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";

test("an atlas whose inputs were moved opens where they are named, by the command line and by openAtlas, and keeps their places", async (t) => {
  await inFolder(async (folder) => {
    const dir = await makeSmallAtlas(folder, 200);
    const [corpus, embeddings] = ["corpus.jsonl", "embeddings.npy"].map((name) =>
      path.join(folder, "there", name),
    );
    const move = async (from: string, to: string): Promise<void> => {
      await mkdir(path.join(folder, to), { recursive: true });
      for (const name of ["corpus.jsonl", "embeddings.npy"]) {
        await rename(path.join(folder, from, name), path.join(folder, to, name));
      }
    };
    await move(".", "there");
    const search = ["search", "--vector", `${embeddings}:3`, "--atlas", dir];
    const lost = await runCli(search);
    t.is(lost.code, 1);
    t.regex(
      lost.stderr,
      /embeddings\.npy: no such file: pass its new path as --embeddings, or as the option embeddings/,
    );
    const unread = await openAtlas(dir);
    await t.throwsAsync(unread.documents(), {
      instanceOf: FormatError,
      message: /as --corpus, or as the option corpus/,
    });
    await unread.close();

    const other = path.join(folder, "other.jsonl");
    await writeFile(other, `${await readFile(corpus, "utf8")}\n`);
    const wrong = await runCli([...search, "--corpus", other]);
    t.is(wrong.code, 1);
    t.regex(
      wrong.stderr,
      /other\.jsonl: not the corpus that .* was made from, whose SHA-256 is [0-9a-f]{12}….*--corpus/,
    );
    await t.throwsAsync(openAtlas(dir, { embeddings: path.join(folder, "none.npy") }), {
      instanceOf: FormatError,
      message: /none\.npy: no such file; expected the embeddings that .*--embeddings/,
    });
    // One is enough where the other lies beside it.
    const found = await runCli([...search, "--corpus", corpus, "--json"]);
    t.is(found.code, 0, found.stderr);
    t.is((JSON.parse(found.stdout) as { results: { row: number }[] }).results[0].row, 3);
    t.is((await runCli(search)).code, 0);

    await move("there", "elsewhere");
    const place = (name: string): string => path.join(folder, "elsewhere", name);
    const atlas = await openAtlas(dir, {
      corpus: place("corpus.jsonl"),
      embeddings: place("embeddings.npy"),
    });
    t.is((await atlas.documents()).length, 200);
    t.is((await atlas.embeddings()).rows, 200);
    // What brings the atlas up to date finds them, too.
    await atlas.rename(1, "a name of my own");
    await atlas.close();
  });
});
