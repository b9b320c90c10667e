import test from "ava";
import { browserChoices } from "../../../src/figures/render/index.js";
import { type Figure, openRenderer } from "../../../src/figures/index.js";
import { drawFigure } from "../../support/draw-figure.js";
import { sampleFigures } from "../samples/figures.js";

const other = drawFigure("density-histogram", { name: "other", densities: [0.5, 0.001] });
const figure = drawFigure(
  "density-histogram",
  { name: "a", densities: [0.1, 0.1, 0.03, 0.01] },
  { size: "column" },
);

for (const browser of ["npm", "system"]) {
  test(`the ${browser} browser draws the same SVG and the same PNG at twice the size each time`, async (t) => {
    if (browserChoices(browser).length === 0) {
      // The npm browser has to be there where it can run; a system browser need not.
      if (browser === "npm" && process.platform === "linux" && process.arch === "x64") t.fail();
      t.log(`no ${browser} browser here`);
      t.pass();
      return;
    }
    const renderer = await openRenderer({ browser });
    try {
      t.true(renderer.browser.startsWith(`${browser} `));
      const first = await renderer.svg(figure);
      const png = await renderer.png(figure);
      await renderer.svg(other);
      // A copy is drawn anew; the same object is not.
      t.true((await renderer.svg({ ...figure })) === first);
      t.deepEqual(await renderer.png({ ...figure }), png);
      t.true(first.startsWith("<svg "));
      t.true(first.includes("<title>Density of latents</title>"));
      t.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
      const view = new DataView(png.buffer);
      t.is(view.getUint32(16), 2 * figure.width);
      t.is(view.getUint32(20), 2 * figure.height);
      const broken = { ...figure, name: "broken", width: -1 };
      await t.throwsAsync(renderer.svg(broken), { message: /figure broken: / });
      t.true((await renderer.svg({ ...figure })) === first);
    } finally {
      await renderer.close();
    }
  });
}

test("npm's browser draws where both are, so that pictures do not depend on the machine", async (t) => {
  const kinds = browserChoices("").map(({ kind }) => kind);
  t.deepEqual(kinds, [...kinds].sort()); // npm before system
  if (kinds[0] !== "npm") return;
  const renderer = await openRenderer({ browser: "" });
  t.regex(renderer.browser, /^npm /);
  await renderer.close();
});

test("SVG and PDF carry the font, a PNG declares its resolution, a PDF has the figure's size", async (t) => {
  const renderer = await openRenderer({ dpi: 300 });
  try {
    const svg = await renderer.svg(figure);
    const faces = [...svg.matchAll(/@font-face\{font-family:"Open Sans"[^}]*\}/g)].map(String);
    t.is(faces.length, 1, "one face: regular, Latin");
    t.regex(String(faces[0]), /font-weight:400;src:url\(data:font\/woff2;base64,[\w+/=]{10000,}\)/);
    t.true(svg.length < 60_000);
    const png = Buffer.from(await renderer.png(figure));
    t.is(png.readUInt32BE(16), Math.round((figure.width / 96) * 300));
    t.is(png.toString("latin1", 37, 41), "pHYs");
    t.is(png.readUInt32BE(41), 11811);
    const pdf = Buffer.from(await renderer.pdf(figure)).toString("latin1");
    t.regex(pdf, /\/FontName \/[A-Z]{6}\+OpenSans-Regular/);
    t.regex(pdf, /\/FontFile2 /);
    t.is(pdf.match(/\/Type \/Page\b/g)?.length, 1);
    const [, width, height] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf) ?? [];
    t.true(Math.abs(Number(width) - figure.width * 0.75) < 0.75, String(width));
    t.true(Math.abs(Number(height) - figure.height * 0.75) < 0.75, String(height));
    t.true(Buffer.from(await renderer.pdf({ ...figure })).toString("latin1") === pdf);
    t.notRegex(pdf, /Date \(D:20(?!000101)/);
  } finally {
    await renderer.close();
  }
  await t.throwsAsync(openRenderer({ dpi: 72 }), { message: /dpi must be from 96 to 768, got 72/ });
});

test("a text in other scripts gets their faces", async (t) => {
  const renderer = await openRenderer();
  try {
    const titled = { ...figure, layout: { ...figure.layout, title: { text: "αβγ <b>Жук</b>" } } };
    const faces = (await renderer.svg(titled)).match(/@font-face[^}]*\}/g) ?? [];
    const found = faces.map((face) => /font-weight:(\d+)/.exec(face)?.[1]);
    // Latin, Greek and Cyrillic, each regular and bold.
    t.deepEqual(found.map(String).sort(), ["400", "400", "400", "700", "700", "700"]);
  } finally {
    await renderer.close();
  }
});

test("figures drawn at once, in any order, have the bytes that they have alone", async (t) => {
  const draw = async (figures: Figure[], lanes: number): Promise<Map<string, string>> => {
    const renderer = await openRenderer({ lanes });
    try {
      const drawn = await Promise.all(
        figures.map(async (one): Promise<[string, string]> => {
          const [svg, png] = await Promise.all([renderer.svg(one), renderer.png(one)]);
          return [one.name, svg + Buffer.from(png).toString("base64") + renderer.html(one)];
        }),
      );
      return new Map(drawn.sort());
    } finally {
      await renderer.close();
    }
  };
  const figures = sampleFigures((at) => `text ${at}`, { size: "column" }).slice(0, 6);
  const alone = await draw(figures, 1);
  t.is(alone.size, 6);
  t.deepEqual(await draw([...figures].reverse(), 2), alone);
  await t.throwsAsync(openRenderer({ lanes: 0 }), { message: /lanes must be from 1 to 8, got 0/ });
});

test("without a browser the error says what to install", async (t) => {
  await t.throwsAsync(openRenderer({ browser: "/nowhere/chromium" }), {
    message: /no file \/nowhere\/chromium .*FEATURE_FAMILIES_BROWSER/,
  });
  await t.throwsAsync(openRenderer({ browser: process.execPath }), {
    message: /did not start: .*install Chromium or Chrome.*@sparticuz\/chromium/,
  });
  await t.throwsAsync(openRenderer({ scale: 0 }), { instanceOf: RangeError });
});
