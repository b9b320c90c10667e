import type { Browser, Page } from "playwright-core";
import type { BrowserChoice } from "./browser.js";
import { browserAdvice, browserChoices, bundledFonts } from "./browser.js";
import type { Figure } from "../figure.js";
import { escapeHtml, PLOTLY_CONFIG, standaloneHtml } from "./html.js";
import { plotlySource } from "./plotly.js";
import { cleanText } from "../drawing/text.js";

/** Draws figures in a browser of its own, which lives until `close`. */
export interface Renderer {
  /** The browser that draws: its kind and version, such as "npm 147.0.7727.15". */
  readonly browser: string;
  /** A whole page with plotly inside, about 5 MB. */
  html(figure: Figure): string;
  /** The figure as SVG text; the same figure gives the same text. Throws if plotly cannot draw it. */
  svg(figure: Figure): Promise<string>;
  /** The figure as PNG bytes, `scale` pixels for each of the figure's; the same figure gives the same bytes. */
  png(figure: Figure): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Options of `openRenderer`. */
export interface RendererOptions {
  /**
   * Browser to use: a program's path, "system", or "npm" for the one of @sparticuz/chromium. Default: the environment
   * variable FEATURE_FAMILIES_BROWSER, else the first one that starts.
   */
  browser?: string;
  /** Pixels of a PNG for each of the figure's, 1 to 8. Default 2. */
  scale?: number;
  /** Figures drawn at once, each in pages of its own, 1 to 8. Default 1. */
  lanes?: number;
}

// What the functions that run inside the page see there.
interface PageWorld {
  Plotly: {
    toImage(figure: unknown, options: unknown): Promise<string>;
  };
  document: {
    fonts: { load(font: string): Promise<unknown>; ready: Promise<unknown> };
    body: { replaceChildren(node: unknown): void };
    importNode(node: unknown, deep: boolean): unknown;
  };
  DOMParser: new () => {
    parseFromString(
      text: string,
      type: string,
    ): {
      documentElement: unknown;
      querySelector(selector: string): { textContent: string } | null;
    };
  };
}

// For a browser that hangs, in milliseconds: on a busy machine a good one may take a minute.
const PATIENCE = 180_000;
const LAUNCH_FLAGS = [
  "--disable-gpu",
  "--disable-lcd-text",
  "--font-render-hinting=none",
  "--force-color-profile=srgb",
  "--hide-scrollbars",
  "--disable-background-networking",
  "--disable-domain-reliability",
  "--no-pings",
];

/**
 * Starts a browser to draw figures with: the system's Chromium, Chrome or Edge, else the one of the npm package
 * @sparticuz/chromium. It reaches no network. Throws, with what to install, if none starts.
 */
export async function openRenderer(options: RendererOptions = {}): Promise<Renderer> {
  const { scale = 2, lanes = 1 } = options;
  if (!(Number.isInteger(lanes) && lanes >= 1 && lanes <= 8)) {
    throw new RangeError(`openRenderer: lanes must be from 1 to 8, got ${lanes}`);
  }
  if (!(scale >= 1 && scale <= 8)) {
    throw new RangeError(`openRenderer: scale must be from 1 to 8, got ${scale}`);
  }
  const { browser, kind } = await launchBrowser(browserChoices(options.browser));
  try {
    const opened = await Promise.all(Array.from({ length: lanes }, () => openLane(browser, scale)));
    return createRenderer(browser, kind, opened);
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** Pages that draw one figure at a time: Math.random is seeded anew for each. */
interface Lane {
  /** Works given to it and not done yet. */
  waiting: number;
  inTurn<T>(work: (pages: { drawing: Page; picture: Page }) => Promise<T>): Promise<T>;
}

async function openLane(browser: Browser, scale: number): Promise<Lane> {
  const drawing = await openPage(browser, 1);
  const picture = await openPage(browser, scale);
  await drawing.evaluate(plotlySource());
  let last: Promise<unknown> = Promise.resolve();
  const lane: Lane = {
    waiting: 0,
    inTurn(work) {
      lane.waiting++;
      const result = last.then(() => work({ drawing, picture }));
      last = result.catch(() => undefined).then(() => lane.waiting--);
      return result;
    },
  };
  return lane;
}

function createRenderer(browser: Browser, kind: string, lanes: Lane[]): Renderer {
  // PNG and SVG of a figure come from one drawing.
  const drawn = new WeakMap<Figure, Promise<string>>();
  const idlest = (): Lane =>
    lanes.reduce((best, lane) => (lane.waiting < best.waiting ? lane : best));
  const svg = (figure: Figure): Promise<string> => {
    const known = drawn.get(figure) ?? idlest().inTurn(({ drawing }) => drawSvg(drawing, figure));
    drawn.set(figure, known);
    return known;
  };
  return {
    browser: `${kind} ${browser.version()}`,
    html: (figure) => standaloneHtml(figure, { source: plotlySource() }),
    svg,
    async png(figure) {
      const text = await svg(figure);
      return idlest().inTurn(({ picture }) => photograph(picture, figure, text));
    },
    close: () => browser.close(),
  };
}

async function launchBrowser(
  choices: BrowserChoice[],
): Promise<{ browser: Browser; kind: BrowserChoice["kind"] }> {
  // Imported here, since it takes a quarter of a second and most programs draw no picture.
  const { chromium } = await import("playwright-core");
  const failures: string[] = [];
  for (const choice of choices) {
    try {
      const { executablePath, env } = await choice.prepare();
      const browser = await chromium.launch({
        executablePath,
        args: LAUNCH_FLAGS,
        env: env && { ...definedVariables(), ...env },
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
        timeout: PATIENCE,
      });
      return { browser, kind: choice.kind };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(`${choice.name} did not start: ${launchReason(reason)}`);
    }
  }
  const tried = failures.length > 0 ? failures.join("; ") : "none found";
  throw new Error(`no browser to draw figures with (${tried}): ${browserAdvice()}`);
}

/** The one line that says why in playwright's long report of a failed start. */
function launchReason(message: string): string {
  const lines = message.split("\n").map((line) => line.trim());
  const reason = lines.find((line) =>
    /error while loading|cannot open shared|ERROR:|ENOENT/.test(line),
  );
  return (reason ?? lines[0]).slice(0, 300);
}

function definedVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
}

async function openPage(browser: Browser, scale: number): Promise<Page> {
  const context = await browser.newContext({
    deviceScaleFactor: scale,
    offline: true,
    acceptDownloads: false,
    locale: "en-US",
    timezoneId: "UTC",
    colorScheme: "light",
  });
  context.setDefaultTimeout(PATIENCE);
  await context.route("**/*", (route) => route.abort());
  const page = await context.newPage();
  await page.setContent(pageFrame(), { waitUntil: "load" });
  await page.evaluate(async () => {
    const { document } = globalThis as unknown as PageWorld;
    for (const style of ["12px", "bold 12px", "italic 12px"]) {
      await document.fonts.load(`${style} "Open Sans"`);
    }
    await document.fonts.ready;
  });
  return page;
}

/** An empty page that may load nothing, with the bundled fonts written into it. */
function pageFrame(): string {
  const faces = [...bundledFonts()].map(([name, bytes]) => {
    const weight = name.includes("Bold") ? "bold" : "normal";
    const style = name.includes("Italic") ? "italic" : "normal";
    const address = `data:font/ttf;base64,${Buffer.from(bytes).toString("base64")}`;
    return `@font-face { font-family: "Open Sans"; font-weight: ${weight}; font-style: ${style}; src: url(${address}) }`;
  });
  return `<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:">
<style>${faces.join("\n")}
body { margin: 0; background: #fff }</style></head><body></body></html>`;
}

async function drawSvg(page: Page, figure: Figure): Promise<string> {
  const { data, layout, width, height, name, title } = figure;
  const request = {
    figure: { data, layout, config: PLOTLY_CONFIG },
    options: { format: "svg", width, height, imageDataOnly: true },
  };
  let svg: string;
  try {
    svg = await page.evaluate(async (asked) => {
      const { Plotly } = globalThis as unknown as PageWorld;
      // plotly draws ids from Math.random: seeded anew, the same figure gets the same ids.
      let state = 1;
      Math.random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 4294967296;
      };
      return Plotly.toImage(asked.figure, asked.options);
    }, request);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Error(`figure ${name}: plotly could not draw it: ${reason}`, { cause: error });
  }
  const stable = svg.replace(/<[a-zA-Z][^<>]*>/g, styleLast);
  if (title === "") return stable;
  return stable.replace(
    /^<svg [^>]*>/,
    (tag) => `${tag}<title>${escapeHtml(cleanText(title))}</title>`,
  );
}

/**
 * A tag with its style attribute at the end. The browser adds that attribute when it is first asked for, which
 * depends on what plotly had measured before.
 */
function styleLast(tag: string): string {
  const style = / style="[^"]*"/.exec(tag)?.[0];
  if (style === undefined) return tag;
  return tag.replace(style, "").replace(/\s*\/?>$/, (end) => `${style}${end.trim()}`);
}

async function photograph(page: Page, figure: Figure, svg: string): Promise<Uint8Array> {
  const { width, height, name } = figure;
  await page.setViewportSize({ width: Math.ceil(width), height: Math.ceil(height) });
  const problem = await page.evaluate((text) => {
    const { document, DOMParser } = globalThis as unknown as PageWorld;
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    const failure = parsed.querySelector("parsererror");
    if (failure) return failure.textContent;
    document.body.replaceChildren(document.importNode(parsed.documentElement, true));
    return "";
  }, svg);
  if (problem !== "") throw new Error(`figure ${name}: not well-formed SVG: ${problem}`);
  const clip = { x: 0, y: 0, width, height };
  return new Uint8Array(await page.screenshot({ type: "png", clip, scale: "device" }));
}
