import path from "node:path";
import { compact } from "../../core/collections.js";
import type { EmbeddedCorpus } from "../../corpus/embed-corpus.js";

/** What is missing of an embedded corpus, a line for each kind; none where all is there. */
export function describeGaps({ failed, stopped, cut }: EmbeddedCorpus, folder: string): string[] {
  const list = path.join(folder, "embed-failed.jsonl");
  return compact([
    stopped !== undefined && `stopped early: ${stopped}`,
    failed.length !== 0 &&
      `${failed.length} failed and were left out (listed in ${list}); run the command again to retry them`,
    cut !== 0 && `${cut} exceed the model's limit and were truncated`,
  ]);
}
