import test from "ava";
import { readFileSync } from "node:fs";
import path from "node:path";
import { makePlan, runPlan } from "../../src/tasks/index.js";
import { type Outcome, runCli } from "../support/cli/run-cli.js";
import { unevenCodes, writeCodesPair } from "../support/embeddings.js";
import { inFolder } from "../support/folder.js";

test("families across prefixes are the same from the totals of a plan as from codes", async (t) => {
  await inFolder(async (folder) => {
    await writeCodesPair(folder, unevenCodes(900, 8, 60, 1));
    const [plan, old] = ["run", "old"].map((name) => path.join(folder, name));
    const words = ["--prefixes", "12,60", "--threshold", "0.01", "--min-children", "2"];
    const find = async (from: string[], out: string): Promise<Outcome> =>
      runCli(["families", ...from, ...words, "--out", path.join(folder, out)]);
    await runPlan(await planned(plan, true));
    await runPlan(await planned(old, false));
    t.is((await find(["--plan", path.join(plan, "plan.json")], "a.json")).code, 0);
    t.is((await find(["--codes", folder, "--group-documents", "300"], "b.json")).code, 0);
    const [a, b] = ["a.json", "b.json"].map((name) =>
      readFileSync(path.join(folder, name), "utf8"),
    );
    t.is(a, b);
    t.true(Object.keys(JSON.parse(a) as object).length > 0);
    const { code, stderr } = await find(["--plan", path.join(old, "plan.json")], "c.json");
    t.is(code, 1);
    t.regex(stderr, /plan again with leading \(task plan --leading\)/);

    async function planned(out: string, leading: boolean): Promise<string> {
      await makePlan(out, { codes: folder, groupDocuments: 300, leading });
      return path.join(out, "plan.json");
    }
  });
});
