import test from "ava";
import { browserChoices } from "../../src/figures/browser.js";
import { drawDensityHistogram } from "../../src/figures/density-histogram.js";
import { openRenderer } from "../../src/figures/render.js";

const other = drawDensityHistogram([{ name: "other", densities: [0.5, 0.001] }]);
const figure = drawDensityHistogram([{ name: "a", densities: [0.1, 0.1, 0.03, 0.01] }], {
  size: "column",
});

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
      t.true((await renderer.svg(figure)) === first);
      t.deepEqual(await renderer.png(figure), png);
      t.true(first.startsWith("<svg "));
      t.true(first.includes("<title>Density of latents</title>"));
      t.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
      const view = new DataView(png.buffer);
      t.is(view.getUint32(16), 2 * figure.width);
      t.is(view.getUint32(20), 2 * figure.height);
      const broken = { ...figure, name: "broken", width: -1 };
      await t.throwsAsync(renderer.svg(broken), { message: /figure broken: / });
      t.true((await renderer.svg(figure)) === first);
    } finally {
      await renderer.close();
    }
  });
}

test("without a browser the error says what to install", async (t) => {
  await t.throwsAsync(openRenderer({ browser: "/nowhere/chromium" }), {
    message: /no file \/nowhere\/chromium .*FEATURE_FAMILIES_BROWSER/,
  });
  await t.throwsAsync(openRenderer({ browser: process.execPath }), {
    message: /did not start: .*install Chromium or Chrome.*@sparticuz\/chromium/,
  });
  await t.throwsAsync(openRenderer({ scale: 0 }), { instanceOf: RangeError });
});
