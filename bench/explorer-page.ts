// Drives the explorer's page in a real browser and times what a person would wait for.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type Page, chromium } from "playwright-core";
import { browserChoices } from "../src/figures/render/index.js";
import { ROOT, peakOf } from "./processes.js";

/** The explorer's server in a process of its own. */
export interface Served {
  url: string;
  /** From the start of the process to its address. */
  seconds: number;
  peakMB: () => number;
  /** Memory that no file backs, now. */
  memoryMB: () => number;
  close: () => Promise<void>;
}

/** `explore --atlas DIR` from dist. */
export async function serve(atlas: string): Promise<Served> {
  const start = performance.now();
  const program = join(ROOT, "dist/cli/main.js");
  const child = spawn(process.execPath, [program, "explore", "--atlas", atlas, "--parent"], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let said = "";
  for await (const line of createInterface({ input: child.stderr })) {
    said = line;
    if (line.startsWith("http://")) break;
  }
  if (!said.startsWith("http://")) throw new Error(`explore: ${said}`);
  child.stderr.resume();
  return {
    url: said,
    seconds: (performance.now() - start) / 1000,
    peakMB: () => peakOf(child.pid ?? 0) ?? 0,
    memoryMB: () => ownMemory(child.pid ?? 0),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

/** The browser that figures are drawn with, as people start it: with a graphics card where there is one. */
export async function startBrowser(): Promise<Browser> {
  const [choice] = browserChoices();
  const { executablePath, env } = await choice.prepare();
  return chromium.launch({
    executablePath,
    // Without them frames would wait for a screen that is not there, and times be rounded.
    args: ["--no-sandbox", "--enable-unsafe-swiftshader"],
    env: { ...process.env, ...env },
  });
}

/** Long tasks, and when the last key, click or input came: in the page, from its start. */
const PROBE = `
  window.bench = { long: [], last: 0 };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) bench.long.push([startTime, duration]);
  }).observe({ type: "longtask", buffered: true });
  for (const type of ["keydown", "click", "input", "wheel"]) {
    addEventListener(type, (event) => { bench.last = event.timeStamp; }, { capture: true });
  }
  bench.painted = () => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))));
  bench.when = (selector) => new Promise((done) => {
    const look = () => document.querySelector(selector) ? done() : requestAnimationFrame(look);
    look();
  });`;

/** A page that is being measured; times are in milliseconds. */
export interface Probed {
  page: Page;
  /** From the start of the navigation until maps or table are drawn and the page is idle again. */
  loaded: number;
  /** From the last key, click or input until the selector is there and painted. */
  sinceInput: (selector: string) => Promise<number>;
  /** Longest task since the last call that took over 50 ms; 0 where none did. */
  longest: () => Promise<number>;
  /** Anonymous memory of the tab's process, in MB. */
  memoryMB: () => Promise<number>;
}

/** Opens an address in a page of 1,280 by 800 pixels. */
export async function openPage(browser: Browser, url: string): Promise<Probed> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(PROBE);
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForSelector(".plot[data-renderer], .catalog .list-row", { timeout: 120_000 });
  const inPage = (code: string): Promise<number> => page.evaluate<number>(code);
  const loaded = await inPage("bench.painted()");
  return {
    page,
    loaded,
    sinceInput: (selector) =>
      inPage(
        `bench.when(${JSON.stringify(selector)}).then(bench.painted).then((at) => at - bench.last)`,
      ),
    longest: () => inPage("Math.max(0, ...bench.long.splice(0).map(([, duration]) => duration))"),
    memoryMB: () => tabMemory(browser),
  };
}

/** The largest renderer's memory that no file backs. */
async function tabMemory(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const own = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => ownMemory(id));
  return Math.max(...own);
}

/** Memory of a process that no file backs, in MB. */
function ownMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/RssAnon:\s*(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

/** Frames a second while a map is dragged about. */
export async function pan({ page }: Probed, map: "latents" | "documents"): Promise<number> {
  const box = await page.locator(`.plot[aria-label^="map of ${map}"]`).boundingBox();
  if (!box) throw new Error(`no map of ${map}`);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.evaluate(`
    bench.frames = [];
    bench.panning = true;
    (function next(at) {
      bench.frames.push(at);
      if (bench.panning) requestAnimationFrame(next);
    })(performance.now());`);
  const end = performance.now() + 3000;
  for (let i = 0; performance.now() < end; i++) {
    await page.mouse.move(x + 90 * Math.sin(i / 9), y + 60 * Math.cos(i / 7));
  }
  const frames = await page.evaluate<number[]>("bench.panning = false; bench.frames");
  await page.mouse.up();
  return (1000 * (frames.length - 1)) / (frames[frames.length - 1] - frames[0]);
}

/** Milliseconds from a slider's input to the new ranking on the screen, move by move. */
export async function slide({ page }: Probed, moves: number): Promise<number[]> {
  await page.waitForSelector('[aria-busy="false"] .results li', { timeout: 120_000 });
  await page.locator(".steering input[type=range]").first().focus();
  const taken: number[] = [];
  for (let i = 0; i < moves; i++) {
    // Set up before the key goes out, which takes another way into the browser.
    await page.evaluate(`void (bench.ranked = new Promise((done) => {
      const results = document.querySelector("[aria-busy]");
      const before = bench.last;
      const observer = new MutationObserver(() => {
        if (bench.last === before || results.getAttribute("aria-busy") === "true") return;
        observer.disconnect();
        bench.painted().then((at) => done(at - bench.last));
      });
      observer.observe(results, { attributes: true, attributeFilter: ["aria-busy"] });
    }))`);
    await page.keyboard.press(i % 2 === 0 ? "ArrowLeft" : "ArrowRight");
    taken.push(await page.evaluate<number>("bench.ranked"));
  }
  return taken;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
