import type { Locator } from "playwright-core";
import { CONTRAST } from "../figures/samples/contrast.js";

/** What has the least contrast with the ground that it really stands on, as WCAG measures it. */
export interface Contrast {
  /** 1 to 21. */
  ratio: number;
  what: string;
  /** Pieces of text, or colours of a picture, that were measured. */
  count: number;
}

/** Of the text in a part of the page, be it HTML or SVG. */
export const textContrast = (part: Locator): Promise<Contrast> => measure(part, "textContrast");

/** Of the colours in a picture's ink; lines that are meant to be faint are no ink. */
export const inkContrast = (picture: Locator): Promise<Contrast> => measure(picture, "inkContrast");

async function measure(part: Locator, name: "textContrast" | "inkContrast"): Promise<Contrast> {
  await part.page().evaluate(`(() => {${MEASURES}})()`);
  return part.evaluate((element, name) => {
    const measures = globalThis as unknown as Record<string, (element: unknown) => Contrast>;
    return measures[name](element);
  }, name);
}

/** Runs in the page. */
const MEASURES = `${CONTRAST}
  const parse = (colour) => {
    const [r, g, b, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    return [r, g, b, alpha];
  };
  const over = (ink, under) => [0, 1, 2].map((i) => ink[3] * ink[i] + (1 - ink[3]) * under[i]);
  const groundOf = (element) => {
    if (!element) return [255, 255, 255];
    const colour = parse(getComputedStyle(element).backgroundColor);
    return colour[3] === 1 ? colour : over(colour, groundOf(element.parentElement));
  };
  const least = (found) => {
    const [first = { ratio: 0, what: "nothing" }] = found.sort((p, q) => p.ratio - q.ratio);
    return { ratio: first.ratio, what: first.what.slice(0, 60), count: found.length };
  };
  globalThis.textContrast = (part) => {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      const isSvg = element.namespaceURI.endsWith("svg");
      if (node.textContent.trim() === "" || element.closest("style, script, defs")) continue;
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const style = getComputedStyle(element);
      const ink = parse(isSvg ? style.fill : style.color);
      if (isSvg) ink[3] *= style.fillOpacity;
      for (let at = element; at; at = at.parentElement) ink[3] *= getComputedStyle(at).opacity;
      const ground = groundOf(element);
      found.push({ ratio: contrast(over(ink, ground), ground), what: node.textContent.trim() });
    }
    return least(found);
  };
  globalThis.inkContrast = async (picture) => {
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const counts = new Map();
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] < 200) continue;
      const colour = data.slice(i, i + 3).join();
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    const ground = groundOf(picture);
    const found = [...counts]
      .filter(([, count]) => count >= 20)
      .map(([colour]) => ({ ratio: contrast(colour.split(","), ground), what: "rgb " + colour }));
    return least(found);
  };
`;
