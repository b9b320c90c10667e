import type { Page } from "playwright-core";
import { type Figure, type Renderer, openRenderer } from "../../../src/figures/index.js";
import { startBrowser } from "../../support/browser.js";
import { CONTRAST } from "./contrast.js";

/** Least size of type in print, in points; a column's figure is drawn in its printed size. */
const LEAST_POINTS = 6;

/** Finds what a reader could not read in figures as a browser draws them. */
export interface LegibilityChecker {
  /** Faults in words; none is []. */
  faults(figure: Figure): Promise<string[]>;
  close(): Promise<void>;
}

/** Undefined where no browser starts. */
export async function openLegibilityChecker(): Promise<LegibilityChecker | undefined> {
  const browser = await startBrowser();
  if (!browser) return undefined;
  const renderer: Renderer = await openRenderer();
  const page = await browser.newPage();
  return {
    async faults(figure) {
      const svg = await renderer.svg(figure);
      const { width, height } = figure;
      await page.setViewportSize({ width: Math.ceil(width), height: Math.ceil(height) });
      await page.setContent(`<style>body{margin:0}svg{display:block}</style>${svg}`);
      await page.evaluate("Promise.all([...document.fonts].map((face) => face.load()))");
      const background = await photographWithoutText(page);
      const given = JSON.stringify({ background, least: (LEAST_POINTS * 96) / 72 });
      return page.evaluate<string[]>(
        `(() => { ${CONTRAST} return (${findFaults.toString()})(${given}); })()`,
      );
    },
    async close() {
      await renderer.close();
      await browser.close();
    },
  };
}

async function photographWithoutText(page: Page): Promise<string> {
  await page.addStyleTag({ content: "text { visibility: hidden }" });
  const png = await page.screenshot();
  await page.evaluate("document.querySelector('style:last-of-type').remove()");
  return `data:image/png;base64,${png.toString("base64")}`;
}

// What the function that runs in the page sees there.
interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}
interface SeenElement {
  textContent: string;
  closest(selector: string): SeenElement | null;
  querySelectorAll(selector: string): Iterable<SeenElement>;
  getBoundingClientRect(): Box;
  getTotalLength(): number;
  getPointAtLength(at: number): { matrixTransform(matrix: unknown): { x: number; y: number } };
  getScreenCTM(): unknown;
  getAttribute(name: string): string | null;
}
interface Seen {
  document: {
    querySelectorAll(selector: string): Iterable<SeenElement>;
    createElement(name: "canvas"): {
      width: number;
      height: number;
      getContext(kind: "2d"): {
        drawImage(image: unknown, x: number, y: number): void;
        getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
      };
    };
    createTreeWalker(root: SeenElement, what: number): { nextNode(): SeenElement | null };
    createRange(): { selectNodeContents(node: unknown): void; getClientRects(): Iterable<Box> };
  };
  getComputedStyle: (element: SeenElement) => Record<string, string>;
  Image: new () => { src: string; width: number; height: number; decode(): Promise<void> };
}

/** What CONTRAST defines in the page. */
declare function contrast(a: ArrayLike<number>, b: ArrayLike<number>): number;

/** Runs in the page that shows one figure's SVG, so it uses nothing else from outside itself. */
async function findFaults({
  background,
  least,
}: {
  background: string;
  least: number;
}): Promise<string[]> {
  const { document, getComputedStyle, Image } = globalThis as unknown as Seen;
  const faults = new Set<string>();
  const image = new Image();
  image.src = background;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);

  const parse = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const over = (colour: number[], opacity: number, under: ArrayLike<number>): number[] => {
    const alpha = (colour[3] ?? 1) * opacity;
    return [0, 1, 2].map((i) => alpha * colour[i] + (1 - alpha) * under[i]);
  };
  const opacityOf = (element: SeenElement): number => {
    let opacity = 1;
    for (
      let at: SeenElement | null = element;
      at;
      at = (at as unknown as { parentElement: SeenElement | null }).parentElement
    ) {
      opacity *= Number(getComputedStyle(at).opacity);
    }
    return opacity;
  };

  // The ink of each piece of text: a line box is higher than its letters.
  const texts: { words: string; box: Box; element: SeenElement; hasHalo: boolean }[] = [];
  for (const element of document.querySelectorAll("svg text")) {
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || opacityOf(element) === 0) continue;
    const walker = document.createTreeWalker(element, 4);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const words = node.textContent.trim();
      if (words === "") continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const { left, top, right, bottom } of range.getClientRects()) {
        const isUpright = bottom - top > right - left && words.length > 2;
        const trim = 0.24 * (isUpright ? right - left : bottom - top);
        const box = isUpright
          ? { left: left + trim, right: right - trim, top: top + 1, bottom: bottom - 1 }
          : { left: left + 1, right: right - 1, top: top + trim, bottom: bottom - trim };
        texts.push({ words, box, element, hasHalo: style.textShadow !== "none" });
        const parent = (node as unknown as { parentElement: SeenElement }).parentElement;
        const own = getComputedStyle(parent);
        const size = parseFloat(own.fontSize);
        // Raised and lowered small print belongs to a word of full size.
        if (size < least && !/[\d₀-₉]|^log$/.test(words)) {
          faults.add(`"${words}" is ${size.toFixed(1)} px`);
        }
        const [w, h] = [box.right - box.left, box.bottom - box.top];
        if (w < 1 || h < 1) continue;
        if (
          box.left < -1 ||
          box.top < -1 ||
          box.right > image.width + 1 ||
          box.bottom > image.height + 1
        ) {
          faults.add(`"${words}" leaves the figure`);
          continue;
        }
        const { data } = context.getImageData(
          ...([box.left, box.top, w, h].map((v) => Math.max(0, Math.round(v))) as [
            number,
            number,
            number,
            number,
          ]),
        );
        const ratios: number[] = [];
        const ink = parse(own.fill);
        const opacity = opacityOf(parent) * Number(own.fillOpacity);
        for (let i = 0; i < data.length; i += 4) {
          const under = data.subarray(i, i + 3);
          ratios.push(contrast(over(ink, opacity, under), under));
        }
        ratios.sort((p, q) => p - q);
        const typical = ratios[ratios.length >> 1];
        if (typical < 4.5) faults.add(`"${words}" has a contrast of ${typical.toFixed(1)}`);
      }
    }
  }

  const meets = (a: Box, b: Box): boolean =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  for (const [i, one] of texts.entries()) {
    for (const other of texts.slice(0, i)) {
      if (one.element !== other.element && meets(one.box, other.box)) {
        faults.add(`"${other.words}" and "${one.words}" overlap`);
      }
    }
  }

  const clipOf = (line: SeenElement): Box | undefined => {
    const clipped = line.closest("[clip-path]");
    const id = /#([\w-]+)/.exec(clipped?.getAttribute("clip-path") ?? "")?.[1];
    if (clipped === null || id === undefined) return undefined;
    // What a clip path holds has no box of its own: its rectangle is in the units of what it clips.
    const [rectangle] = document.querySelectorAll(`[id="${id}"] rect`);
    if (!rectangle) return undefined;
    const [x, y, w, h] = ["x", "y", "width", "height"].map((name) =>
      Number(rectangle.getAttribute(name) ?? 0),
    );
    const { e, f } = clipped.getScreenCTM() as { e: number; f: number };
    return { left: e + x, top: f + y, right: e + x + w, bottom: f + y + h };
  };

  // Lines that belong to another label, or join points, through a text.
  const lines = [
    ...document.querySelectorAll("svg .annotation-arrow-g path, svg .scatterlayer path.js-line"),
  ];
  for (const line of lines) {
    const style = getComputedStyle(line);
    if (style.stroke === "none" || opacityOf(line) * Number(style.strokeOpacity) === 0) continue;
    const owner = line.closest(".annotation");
    // An arrow without words is an edge of a network.
    const isLeader = owner !== null && owner.textContent.trim() !== "";
    const clip = clipOf(line);
    const matrix = line.getScreenCTM();
    const length = line.getTotalLength();
    // A line that is cut off far outside its plot may be very long.
    const step = Math.max(1.5, length / 3000);
    for (let at = 0; at <= length; at += step) {
      const { x, y } = line.getPointAtLength(at).matrixTransform(matrix);
      if (clip && (x < clip.left || x > clip.right || y < clip.top || y > clip.bottom)) continue;
      for (const { words, box, element, hasHalo } of texts) {
        const isInside = x > box.left && x < box.right && y > box.top && y < box.bottom;
        if (!isInside || (owner !== null && element.closest(".annotation") === owner)) continue;
        // Letters with a halo stay readable over a line of the data, not over the leader of another label.
        if (hasHalo && !isLeader) continue;
        faults.add(`a ${isLeader ? "leader" : "line"} runs through "${words}"`);
      }
    }
  }

  // Marks: what is drawn for data, against the white that it is drawn on.
  const white = [255, 255, 255];
  for (const trace of document.querySelectorAll("svg g.trace")) {
    const strengths: number[] = [];
    for (const mark of trace.querySelectorAll("path.js-line, path.point, .point path")) {
      const style = getComputedStyle(mark);
      const opacity = opacityOf(mark);
      for (const kind of ["fill", "stroke"] as const) {
        if (style[kind] === "none" || (kind === "stroke" && parseFloat(style.strokeWidth) === 0))
          continue;
        if (mark.closest(".js-fill") !== null) continue;
        strengths.push(
          contrast(
            over(parse(style[kind]), opacity * Number(style[`${kind}Opacity`]), white),
            white,
          ),
        );
      }
    }
    const best = Math.max(...strengths);
    // Points that belong to no group are the ground that the groups stand on.
    const isGround = [...trace.querySelectorAll("path.point")].some((mark) =>
      /rgb\(207, 207, 207\)/.test(getComputedStyle(mark).fill),
    );
    if (isGround) continue;
    if (strengths.length > 0 && best < 3) faults.add(`marks have a contrast of ${best.toFixed(1)}`);
  }
  return [...faults];
}
