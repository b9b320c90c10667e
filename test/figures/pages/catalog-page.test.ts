import test from "ava";
import { pathToFileURL } from "node:url";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createCodes, invertCodes } from "../../../src/core/index.js";
import { startBrowser } from "../../support/browser.js";
import { catalogPage } from "../../../src/figures/index.js";
import { buildCatalog } from "../../../src/catalog/index.js";
import { inFolder } from "../../support/folder.js";

const HOSTILE = `</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">`;

function page(): string {
  const codes = createCodes(2, 1, 3, Uint32Array.of(0, 1), Float32Array.of(0.5, 0.25));
  const rows = buildCatalog({
    postings: invertCodes(codes),
    documents: [
      { id: "a", title: HOSTILE },
      { id: "b", title: "second" },
    ],
    labels: [
      {
        of: "latent",
        id: 0,
        text: HOSTILE,
        source: "llm",
        scores: [{ name: "f1", value: 0.4, n: 9 }],
      },
      {
        of: "latent",
        id: 1,
        text: "birds",
        source: "human",
        scores: [{ name: "f1", value: 0.9, n: 9 }],
      },
    ],
  });
  return catalogPage(rows, { title: HOSTILE, about: HOSTILE });
}

test("texts of corpus and models are never markup in the page", (t) => {
  const text = page();
  t.is(text.match(/<script/g)?.length, 2);
  t.notRegex(text, /<img/);
  t.notRegex(text, /https?:/);
});

test("the page searches, sorts and opens latents in a real browser", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "catalog.html");
    await writeFile(file, page());
    const browser = await startBrowser();
    if (browser === undefined) {
      t.log("skipped: no browser here");
      t.pass();
      return;
    }
    try {
      const tab = await browser.newPage();
      tab.setDefaultTimeout(0);
      const problems: string[] = [];
      tab.on("pageerror", (error) => problems.push(String(error)));
      tab.on("request", (request) => {
        if (!request.url().startsWith("file:")) problems.push(request.url());
      });
      await tab.goto(`${pathToFileURL(file).href}#latent-0`);
      const labels = (): Promise<string[]> =>
        tab.locator("tr.row td:nth-child(2)").allTextContents();
      t.deepEqual(await labels(), ["birds", HOSTILE, "(no label)"], "best score first");
      t.is(await tab.locator("tr.detail").count(), 1, "the address opens a latent");
      await tab.locator("th button").first().click();
      t.deepEqual(await labels(), [HOSTILE, "birds", "(no label)"]);
      await tab.fill("#search", "bird");
      t.deepEqual(await labels(), ["birds"]);
      t.is(await tab.textContent("#count"), "1 of 3 latents");
      await tab.locator("tr.row").click();
      t.regex((await tab.textContent("tr.detail")) ?? "", /birds \(from human\)/);
      t.is(await tab.evaluate("window.hacked"), undefined);
      t.deepEqual(problems, []);
    } finally {
      await browser.close();
    }
  });
});
