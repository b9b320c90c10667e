import test from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { atLength } from "../support/campaign.js";
import { runCli } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";

interface Call {
  /** Resolves once the text has come on standard error. */
  said(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;
}

function start(
  args: readonly string[],
  nodeArgs: readonly string[] = [],
  env: Record<string, string> = {},
): Call {
  const child = spawn(process.execPath, [...nodeArgs, "build/src/cli/main.js", ...args], {
    env: { ...process.env, ...env },
  });
  let stderr = "";
  child.stderr.on("data", (part) => (stderr += String(part)));
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    async said(text) {
      while (!stderr.includes(text)) await Promise.race([once(child.stderr, "data"), closed]);
    },
    kill: (signal) => void child.kill(signal),
    ended: closed.then(([code, signal]) => ({ code, signal, stderr })),
  };
}

for (const signal of atLength ? (["SIGINT", "SIGTERM"] as const) : (["SIGINT"] as const)) {
  test(`the first ${signal} is answered during work that never yields, the second ends the process`, async (t) => {
    await inFolder(async (folder) => {
      const atlas = await makeSmallAtlas(folder, 200);
      const block = ["--import", "./build/test/support/children/block-thread.js"];
      const written = path.join(folder, "written");
      await mkdir(written);
      const env = { BLOCKED_FILE: path.join(written, "codes.npy") };
      const call = start(["explore", "--atlas", atlas], block, env);
      await call.said("busy");
      t.regex((await readdir(written)).join(" "), /^codes\.npy\.tmp-\S+$/);
      call.kill(signal);
      await call.said("press Ctrl-C again");
      call.kill(signal);
      const ended = await call.ended;
      t.deepEqual([ended.code, ended.signal], [null, signal]);
      t.deepEqual(await readdir(written), []);
    });
  });
}

test("one SIGTERM ends an explorer that waits for the end of its input", async (t) => {
  await inFolder(async (folder) => {
    const atlas = await makeSmallAtlas(folder, 200);
    const call = start(["explore", "--atlas", atlas, "--parent"]);
    await call.said("http://");
    call.kill("SIGTERM");
    const { code, stderr } = await call.ended;
    t.is(code, 0, stderr);
  });
});

const STEPS = atLength ? ["keywords", "co-activation", "families", "map"] : ["families"];

for (const step of STEPS) {
  test(`a build interrupted in its step ${step} stops without a half-written file and continues`, async (t) => {
    await inFolder(async (folder) => {
      const atlas = await makeSmallAtlas(folder, 200);
      const args = ["build", "--corpus", path.join(folder, "corpus.jsonl")];
      args.push("--embeddings", path.join(folder, "embeddings.npy"), "--no-figures");
      args.push("--k", "4", "--n", "48", "--epochs", "4", "--seed", "1", "--out", atlas);
      const call = start(args);
      await call.said(`${step}: `);
      call.kill("SIGINT");
      const { code, stderr } = await call.ended;
      // The rest of so small a build may be over before the signal is there.
      t.true(code === 0 || (code === 1 && stderr.includes("interrupted; run the same")), stderr);
      t.deepEqual(
        (await readdir(atlas)).filter((name) => /tmp|lock/.test(name)),
        [],
      );
      t.is((await runCli(args)).code, 0);
    });
  });
}
