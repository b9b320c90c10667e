import test from "ava";
import { onAnyBackground } from "../../src/figures/theme/index.js";
import { sampleFigures } from "./samples/figures.js";

const GROUNDS = ["#ffffff", "#111111"];

test("what a notebook shows can be read in a light and in a dark theme", (t) => {
  for (const figure of sampleFigures((at) => `text ${at}`, { size: "screen" })) {
    const { data, layout } = onAnyBackground(figure);
    t.is(layout.paper_bgcolor, "rgba(0,0,0,0)", figure.name);
    t.is(layout.plot_bgcolor, "rgba(0,0,0,0)", figure.name);
    for (const { colour, isText } of [...coloursOf(data), ...coloursOf(layout)]) {
      for (const ground of GROUNDS) {
        const ratio = contrast(colour, ground);
        t.true(ratio > (isText ? 4 : 2.9), `${figure.name}: ${colour} on ${ground}: ${ratio}`);
      }
    }
    t.false(JSON.stringify({ data, layout }).includes('"shadow"'), figure.name);
    t.deepEqual(
      data.map(({ x, y, z }) => ({ x, y, z })),
      figure.data.map(({ x, y, z }) => ({ x, y, z })),
    );
  }
});

/** Opaque colours outside cells and hover labels. */
function coloursOf(value: unknown, isText = false): { colour: string; isText: boolean }[] {
  if (typeof value === "string") {
    return /^#[0-9a-f]{6}$/i.test(value) ? [{ colour: value, isText }] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  const given = value as Record<string, unknown>;
  if (["heatmap", "contour"].includes(String(given.type)) || given.mode === "text") {
    return coloursOf(given.colorbar);
  }
  return Object.entries(given).flatMap(([key, part]) =>
    key === "hoverlabel" ? [] : coloursOf(part, isText || /font$/.test(key)),
  );
}

function contrast(a: string, b: string): number {
  const [low, high] = [a, b].map(luminance).sort((p, q) => p - q);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
