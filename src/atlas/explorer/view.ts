import { spawn } from "node:child_process";
import { type Interface, createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { PresentationPart } from "../../core/presentation.js";
import { showsItself } from "../../core/self-showing.js";
import { requireCount } from "../../core/arguments.js";
import { readPage, singlePage } from "../../explorer/page.js";
import type { PageSelection } from "../../explorer/server.js";
import type { AtlasStore } from "../store.js";
import { type OtherAtlas, withFiles } from "./compared.js";

/** How the explorer is shown in a cell. */
export interface ExplorerOptions {
  /** In pixels. Default 640. */
  height?: number;
  /** The page with its data in the notebook itself, which needs no server and stays when it is saved. Default false. */
  snapshot?: boolean;
  /**
   * What it shows at first, as the page's own address says it behind the #: `view=catalog&only=doubtful`, `at=latent.12`. Default
   * both maps.
   */
  address?: string;
  /** Another atlas of the same embeddings, or its folder, to compare with. Default none. */
  with?: OtherAtlas;
}

/** The explorer in a cell of a notebook. */
export interface ExplorerView {
  /** Its address on this machine; undefined of a snapshot. */
  url?: string;
  /** The latents, or the documents by row, that are selected on the page now. */
  selection(): Promise<PageSelection>;
  /** Ends its server, as the end of this process does. */
  close(): Promise<void>;
  present(): PresentationPart[];
}

/** Opens the explorer of an atlas for a cell. Its server is a process of its own, since a busy cell answers nobody. */
export async function openExplorerView(
  store: AtlasStore,
  { height = 640, snapshot = false, address = "", with: other }: ExplorerOptions,
): Promise<ExplorerView> {
  requireCount("explorer: height", height, 100);
  const shown = address.replace(/^#/, "").replaceAll(" ", "+");
  if (snapshot) {
    const parts = await readPage();
    const page = await withFiles(store, other, (files) => singlePage(parts, files, shown));
    const text = `The explorer of ${store.name}: a page that runs where the notebook is trusted.`;
    return showsItself({
      selection: () => Promise.reject(new Error("explorer: a snapshot has no server to tell")),
      close: () => Promise.resolve(),
      present: () => [{ text, frame: { page, height } }],
    });
  }
  const program = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
  const folder = typeof other === "string" ? other : other?.store.dir;
  const args = ["explore", "--atlas", store.dir, "--parent", ...(folder ? ["--with", folder] : [])];
  // It is a program of Node, in a kernel of Deno too.
  const node = "Deno" in globalThis ? "node" : process.execPath;
  // In a group of its own: interrupting a kernel interrupts its whole group.
  const child = spawn(node, [program, ...args], {
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  const url = await Promise.race([readAddress(createInterface({ input: child.stderr })), failed]);
  // A kernel that is done must not wait for it.
  child.unref();
  for (const stream of [child.stdin, child.stderr]) (stream as { unref?: () => void }).unref?.();
  const { origin, hash } = new URL(url);
  return showsItself({
    url,
    async selection() {
      const headers = { "x-explorer-token": hash.replace("#token=", "") };
      const response = await fetch(`${origin}/api/selection`, { headers });
      return (await response.json()) as PageSelection;
    },
    async close() {
      child.stdin.end();
      await ended;
    },
    present: () => [
      {
        text: `The explorer of ${store.name}, live on this machine while its kernel runs. In a saved notebook run this cell to see it, or feature-families explore in a terminal.`,
        frame: { url: shown === "" ? url : `${url}&${shown}`, height },
      },
    ],
  });
}

/** The address among what the server says. Throws Error with its last words where it ends without one. */
function readAddress(lines: Interface): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    lines.on("line", (line) => {
      if (line.startsWith("http://")) resolve(line);
      said = line;
    });
    lines.on("close", () => reject(new Error(`explorer: its server ended: ${said}`)));
  });
}
