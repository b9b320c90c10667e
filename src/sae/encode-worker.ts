import { FormatError } from "../core/errors.js";
import type { Engine } from "../engine/engine.js";
import { openEngine } from "../engine/open-engine.js";
import { limitThreads } from "../engine/threads.js";
import { loadSae } from "./checkpoint.js";
import { encodeShard } from "./encode-shard.js";
import type { WorkerAnswer, WorkerWish } from "./encode-workers.js";
import type { Sae } from "./sae.js";

/** A process that encodes the shards it is sent until its channel closes. */
function serve(): void {
  const ended = new AbortController();
  // Where the channel is closing nobody hears it: the signal then stops the work.
  const answer = (message: WorkerAnswer): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  let opened: { sae: Sae; engine: Engine } | undefined;

  async function act(wish: WorkerWish): Promise<void> {
    if ("setup" in wish) {
      const { saeFile, load, device, threads } = wish.setup;
      if (threads !== undefined) limitThreads(threads);
      opened = { sae: await loadSae(saeFile, load), engine: await openEngine(device) };
    } else if (opened !== undefined) {
      const { sae, engine } = opened;
      await encodeShard(sae, wish.task, {
        engine,
        onDocuments: (documents) => answer({ kind: "documents", documents }),
        signal: ended.signal,
      });
    }
    answer({ kind: "ready" });
  }
  process.on("message", (wish: WorkerWish) => {
    act(wish).catch((error: unknown) => {
      const problem = error instanceof Error ? error.message : String(error);
      const file = error instanceof FormatError ? error.path : undefined;
      const bare = file === undefined ? problem : problem.slice(file.length + 2);
      answer({ kind: "failed", problem: bare, path: file });
    });
  });
  process.on("disconnect", () => ended.abort());
  // A terminal sends an interrupt to the whole group; the parent decides and closes the channel.
  process.on("SIGINT", () => undefined);
}

serve();
