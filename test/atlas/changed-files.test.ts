import test from "ava";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { openAtlas } from "../../src/atlas/index.js";
import { readManifest } from "../../src/atlas/files/index.js";
import { FormatError, createRandom } from "../../src/core/index.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { campaign } from "../support/campaign.js";
import { inFolder } from "../support/folder.js";
import { damageStructure } from "../support/mutation/damage-structure.js";

/** For people and other tools; nothing reads them here. */
const WRITTEN_ONLY = ["catalog.csv", "catalog.parquet"];

test("a changed file of the build is named when an atlas is opened, and a damaged one refused, whatever is read", async (t) => {
  await inFolder(async (folder) => {
    const whole = await makeSmallAtlas(folder, 200);
    const manifest = await readManifest(whole);
    const names = Object.values(manifest?.steps ?? {}).flatMap(({ outputs }) =>
      Object.keys(outputs),
    );
    t.true(names.length >= 12, names.join(" "));
    const random = createRandom(5);
    for (const name of names) {
      const dir = path.join(folder, "changed");
      await cp(whole, dir, { recursive: true });
      const file = path.join(dir, name);
      const bytes = await readFile(file);
      const open = async (
        content: Uint8Array,
      ): Promise<{ warnings: string[]; error?: unknown }> => {
        await writeFile(file, content);
        const warnings: string[] = [];
        try {
          const atlas = await openAtlas(dir, { onWarning: (text) => void warnings.push(text) });
          await atlas.close();
          return { warnings };
        } catch (error) {
          return { warnings, error };
        }
      };
      t.deepEqual(await open(bytes), { warnings: [] }, name);
      const cut = await open(bytes.subarray(0, bytes.lastIndexOf("\n", bytes.length / 2) + 6));
      t.true(
        cut.warnings.some((text) => text.startsWith(`${file}: not the file`)),
        name,
      );
      t.is(cut.error instanceof FormatError, !WRITTEN_ONLY.includes(name), name);
      for (let round = 0; round < campaign(6, 1); round++) {
        const damaged = await damageStructure(name, bytes, random);
        const { warnings, error } = await open(damaged);
        if (bytes.equals(damaged)) continue;
        t.true(
          warnings.some((text) => text.startsWith(`${file}: not the file`)),
          name,
        );
        if (error === undefined) continue;
        t.true(error instanceof FormatError && error.message.includes(dir), name);
      }
      await writeFile(file, bytes);
    }
  });
});
