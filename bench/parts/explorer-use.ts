import type { CDPSession, Page } from "playwright-core";
import { createRandom } from "../../src/core/index.js";
import { openPage, serve, startBrowser } from "../explorer-page.js";
import { figure } from "../format.js";
import type { Bench, Part, Section, TaskContext } from "../part.js";
import { markdownTable } from "../report.js";
import { atlasFolder, sampleAtlas } from "./demo.js";

const MINUTES = 10;
const QUICK_MINUTES = 0.2;
/** Caches fill and code is compiled in the first minutes, which are no leak. */
const WARM = 0.3;

/** Memory at a moment, after the page's garbage is collected. */
interface Moment {
  minute: number;
  rounds: number;
  tabMB: number;
  heapMB: number;
  nodes: number;
  listeners: number;
  serverMB: number;
}

/** One round of what a reader does: each step another place, latent or word than in the round before. */
async function round(page: Page, at: number): Promise<void> {
  const random = createRandom(at + 1);
  const tab = (name: string): Promise<void> => page.click(`nav >> text=${name}`);
  // Not waitForSelector: its handle would keep what was shown alive.
  const shown = (selector: string): Promise<void> => page.locator(selector).first().waitFor();
  const plot = page.locator('.plot[aria-label^="map of latents"]');
  await tab("Maps");
  const box = await plot.boundingBox();
  if (!box) throw new Error("no map of latents");
  const [x, y] = [box.x + box.width * random(), box.y + box.height * random()];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 12 });
  await page.mouse.up();
  await page.mouse.wheel(0, random() < 0.5 ? 120 : -120);
  await plot.focus();
  for (const key of ["a", "Enter", "0"]) await page.keyboard.press(key);
  await shown("article");
  await tab("Families");
  await page.click(`.family-line >> nth=${Math.floor(5 * random())}`);
  await shown('article[aria-label^="family"]');
  await tab("Catalog");
  await page.fill(".side-head input[type=search]", ["an", "dog", "of", "", "s"][at % 5]);
  await page.click(".list-row >> nth=0");
  await shown('article[aria-label^="latent"]');
  await page.click("article >> text=/^Search by/");
  await shown('[aria-busy="false"] .results li');
  await page.locator(".steering input[type=range]").first().focus();
  for (let i = 0; i < 6; i++) await page.keyboard.press(i % 2 === 0 ? "ArrowRight" : "ArrowLeft");
  await page.click(".results summary >> nth=0");
  for (let i = 0; i < 3; i++) await page.keyboard.press("Control+z");
}

async function memory(
  session: CDPSession,
): Promise<[heapMB: number, nodes: number, listeners: number]> {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const value = (name: string): number => metrics.find((one) => one.name === name)?.value ?? 0;
  return [value("JSHeapUsedSize") / 2 ** 20, value("Nodes"), value("JSEventListeners")];
}

async function use({ folder, quick }: TaskContext): Promise<{ moments: Moment[] }> {
  const minutes = quick ? QUICK_MINUTES : MINUTES;
  const browser = await startBrowser();
  const served = await serve(atlasFolder(folder));
  try {
    const { page, memoryMB } = await openPage(browser, served.url);
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    const moments: Moment[] = [];
    const start = performance.now();
    for (let rounds = 1; moments.length <= 10; rounds++) {
      await round(page, rounds);
      const minute = (performance.now() - start) / 60_000;
      if (minute < (moments.length * minutes) / 10) continue;
      const [heapMB, nodes, listeners] = await memory(session);
      const now = { tabMB: await memoryMB(), serverMB: served.memoryMB() };
      moments.push({ ...{ minute, rounds, heapMB, nodes, listeners }, ...now });
    }
    return { moments };
  } finally {
    await browser.close();
    await served.close();
  }
}

export const explorerUsePart: Part = {
  name: "explorer-use",
  title: "The explorer in long use",
  onlyByName: true,
  tasks: { use },
  run,
};

async function run(bench: Bench): Promise<Section> {
  await sampleAtlas(bench);
  const { moments } = await bench.task<{ moments: Moment[] }>("use");
  const last = moments[moments.length - 1];
  const warm = moments.find(({ minute }) => minute >= WARM * last.minute) ?? last;
  const rows = moments.map((one) => [
    one.minute.toFixed(1),
    ...[one.rounds, one.heapMB, one.tabMB, one.nodes, one.listeners, one.serverMB].map((value) =>
      figure(Math.round(value)),
    ),
  ]);
  const steady = (
    what: string,
    from: number,
    to: number,
  ): NonNullable<Section["targets"]>[number] => ({
    what,
    target: "≤ 1.25 × that after a third of the time",
    measured: `${figure(Math.round(from))} MB, then ${figure(Math.round(to))} MB`,
    met: bench.quick || to <= 1.25 * from,
  });
  return {
    body: `The sample in headless Chromium, without a pause: a round moves and zooms a map, selects all in view, opens a latent, a family and a row
of the filtered catalog, searches by that latent, moves a slider six times, opens an explanation and undoes three steps. The page's heap is measured after its garbage is
collected.

${markdownTable(["minute", "rounds", "heap of the page, MB", "memory of the tab, MB", "DOM nodes", "listeners", "memory of the server, MB"], rows)}`,
    targets: [
      steady("heap of the page", warm.heapMB, last.heapMB),
      steady("memory of the tab", warm.tabMB, last.tabMB),
      steady("memory of the server", warm.serverMB, last.serverMB),
    ],
  };
}
