import type { ExecutionContext } from "ava";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Browser, Page } from "playwright-core";
import { exploreAtlas } from "../../src/atlas/explorer/index.js";
import { type Atlas, openAtlas } from "../../src/index.js";
import { startBrowser } from "./browser.js";
import { makeSampleAtlas } from "./atlases/sample-atlas.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** An atlas with its explorer, and a browser to look at it with. */
export interface Explored {
  folder: string;
  atlas: Atlas;
  url: string;
  browser: Browser | undefined;
  close(): Promise<void>;
}

/** Serves an atlas of the sample's first documents, or the one in `dir`; with another of its embeddings of 64 latents. */
export async function explore(dir?: string, { isCompared = false } = {}): Promise<Explored> {
  const folder = await mkdtemp(path.join(tmpdir(), "explorer-"));
  const own = dir ?? path.join(folder, "atlas");
  if (dir === undefined) await makeSampleAtlas(own);
  const atlas = await openAtlas(own, { device: "cpu" });
  const other = path.join(folder, "other");
  if (isCompared) await makeSampleAtlas(other, 64);
  const server = await exploreAtlas(atlas, isCompared ? { other } : {});
  const browser = await startBrowser();
  return {
    folder,
    atlas,
    url: server.url,
    browser,
    async close() {
      await browser?.close();
      await server.close();
      await atlas.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Opens a page at `url` and gives it when its maps are there; what goes wrong in it fails the test. */
export async function openPage(
  t: ExecutionContext,
  browser: Browser,
  url: string,
  { width = 1280, height = 800 } = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } });
  page.on("pageerror", (error) => t.fail(error.stack));
  page.on("console", (message) => {
    if (message.type() === "error") t.fail(`${message.text()} ${message.location().url}`);
  });
  await page.goto(url);
  await page.waitForSelector(".plot[data-renderer], .catalog");
  return page;
}

/** The page's own address: what Playwright has of it may come after the answer to what was done. */
export function addressOf(page: Page): Promise<string> {
  return page.evaluate<string>("location.href");
}

/** Looks again until `expected` is seen, for as long as Playwright waits, and gives what was seen last: undo, sizes and reports arrive after the answer to what was done. */
export async function becomes<T>(look: () => Promise<T>, expected: T): Promise<T> {
  let seen = await look();
  const end = Date.now() + 30_000;
  while (Date.now() < end && !isDeepStrictEqual(seen, expected)) {
    await sleep(50);
    seen = await look();
  }
  return seen;
}

/** Serious faults by axe-core, with where they are. */
export async function faultsOf(page: Page): Promise<string[]> {
  const found = await page.evaluate(`${await readFile(AXE, "utf8")}; axe.run(document)`);
  const { violations } = found as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
}
