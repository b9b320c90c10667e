import test from "ava";
import { chromium, type Page } from "playwright-core";
import { browserChoices, plotlySource } from "../../../src/figures/render/index.js";
import { type Figure, standaloneHtml, openRenderer } from "../../../src/figures/index.js";
import { sampleFigures } from "../samples/figures.js";

const ATTACKS = [
  `<b>q</b><a href="javascript:self.hacked=1">q</a>`,
  `<img src=x onerror="self.hacked=1">q`,
  `</script><script>self.hacked=1</script>`,
  `&lt;i&gt;q&lt;/i&gt;&#60;i>q`,
  "$\\alpha$ %{x} %{meta[0]}<br>q<sub>q</sub>\u0000\u202e\ud800",
  `"'><svg onload=self.hacked=1>]]><!--`,
];

const figures = sampleFigures((at) => ATTACKS[at], { size: "screen" });

// What of each attack must be seen as it is somewhere in the figure.
const SEEN = ["<b>q</b>", "<img src=x", "</script>", "&lt;i&gt;q", "$\\alpha$ %{x}", `"'><svg`];

interface Shown {
  problems: { code: string; msg: string }[];
  elements: string[];
  text: string;
  hacked: boolean;
}

// What the functions that run inside the page see there.
interface PageElement {
  tagName: string;
  textContent: string;
  attributes: Iterable<{ name: string; value: string }>;
}

interface PageWorld {
  Plotly: {
    newPlot(graph: unknown, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
    validate(data: unknown, layout: unknown): { code: string; msg: string }[] | undefined;
    Fx: { hover(graph: unknown, points: unknown, subplot: string): void };
  };
  document: {
    querySelector(selector: string): PageElement;
    querySelectorAll(selector: string): Iterable<PageElement>;
  };
  hacked?: number;
}

/** Draws the figure in an open page, hovers over the first points of every trace and tells what is there. */
async function showInPage(page: Page, figure: Figure): Promise<Shown> {
  return page.evaluate(async ({ data, layout }) => {
    const { Plotly, document, hacked } = globalThis as unknown as PageWorld;
    const graph = document.querySelector("#figure");
    await Plotly.newPlot(graph, data, layout, { typesetMath: false });
    let text = "";
    const elements = new Set<string>();
    const look = (): void => {
      text += graph.textContent;
      for (const element of document.querySelectorAll("#figure svg *")) {
        const names = [...element.attributes]
          .filter(({ name, value }) => /^on|href/i.test(name) && !/^(data:|#)/.test(value))
          .map(({ name, value }) => `${name}=${value}`);
        elements.add([element.tagName, ...names].join(" "));
      }
    };
    look();
    for (const [curveNumber, trace] of data.entries()) {
      const { xaxis = "x", yaxis = "y", subplot = xaxis + yaxis } = trace as Record<string, string>;
      for (let point = 0; point < 4; point++) {
        const pointNumber = trace.type === "heatmap" ? [point, 0] : point;
        try {
          Plotly.Fx.hover(graph, [{ curveNumber, pointNumber }], subplot);
        } catch {
          // A trace without so many points.
        }
        look();
      }
    }
    return {
      // "unused": a grid's colour where there is no grid, and the like.
      problems: (Plotly.validate(data, layout) ?? []).filter(({ code }) => code !== "unused"),
      elements: [...elements],
      text,
      hacked: hacked !== undefined,
    };
  }, figure);
}

test("in a page, hostile texts are shown as they are and do nothing", async (t) => {
  const { executablePath, env } = await browserChoices()[0].prepare();
  const browser = await chromium.launch({
    executablePath,
    args: ["--disable-gpu"],
    env: env && { ...process.env, ...env },
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    const complaints: string[] = [];
    page.on("request", (request) => complaints.push(`asked for ${request.url()}`));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => complaints.push(message.text()));
    await page.setContent(standaloneHtml(figures[0], { source: plotlySource() }));
    await page.waitForSelector(".main-svg .infolayer");
    let everything = "";
    for (const figure of figures) {
      const { problems, elements, text, hacked } = await showInPage(page, figure);
      t.deepEqual(problems, [], figure.name);
      t.false(hacked, figure.name);
      const foreign = elements.filter((name) => !/^(?:[a-z]+|[a-z]+[A-Z][a-z]+)$/.test(name));
      t.deepEqual(foreign, [], figure.name);
      t.false(elements.includes("a") || elements.includes("script") || elements.includes("img"));
      everything += text;
    }
    t.deepEqual(complaints, []);
    for (const seen of SEEN) t.true(everything.includes(seen), `${seen} is shown`);
  } finally {
    await browser.close();
  }
});

test("in SVG, hostile texts are text", async (t) => {
  const renderer = await openRenderer();
  try {
    let everything = "";
    for (const figure of figures) {
      const svg = await renderer.svg(figure);
      t.notRegex(svg, /<(?:a|script|img|foreignObject|i)[\s>/]/i, figure.name);
      t.notRegex(svg, /<[^<>]*\s(?:on\w+|href)="(?!data:)/i, figure.name);
      t.notRegex(svg, /[\u0000\u202e\ud800]/, figure.name);
      // It is well-formed: the picture is made of the parsed SVG.
      t.true((await renderer.png(figure)).length > 1000);
      everything += svg.replace(/<title>.*?<\/title>/, "");
    }
    t.true(everything.includes("&#60;b&#62;q"));
    t.true(everything.includes("&amp;lt;i&amp;gt;q"));
  } finally {
    await renderer.close();
  }
});
