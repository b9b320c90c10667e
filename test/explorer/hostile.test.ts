import test from "ava";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { correctLabel } from "../../src/atlas/labels/index.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";
import { explore, openPage } from "../support/explorer.js";
import { inFolder } from "../support/folder.js";

const MARKUP = `</script></template><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"><a href="javascript:window.hacked = 3">x</a>`;
const RIGHT_TO_LEFT = "\u202egnp.exe";
const SEPARATOR = "line\u2028paragraph\u2029end";
const TEXTS = [
  MARKUP,
  RIGHT_TO_LEFT,
  SEPARATOR,
  "__proto__",
  "constructor",
  "]]><!--",
  "\0\x1b[31m",
];
const KEY = "0123456789abcdef".repeat(4);

function evidence(latent: number, of: "latent" | "family"): string {
  return JSON.stringify({
    ...{ of, latent, label: MARKUP, explainer: MARKUP, judge: MARKUP, promptVersion: MARKUP },
    ...{ date: MARKUP, limit: { characters: 400 } },
    shown: [
      { id: "doc-0", set: "score", kind: "active", activation: 0.5, member: 1 },
      { id: MARKUP, set: "explain", kind: "active", activation: 0.5 },
    ],
    explanations: [
      { key: KEY, status: "ok", labels: [MARKUP, "__proto__"], reasoning: MARKUP },
      { key: MARKUP, status: "failed", reason: MARKUP, labels: [] },
    ],
    verdicts: [
      { id: "doc-0", label: MARKUP, set: "score", expected: true, answer: false, key: KEY },
      { id: MARKUP, label: MARKUP, set: "score", expected: false, answer: null, key: KEY },
      { id: "doc-0", label: "__proto__", set: "validate", expected: true, answer: true, key: KEY },
    ],
  });
}

/** Looks at everything that shows texts. */
async function lookAround(page: Page, row: number): Promise<void> {
  const visit = async (hash: string, selector: string): Promise<void> => {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await page.waitForSelector(selector);
  };
  await visit("at=latent.0", 'article[aria-label="latent 0"] .evidence .wrong');
  for (const summary of await page.locator(".evidence summary").all()) await summary.click();
  await visit("at=family.0&view=families", 'article[aria-label="family 0"] .evidence');
  await page.click("text=Treemap");
  await visit(`at=document.${row}`, `article[aria-label="document ${row}"] .bars li`);
  await visit("view=catalog&columns=label~model~class_name~keywords", ".catalog .list-row");
  await page.fill(".find input", "script");
  await page.waitForSelector("#found li");
  await visit("dcolour=column:__proto__&colour=class_name", ".legend");
  const plot = await page.locator('.plot[aria-label^="map of documents"]').boundingBox();
  if (plot) await page.mouse.move(plot.x + plot.width / 2, plot.y + plot.height / 2);
}

test("a hostile corpus and model run nothing and ask nobody, and no text can pose as another", async (t) => {
  await inFolder(async (folder) => {
    const { dir, planted, built } = await buildPlantedAtlas(folder, {
      themes: 8,
      active: 50,
      documents: 1800,
      groups: [[0, 1, 2, 3, 4, 5]],
    });
    const { rows: documents, values } = planted.source.postings;
    const active = documents[values.findIndex((value) => value > 0)];
    const rows = planted.documents.map((document, row) => ({
      id: row === 5 ? MARKUP : document.id,
      title: row === active ? `${MARKUP}${"long ".repeat(200_000)}` : TEXTS[row % TEXTS.length],
      text: `${document.text} ${TEXTS[row % TEXTS.length]}`,
      classes: [TEXTS[row % TEXTS.length]],
      ["__proto__"]: row,
    }));
    await writeFile(built.corpus, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const { buildFolder } = await import("../../src/atlas/steps/index.js");
    await buildFolder(built);
    await correctLabel(dir, { latent: 0, label: MARKUP, note: MARKUP });
    await correctLabel(dir, { latent: 1, label: `admin${RIGHT_TO_LEFT}` });
    await correctLabel(dir, { latent: 0, of: "family", label: MARKUP });
    await writeFile(
      path.join(dir, "labels.evidence.jsonl"),
      `${evidence(0, "latent")}\n${evidence(0, "family")}\n`,
    );
    const explored = await explore(dir);
    try {
      const { browser, atlas, url } = explored;
      if (!browser) return void t.pass("no browser");
      const page = await openPage(t, browser, url);
      const asked = new Set<string>();
      page.on("request", (request) => asked.add(new URL(request.url()).origin));
      await lookAround(page, active);
      t.is(await page.evaluate("window.hacked"), undefined);
      t.deepEqual([...asked], [new URL(url).origin]);
      const shown = await page.evaluate("document.body.innerHTML");
      t.notRegex(String(shown), /[\u202e\u2028]/);
      t.is(await page.locator("#app img, #app a[href]").count(), 0);
      await page.close();

      const file = path.join(folder, "page.html");
      await atlas.export("page", file);
      const single = await openPage(t, browser, pathToFileURL(file).href);
      await lookAround(single, active);
      t.is(await single.evaluate("window.hacked"), undefined);
    } finally {
      await explored.close();
    }
  });
});
