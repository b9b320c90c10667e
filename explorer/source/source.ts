import type { DataFile, ExplorerActions, RecordKind } from "../../src/explorer/format.js";

/** Where the page's data come from. What only a server can do is in `actions`, which others lack. */
export interface Source {
  readonly kind: "server" | "static" | "inlined";
  readonly actions?: ExplorerActions;
  /** A whole file. */
  whole: (file: DataFile) => Promise<ArrayBuffer>;
  /** Bytes `start` up to `end` of a file. */
  part: (file: DataFile, start: number, end: number) => Promise<ArrayBuffer>;
  /** One record, or its evidence, where a server reads them from more than the files; else both are found by its offset. */
  record?: (kind: RecordKind, at: number, part?: "evidence") => Promise<unknown>;
  /** The files of the atlas that this one is compared with; there is one where the index names it. */
  readonly other?: Source;
  /** Says what is selected, for a notebook to read. */
  report?: (selection: { latents: number[]; documents: number[] }) => void;
}
