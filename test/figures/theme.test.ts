import test from "ava";
import {
  CATEGORIES,
  composeFigure,
  figureSize,
  MANY_CATEGORIES,
  SEQUENTIAL,
  SIZES,
} from "../../src/figures/theme/index.js";

test("the sequential scale falls in CIELAB lightness in equal steps", (t) => {
  const lightness = SEQUENTIAL.map(([, colour]) => lightnessOf(colour));
  const step = (lightness[0] - lightness[10]) / 10;
  t.true(step > 8);
  for (let i = 1; i < lightness.length; i++) {
    t.true(Math.abs(lightness[i - 1] - lightness[i] - step) < 0.6);
    t.is(SEQUENTIAL[i][0], i / 10);
  }
});

test("no two colours of a palette come close for red-blind and green-blind eyes", (t) => {
  for (const palette of [CATEGORIES, MANY_CATEGORIES]) {
    for (const deficiency of Object.values(DEFICIENCIES)) {
      const seen = palette.map((colour) => labOf(applyTo(deficiency, linearOf(colour))));
      for (let i = 0; i < seen.length; i++) {
        for (let j = 0; j < i; j++) {
          const distance = Math.hypot(...seen[i].map((v, c) => v - seen[j][c]));
          t.true(distance > 10, `${palette[i]} and ${palette[j]}: ${distance.toFixed(1)}`);
        }
      }
    }
  }
});

test("sizes are those of a paper column, a page and a 16:9 slide", (t) => {
  t.is(Math.round((SIZES.column.width / 96) * 10) / 10, 3.3);
  t.is(Math.round((SIZES.page.width / 96) * 10) / 10, 6.9);
  t.is(SIZES.slide.width / SIZES.slide.height, 16 / 9);
  t.is(figureSize({ size: "column", height: 300 }).height, 300);
});

test("a length for print sets the side, and the type size that goes with it", (t) => {
  const measured = (width: string): unknown => {
    const { width: pixels, font, titled } = figureSize({ width });
    return { pixels, font, titled };
  };
  const column = { font: SIZES.column.font, titled: false };
  t.deepEqual(measured("85mm"), { pixels: 321, ...column });
  t.deepEqual(measured("8.5 cm"), { pixels: 321, ...column });
  t.deepEqual(measured("3.3in"), { pixels: 317, ...column });
  t.deepEqual(measured("240pt"), { pixels: 320, ...column });
  t.like(measured("170mm"), { pixels: 643, font: SIZES.page.font });
  t.like(figureSize({ width: "85mm", size: "slide" }), { width: 321, font: SIZES.slide.font });
  t.like(figureSize({ width: 500 }), { width: 500, font: SIZES.screen.font });
  for (const width of ["85", "-3mm", "85 furlongs", "NaNmm", ""]) {
    t.throws(() => figureSize({ width }), { message: /width must be .*"85mm".*got "/ }, width);
  }
  t.throws(() => figureSize({ height: "3mm" }), { message: /height must be from 100.*got "3mm"/ });
});

test("a figure refuses unknown sizes, absurd sides and names that are no file names", (t) => {
  t.throws(() => figureSize({ size: "poster" as "page" }), { message: /column, page.*"poster"/ });
  t.throws(() => figureSize({ size: "__proto__" as "page" }), { instanceOf: RangeError });
  t.throws(() => figureSize({ width: NaN }), { message: /width must be from 100/ });
  const parts = { data: [], layout: {}, size: SIZES.page };
  t.throws(() => composeFigure(parts, "plot", { name: "../x" }), { message: /name must be/ });
});

test("titles stand on slides and screens, and in print only when asked for", (t) => {
  const titleOf = (size: "slide" | "page", title?: string): unknown =>
    composeFigure({ data: [], layout: {}, size: SIZES[size] }, "plot", {
      ...{ title, defaultTitle: "A <plot>" },
    }).layout.title;
  t.like(titleOf("slide"), { text: "A &lt;plot&gt;" });
  t.is(titleOf("page"), undefined);
  t.like(titleOf("page", "Mine"), { text: "Mine" });
  t.is(titleOf("slide", ""), undefined);
});

// Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
const DEFICIENCIES = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

function linearOf(colour: string): number[] {
  return [1, 3, 5].map((at) => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
}

function applyTo(matrix: number[][], rgb: number[]): number[] {
  return matrix.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((s, m, i) => s + m * rgb[i], 0),
      ),
    ),
  );
}

function labOf([r, g, b]: number[]): number[] {
  const f = (v: number): number => (v > 0.008856 ? Math.cbrt(v) : 7.787 * v + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function lightnessOf(colour: string): number {
  return labOf(linearOf(colour))[0];
}
