import test from "ava";
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { atLength } from "../support/campaign.js";
import type { LayoutAnswer } from "../support/children/layout-child.js";

const CHILD = fileURLToPath(new URL("../support/children/layout-child.js", import.meta.url));
const CONSUMERS = path.resolve("test/consumers/node_modules");
const RUNTIMES = {
  "Node 22": path.join(CONSUMERS, "node-22-linux-x64/bin/node"),
  "Node 24": path.join(CONSUMERS, "node-24-linux-x64/bin/node"),
  Deno: path.join(CONSUMERS, "@deno/linux-x64-glibc/deno"),
};
/** Of the layout of made-up points: whatever changes it changes every map. */
const POINTS = "8b89bd6fad94941e0f8323735e40da322dff3c4dd18bf21b9b7e09f7402766bc";

async function ask(execPath: string): Promise<LayoutAnswer> {
  const execArgv = execPath === RUNTIMES.Deno ? ["run", "--allow-all", "--quiet"] : [];
  const child = fork(CHILD, [], { execPath, execArgv });
  const message = once(child, "message");
  const gone = once(child, "close").then(([code]) => {
    throw new Error(`the child ended with ${code}`);
  });
  const [answer] = (await Promise.race([message, gone])) as [LayoutAnswer];
  await gone.catch(() => undefined);
  return answer;
}

const here = ask(process.execPath);

test("a map's bytes are those of any number of threads", async (t) => {
  const { points, sample } = await here;
  t.deepEqual(points, [POINTS, POINTS, POINTS]);
  t.deepEqual(sample, [sample[0], sample[0], sample[0]]);
});

for (const [name, execPath] of Object.entries(RUNTIMES)) {
  (atLength ? test : test.skip)(`a map's bytes are the same in ${name}`, async (t) => {
    if (!existsSync(execPath)) {
      t.log("skipped: npm --prefix test/consumers ci was not run");
      t.pass();
      return;
    }
    t.deepEqual(await ask(execPath), await here);
  });
}
