import test from "ava";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { atLength } from "../support/campaign.js";
import type { KernelsAnswer } from "../support/children/kernels-child.js";

const CHILD = fileURLToPath(new URL("../support/children/kernels-child.js", import.meta.url));
const DENO = path.resolve("test/consumers/node_modules/@deno/linux-x64-glibc/deno");

async function ask(flags: string[], ...args: string[]): Promise<KernelsAnswer> {
  // A large young generation, so that no collection hides what a step leaves behind.
  const execArgv = ["--expose-gc", "--max-semi-space-size=64", "--min-semi-space-size=64"];
  const env = { ...process.env, NODE_NO_WARNINGS: "1" };
  return answerOf(fork(CHILD, args, { execArgv: [...execArgv, ...flags], env }));
}

async function answerOf(child: ChildProcess): Promise<KernelsAnswer> {
  const message = once(child, "message");
  const gone = once(child, "close").then(([code]) => {
    throw new Error(`the child ended with ${code}`);
  });
  const [answer] = (await Promise.race([message, gone])) as [KernelsAnswer];
  await gone.catch(() => undefined);
  return answer;
}

const threaded = ask([]);

test("a step makes no array, and no garbage that grows with the batch", async (t) => {
  const { description, made, madeByRead, garbage } = await threaded;
  t.regex(description, /CPU, \d+ threads?$/);
  t.deepEqual(made, {});
  t.is(madeByRead.Float32Array, 13);
  t.log(garbage);
  // A list of a number an entry would be 400 KB; the compiler's own garbage is some ten.
  t.true(garbage.large < garbage.small + 200_000, JSON.stringify(garbage));
});

test("without shared memory one thread gives the same weights", async (t) => {
  const { digest } = await threaded;
  const alone = await ask([], "unshared");
  t.regex(alone.description, /CPU, 1 thread$/);
  t.is(alone.digest, digest);
  t.deepEqual(alone.made, {});
});

test("where no thread may be started one thread gives the same weights", async (t) => {
  const permission =
    Number(process.versions.node.split(".")[0]) < 24 ? "--experimental-permission" : "--permission";
  const flags = [permission, "--allow-fs-read=*", "--allow-addons"];
  const alone = await ask(flags);
  const { digest } = await threaded;
  t.regex(alone.description, /CPU, 1 thread$/);
  t.is(alone.digest, digest);
});

(atLength ? test : test.skip)("in Deno as many threads give the same weights", async (t) => {
  if (!existsSync(DENO)) {
    t.log("skipped: npm --prefix test/consumers ci was not run");
    t.pass();
    return;
  }
  const execArgv = ["run", "--allow-all", "--quiet", "--v8-flags=--expose-gc"];
  const inDeno = await answerOf(fork(CHILD, [], { execPath: DENO, execArgv }));
  const { description, digest } = await threaded;
  t.is(inDeno.description, description);
  t.is(inDeno.digest, digest);
});
