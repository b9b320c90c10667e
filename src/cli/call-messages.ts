import type { Progress } from "../core/progress.js";

/** What the thread of a call gets. */
export interface CallData {
  name: string;
  values: Record<string, unknown>;
  positionals: string[];
  json: boolean;
  packageRoot: string;
  /** One number: 1 once the call is to stop. */
  stop: Int32Array<SharedArrayBuffer>;
}

/** What a call shows. */
export type ShownMessage =
  | { kind: "progress"; progress: Progress }
  | { kind: "lines"; to: "stdout" | "stderr"; lines: readonly string[] }
  | { kind: "prompt"; to: "stdout" | "stderr"; prompt: string }
  | { kind: "json"; json: string };

/** What the thread of a call sends. */
export type CallMessage =
  | ShownMessage
  /** It reads standard input from now on. */
  | { kind: "input" }
  /** A file that is to be removed where the process is ended while it is written. */
  | { kind: "temporary"; file: string }
  | { kind: "error"; error: DescribedError }
  | { kind: "end"; failed: boolean };

/** An error in words, its stack, and whether the call itself was wrong. */
export interface DescribedError {
  text: string;
  stack: string;
  isUsage: boolean;
}
