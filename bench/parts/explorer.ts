import { stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import {
  type Probed,
  type Served,
  median,
  openPage,
  pan,
  serve,
  slide,
  startBrowser,
} from "../explorer-page.js";
import { figure } from "../format.js";
import type { Bench, Part, Section, Target, TaskContext } from "../part.js";
import { markdownTable } from "../report.js";
import { type SyntheticSize, writeSyntheticAtlas } from "../synthetic-atlas.js";
import { atlasFolder, sampleAtlas } from "./demo.js";

type Name = "documents" | "latents";
const FULL: Record<Name, SyntheticSize> = {
  documents: { rows: 272_000, n: 9216, k: 64, d: 1536 },
  latents: { rows: 30_000, n: 131_072, k: 32, d: 64 },
};
const QUICK: Record<Name, SyntheticSize> = {
  documents: { rows: 3000, n: 512, k: 16, d: 64 },
  latents: { rows: 1000, n: 2048, k: 16, d: 32 },
};
const MOVES = 20;

/** Milliseconds, megabytes and frames a second. */
interface Explored {
  server: number;
  loaded: number;
  reloaded: number;
  renderer: string;
  jank: number;
  panLatents: number;
  panDocuments: number;
  ranking: number;
  slowest: number;
  steps: Record<string, number>;
  tabMB: number;
  serverMB: number;
}

function folderOf({ folder, quick }: TaskContext, name: Name): string {
  return join(folder, `explorer-${name}-${quick ? "quick" : "full"}`);
}

async function write(context: TaskContext, name: Name): Promise<object> {
  const folder = folderOf(context, name);
  if (existsSync(join(folder, "atlas", "catalog.csv"))) return {};
  await writeSyntheticAtlas(folder, (context.quick ? QUICK : FULL)[name]);
  return {};
}

async function explore(atlas: string): Promise<Explored> {
  const browser = await startBrowser();
  const served = await serve(atlas);
  try {
    return await look(browser, served);
  } finally {
    await browser.close();
    await served.close();
  }
}

async function look(browser: Browser, { url, seconds, peakMB }: Served): Promise<Explored> {
  const first = await openPage(browser, url);
  await first.page.close();
  const probed = await openPage(browser, url);
  const { page, longest } = probed;
  const renderer = (await page.getAttribute(".plot", "data-renderer")) ?? "";
  await page.waitForTimeout(1000);
  await longest();
  const box = await page.locator('.plot[aria-label^="map of latents"]').boundingBox();
  const middle = { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + 200 };
  await page.mouse.move(middle.x, middle.y, { steps: 5 });
  await page.mouse.click(middle.x, middle.y);
  await page.waitForTimeout(500);
  const jank = await longest();
  const panLatents = await pan(probed, "latents");
  const panDocuments = await pan(probed, "documents");
  const steps = await walk(probed);
  const tabMB = await probed.memoryMB();
  await page.goto(url.replace(/#.*/, "#view=search&near=document.5"));
  const moves = await slide(probed, MOVES);
  return {
    server: 1000 * seconds,
    loaded: first.loaded,
    reloaded: probed.loaded,
    renderer,
    jank,
    panLatents,
    panDocuments,
    ranking: median(moves),
    slowest: Math.max(...moves),
    steps,
    tabMB: Math.max(tabMB, await probed.memoryMB()),
    serverMB: peakMB(),
  };
}

/** From a click or a key to its result on the screen, in milliseconds. */
async function walk({ page, sinceInput }: Probed): Promise<Record<string, number>> {
  const steps: Record<string, number> = {};
  const step = async (
    name: string,
    act: () => Promise<unknown>,
    selector: string,
  ): Promise<void> => {
    await act();
    steps[name] = await sinceInput(selector);
    await page.waitForTimeout(300);
  };
  const tab = (name: string): Promise<void> => page.click(`nav >> text=${name}`);
  const filter = (text: string): Promise<void> => page.fill(".side-head input[type=search]", text);
  await step("families", () => tab("Families"), ".family-line");
  await step("open a family", () => page.click(".family-line >> nth=0"), "article .tree li");
  await step("treemap", () => page.click("button >> text=Treemap"), ".treemap button");
  await page.click('button:text-is("Tree")');
  await step("filter families", () => filter("ba"), ".family-line");
  await filter("");
  await step("catalog", () => tab("Catalog"), ".catalog .list-row");
  await step(
    "sort by label",
    () => page.click('[aria-label="sort by label"]'),
    "[aria-sort=ascending]",
  );
  await step("filter latents", () => filter("cor"), ".catalog .list-row");
  await filter("");
  await step(
    "go to the last latent",
    () => page.press('.list[aria-label="latents"]', "End"),
    ".list-row.active",
  );
  await step("maps", () => tab("Maps"), ".plot[data-renderer]");
  await step(
    "select all documents",
    () => page.press('.plot[aria-label^="map of documents"]', "a"),
    ".selection",
  );
  return steps;
}

/** Milliseconds until the sample in one file, from disk, is drawn; and the file's megabytes. */
async function single({ folder }: TaskContext): Promise<{ loaded: number; fileMB: number }> {
  const file = join(folder, "explorer.html");
  const browser = await startBrowser();
  try {
    const { loaded } = await openPage(browser, pathToFileURL(file).href);
    return { loaded, fileMB: (await stat(file)).size / 1e6 };
  } finally {
    await browser.close();
  }
}

export const explorerPart: Part = {
  name: "explorer",
  title: "The explorer",
  onlyByName: true,
  tasks: {
    writeDocuments: (context) => write(context, "documents"),
    writeLatents: (context) => write(context, "latents"),
    sample: ({ folder }) => explore(atlasFolder(folder)),
    documents: (context) => explore(join(folderOf(context, "documents"), "atlas")),
    latents: (context) => explore(join(folderOf(context, "latents"), "atlas")),
    single,
  },
  run,
};

async function run(bench: Bench): Promise<Section> {
  const sizes = bench.quick ? QUICK : FULL;
  const atlas = await sampleAtlas(bench);
  await bench.cli("export", "page", "--atlas", atlas, "--out", join(bench.folder, "explorer.html"));
  await bench.task("writeDocuments");
  await bench.task("writeLatents");
  const sample = await bench.task<Explored>("sample");
  const documents = await bench.task<Explored>("documents");
  const latents = await bench.task<Explored>("latents");
  const file = await bench.task<{ loaded: number; fileMB: number }>("single");
  const all = [sample, documents, latents];
  const row = (what: string, value: (one: Explored) => number): string[] => [
    what,
    ...all.map((one) => figure(Math.round(value(one)))),
  ];
  const titles = [documents, latents].map((_, i) => {
    const { n, rows } = sizes[i === 0 ? "documents" : "latents"];
    return `${figure(n)} latents, ${figure(rows)} documents`;
  });
  const rows = [
    row("`explore` until its address, ms", ({ server }) => server),
    row("page drawn and idle, ms", ({ loaded }) => loaded),
    row("the same, opened again", ({ reloaded }) => reloaded),
    row("longest task of the first hover and click, ms", ({ jank }) => jank),
    row("dragging the latents, frames per second", ({ panLatents }) => panLatents),
    row("dragging the documents, frames per second", ({ panDocuments }) => panDocuments),
    row("slider to new ranking, median, ms", ({ ranking }) => ranking),
    row("slider to new ranking, slowest, ms", ({ slowest }) => slowest),
    ...Object.keys(sample.steps).map((name) => row(`${name}, ms`, ({ steps }) => steps[name])),
    row("memory of the tab, MB", ({ tabMB }) => tabMB),
    row("peak memory of the server, MB", ({ serverMB }) => serverMB),
  ];
  const target = (
    what: string,
    goal: string,
    value: number,
    met: boolean,
    unit: string,
  ): Target => ({
    ...{ what, target: goal, met: bench.quick || met },
    measured: `${figure(Math.round(value))} ${unit}`,
  });
  return {
    body: `The page in headless Chromium at 1,280 × 800, points by ${documents.renderer} without a graphics card, the server on the same cores. The two
larger atlases are invented (\`bench/synthetic-atlas.ts\`). A step counts from its click or key to the second frame after its
result is there. The sample as one file has ${figure(file.fileMB)} MB and is drawn ${figure(Math.round(file.loaded))} ms after it is opened from disk.

${markdownTable(["", "sample", ...titles], rows)}`,
    targets: [
      target("sample, page drawn", "< 1 s", sample.loaded, sample.loaded < 1000, "ms"),
      target("sample as one file", "< 8 MB", file.fileMB, file.fileMB < 8, "MB"),
      target(
        "272,000 documents, page drawn",
        "< 3 s",
        documents.loaded,
        documents.loaded < 3000,
        "ms",
      ),
      target(
        "272,000 documents, slider",
        "< 150 ms",
        documents.ranking,
        documents.ranking < 150,
        "ms",
      ),
      target("272,000 documents, tab", "< 1,000 MB", documents.tabMB, documents.tabMB < 1000, "MB"),
      target(
        "272,000 documents, first click",
        "no task > 200 ms",
        documents.jank,
        documents.jank <= 200,
        "ms",
      ),
    ],
  };
}
