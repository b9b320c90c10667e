/** One report of a running step. */
export interface Progress {
  /** What runs, in a word or two: "encode", "train", "neighbours". */
  step: string;
  /** Units finished so far. */
  done: number;
  /** Units in all, if known. */
  total?: number;
  /** A short remark to show next to the count, such as the current loss. */
  note?: string;
}

/** Receives progress; called often, so it must be cheap. */
export type OnProgress = (progress: Progress) => void;
