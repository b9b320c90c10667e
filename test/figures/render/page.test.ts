import test from "ava";
import { readFile, rename, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { renderFigures } from "../../../src/atlas/figures/index.js";
import { startBrowser } from "../../support/browser.js";
import { drawFigure } from "../../support/draw-figure.js";
import { inFolder } from "../../support/folder.js";

const data = { name: "a", densities: [0.1, 0.1, 0.03, 0.01] };
const wide = {
  ...drawFigure("density-histogram", data),
  narrow: drawFigure("density-histogram", data, { size: "column" }),
};
const alone = drawFigure("density-histogram", data, { name: "alone" });

test("pages share plotly's file, fit a phone, follow the system's theme and open from a folder", async (t) => {
  await inFolder(async (folder) => {
    const files = await renderFigures([wide, alone], folder, { formats: ["html"] });
    t.is(files.length, 2);
    for (const file of files) t.true((await stat(file)).size < 60_000, file);
    const [plotly] = /plotly-[\d.]+\.min\.js/.exec(await readFile(files[0], "utf8")) ?? [];
    t.true((await stat(path.join(folder, String(plotly)))).size > 4e6);
    const browser = await startBrowser();
    if (!browser) return void t.log("no browser here");
    try {
      const look = async (file: string, width: number, theme: "light" | "dark"): Promise<Seen> => {
        const context = await browser.newContext({
          viewport: { width, height: 800 },
          colorScheme: theme,
          offline: true,
        });
        const page = await context.newPage();
        page.on("pageerror", (error) => t.fail(error.message));
        await page.goto(pathToFileURL(file).href);
        await page.waitForFunction('document.querySelector("#figure").textContent !== ""');
        const seen = await page.evaluate<Seen>(SEEN);
        await context.close();
        return seen;
      };
      const desk = await look(files[0], 1200, "light");
      t.like(desk, { drawn: 840, background: "rgb(255, 255, 255)", filter: "none", sideways: 0 });
      t.true(desk.hasFont);
      const dark = await look(files[0], 1200, "dark");
      t.like(dark, { drawn: 840, background: "rgb(18, 18, 18)", sideways: 0 });
      t.regex(dark.filter, /invert/);
      t.like(await look(files[0], 390, "light"), { drawn: 317, sideways: 0 });
      // One without a narrow form is scrolled in its own place: the page keeps its width.
      t.like(await look(files[1], 390, "light"), { drawn: 840, sideways: 0 });
      await rename(path.join(folder, String(plotly)), path.join(folder, "gone.js"));
      const lost = await look(files[1], 390, "light");
      t.is(lost.text, `this page needs the file ${plotly} beside it`);
    } finally {
      await browser.close();
    }
  });
});

interface Seen {
  /** Width of the drawing; 0 where there is none. */
  drawn: number;
  /** Pixels that the page is wider than the screen. */
  sideways: number;
  background: string;
  filter: string;
  hasFont: boolean;
  text: string;
}

/** What is seen of a page, as an expression evaluated in it. */
const SEEN = `(() => {
  const place = document.querySelector("#figure");
  return {
    drawn: Number(place.querySelector("svg.main-svg")?.getAttribute("width") ?? 0),
    sideways: document.documentElement.scrollWidth - innerWidth,
    background: getComputedStyle(document.body).backgroundColor,
    filter: getComputedStyle(place).filter,
    hasFont: document.fonts.check('12px "Open Sans"', "latents"),
    text: place.textContent,
  };
})()`;
