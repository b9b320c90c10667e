import type { Browser, Page } from "playwright-core";
import type { BrowserChoice } from "./browser.js";
import { browserAdvice, browserChoices } from "./browser.js";
import type { Figure } from "../figure.js";
import { escapeHtml, PLOTLY_CONFIG, standaloneHtml } from "./html.js";
import { allFontFaces, fontFacesFor, pageFonts } from "./fonts.js";
import { stablePdf, withResolution } from "./picture-files.js";
import { plotlySource } from "./plotly.js";
import { cleanText } from "../drawing/text.js";

/** Draws figures in a browser of its own, which lives until `close`. */
export interface Renderer {
  /** The browser that draws: its kind and version, such as "npm 147.0.7727.15". */
  readonly browser: string;
  /** A whole page with plotly inside, about 5 MB. */
  html(figure: Figure): string;
  /** The figure as SVG text with its font inside; the same figure gives the same text. Throws if plotly cannot draw it. */
  svg(figure: Figure): Promise<string>;
  /** The figure as PNG bytes, which declare their resolution; the same figure gives the same bytes. */
  png(figure: Figure): Promise<Uint8Array>;
  /** The figure as a PDF of one page in its size, its font embedded; the same figure gives the same bytes. */
  pdf(figure: Figure): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Options of `openRenderer`. */
export interface RendererOptions {
  /**
   * Browser to use: a program's path, "system", or "npm" for the one of @sparticuz/chromium. Default: the environment
   * variable FEATURE_FAMILIES_BROWSER, else npm's, whose pictures are the same on every machine, else the system's.
   */
  browser?: string;
  /** Pixels of a PNG for each of the figure's, 1 to 8. Default 2. */
  scale?: number;
  /** Pixels of a PNG per inch of print, 96 to 768, in place of `scale`: 300 for most journals. */
  dpi?: number;
  /** Figures drawn at once, each in pages of its own, 1 to 8. Default 1. */
  lanes?: number;
}

// What the functions that run inside the page see there.
interface PageWorld {
  Plotly: {
    toImage(figure: unknown, options: unknown): Promise<string>;
  };
  document: {
    fonts: Iterable<{ load(): Promise<unknown> }>;
    title: string;
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

const CSS_DPI = 96;
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
  const { lanes = 1 } = options;
  if (!(Number.isInteger(lanes) && lanes >= 1 && lanes <= 8)) {
    throw new RangeError(`openRenderer: lanes must be from 1 to 8, got ${lanes}`);
  }
  const scale = pictureScale(options);
  const { browser, kind } = await launchBrowser(browserChoices(options.browser));
  try {
    const opened = await Promise.all(Array.from({ length: lanes }, () => openLane(browser, scale)));
    return createRenderer(browser, kind, opened, scale);
  } catch (error) {
    await browser.close();
    throw error;
  }
}

function pictureScale({ scale = 2, dpi }: RendererOptions): number {
  if (!(scale >= 1 && scale <= 8)) {
    throw new RangeError(`openRenderer: scale must be from 1 to 8, got ${scale}`);
  }
  if (dpi === undefined) return scale;
  if (!(dpi >= CSS_DPI && dpi <= 8 * CSS_DPI)) {
    throw new RangeError(`openRenderer: dpi must be from ${CSS_DPI} to ${8 * CSS_DPI}, got ${dpi}`);
  }
  return dpi / CSS_DPI;
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

function createRenderer(browser: Browser, kind: string, lanes: Lane[], scale: number): Renderer {
  // All pictures of a figure come from one drawing.
  const drawn = new WeakMap<Figure, Promise<string>>();
  const idlest = (): Lane =>
    lanes.reduce((best, lane) => (lane.waiting < best.waiting ? lane : best));
  const draw = (figure: Figure): Promise<string> => {
    const known = drawn.get(figure) ?? idlest().inTurn(({ drawing }) => drawSvg(drawing, figure));
    drawn.set(figure, known);
    return known;
  };
  return {
    browser: `${kind} ${browser.version()}`,
    html: (figure) => standaloneHtml(figure, { source: plotlySource() }, pageFonts(figure)),
    svg: async (figure) => withFont(await draw(figure)),
    async png(figure) {
      const text = await draw(figure);
      const png = await idlest().inTurn(({ picture }) => photograph(picture, figure, text));
      return withResolution(png, CSS_DPI * scale);
    },
    async pdf(figure) {
      const text = await draw(figure);
      return stablePdf(await idlest().inTurn(({ picture }) => print(picture, figure, text)));
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
        env: env && { ...process.env, ...env },
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
    // All of them now: a face that loads while plotly measures text changes the drawing.
    await Promise.all([...document.fonts].map((face) => face.load()));
  });
  return page;
}

/** An empty page that may load nothing, with the font of figures written into it. */
function pageFrame(): string {
  return `<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:">
<style>${allFontFaces()}
@page { margin: 0 }
body { margin: 0 }
svg { display: block }</style></head><body></body></html>`;
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

/** The SVG with the font that it is drawn in. */
function withFont(svg: string): string {
  return svg.replace(/^<svg [^>]*>/, (tag) => `${tag}<style>${fontFacesFor(svg)}</style>`);
}

async function photograph(page: Page, figure: Figure, svg: string): Promise<Uint8Array> {
  const { width, height } = figure;
  await page.setViewportSize({ width: Math.ceil(width), height: Math.ceil(height) });
  await place(page, figure, svg);
  const clip = { x: 0, y: 0, width, height };
  const png = await page.screenshot({ type: "png", clip, scale: "device", omitBackground: true });
  return new Uint8Array(png);
}

async function print(page: Page, figure: Figure, svg: string): Promise<Uint8Array> {
  await place(page, figure, svg);
  const [width, height] = [`${figure.width}px`, `${figure.height}px`];
  return new Uint8Array(await page.pdf({ width, height, printBackground: true, pageRanges: "1" }));
}

/** Makes the SVG all that the page holds. */
async function place(page: Page, { name, title }: Figure, svg: string): Promise<void> {
  const asked = { svg, title: title === "" ? name : cleanText(title) };
  const problem = await page.evaluate(({ svg: text, title: heading }) => {
    const { document, DOMParser } = globalThis as unknown as PageWorld;
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    const failure = parsed.querySelector("parsererror");
    if (failure) return failure.textContent;
    document.title = heading;
    document.body.replaceChildren(document.importNode(parsed.documentElement, true));
    return "";
  }, asked);
  if (problem !== "") throw new Error(`figure ${name}: not well-formed SVG: ${problem}`);
}
