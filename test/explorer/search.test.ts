import anyTest, { type TestFn } from "ava";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { atlasColumns, exploreAtlas } from "../../src/atlas/explorer/index.js";
import { type Explored, addressOf, explore, openPage } from "../support/explorer.js";

const test = anyTest as TestFn<Explored>;

test.before(async (t) => {
  t.context = await explore();
});
test.after.always(async (t) => {
  await t.context.close();
});

async function titles(page: Page): Promise<string[]> {
  await page.waitForSelector('[aria-busy="false"] .results li');
  // A document whose text is not there yet shows its row.
  await page.waitForSelector(".results > li > .muted", { state: "detached" });
  return page.locator("[aria-busy] > .results > li > .document-line > .link").allTextContents();
}

test("a search by text gives what the library finds, and a slider, moved by keys, re-ranks it as the library steers", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&view=search`);
  await page.fill("[name=text]", "small dog");
  await page.keyboard.press("Enter");
  t.is(
    await page.evaluate("document.activeElement.name"),
    "text",
    "the keys go on where they were",
  );
  const found = await atlas.search("small dog", { limit: 50 });
  t.deepEqual(
    await titles(page),
    found.hits.map(({ title }) => title),
  );

  await page.fill(".add-slider input", "7");
  await page.keyboard.press("Enter");
  const slider = page.locator(".steering input[type=range]").first();
  await slider.press("Home");
  for (let i = 0; i < 30; i++) await slider.press("ArrowRight");
  await page.waitForSelector('.steering .moved .number:text-is("3.0")');
  await page.waitForSelector('[aria-busy="false"]');
  const latent = Number(/sliders=latent\.(\d+)\.3/.exec(await addressOf(page))?.[1]);
  const steered = await atlas.search("small dog", { set: [`${latent}:3`], limit: 50 });
  t.deepEqual(
    await titles(page),
    steered.hits.map(({ title }) => title),
  );
  const { cosine = 0 } = steered;
  t.regex((await page.textContent(".steering summary")) ?? "", new RegExp(cosine.toFixed(3)));

  await page.click(".results summary >> nth=0");
  await page.waitForSelector(".results .bars li");
  const parts = await page.locator(".results .bars li .bar-value").allTextContents();
  const sum = parts.reduce((all, part) => all + Number(part), 0);
  // What the query has in common with the mean document is no latent's doing.
  const { score, mean } = await atlas.explain(steered.query, steered.hits[0].row);
  t.true(Math.abs(sum - (score - mean)) < 0.01, `${parts.join(" + ")} is not ${score - mean}`);

  // All moves of one drag are one step.
  await page.keyboard.press("Control+z");
  await page.waitForURL(({ hash }) => !hash.includes(".3"));
  await page.goto(url.replace(/#.*/, `#view=search&near=document.11`));
  t.false((await titles(page)).includes((await atlas.document(11)).title));
  await page.close();
});

test("conditions on the corpus's columns and words limit results", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const documents = await atlas.documents();
  const wanted = documents[20].classes[0];
  const filters = JSON.stringify([{ column: "classes", word: wanted }]);
  const page = await openPage(
    t,
    browser,
    `${url}&view=search&q=dog&filters=${encodeURIComponent(filters)}`,
  );
  const all = new Map(documents.map(({ title, classes }) => [title, classes]));
  for (const title of await titles(page)) t.is(all.get(title)?.[0], wanted, title);
  await page.click(`[aria-label^="remove the condition"]`);
  await page.selectOption("[name=by]", "words");
  await page.fill("[name=text]", "terrier small");
  await page.keyboard.press("Enter");
  await page.waitForURL(/qwords/);
  await page.waitForSelector(".results mark");
  for (const title of await titles(page)) {
    const { text } = documents.find((document) => document.title === title) ?? { text: "" };
    t.regex(text.toLowerCase(), /(?=.*terrier)(?=.*small)/s, title);
  }
  await page.close();
});

test("without a server, documents are ranked by their codes", async (t) => {
  const { browser, folder, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const file = path.join(folder, "ranked.html");
  await atlas.export("page", file);
  const page = await openPage(
    t,
    browser,
    `${pathToFileURL(file).href}#view=search&near=document.40`,
  );
  const { k, rows, indices, values } = await atlas.codes();
  const codeOf = (row: number): Map<number, number> =>
    new Map(Array.from({ length: k }, (_, i) => [indices[row * k + i], values[row * k + i]]));
  const length = (code: Map<number, number>): number => Math.hypot(...code.values());
  const own = codeOf(40);
  const scores = Array.from({ length: rows }, (_, row) => {
    const other = codeOf(row);
    let sum = 0;
    for (const [latent, value] of own) sum += value * (other.get(latent) ?? 0);
    return { row, score: sum / (length(own) * length(other) || 1) };
  });
  const best = scores.filter(({ row }) => row !== 40).sort((a, b) => b.score - a.score);
  await page.waitForSelector(".results li");
  const shown = await page.locator(".results .number").allTextContents();
  t.deepEqual(
    shown.slice(0, 20),
    best.slice(0, 20).map(({ score }) => score.toFixed(3)),
  );
  t.is(await page.locator("[name=text]").count(), 0);
  await page.close();
});

test("the corpus is read once for its columns, corrections or not", async (t) => {
  const { store } = t.context.atlas;
  const [first, second] = await Promise.all([atlasColumns(store), atlasColumns(store)]);
  const columns = await first.columns();
  t.true(Object.keys(columns).length > 0);
  t.is(await second.columns(), columns);
  store.reload();
  t.is(await (await atlasColumns(store)).columns(), columns);
});

test("a correction is written with its note and shown everywhere, and can be taken back", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const file = path.join(atlas.dir, "labels.overrides.jsonl");
  const page = await openPage(t, browser, `${url}&at=latent.3&view=catalog`);
  const before = (await atlas.labels()).get(3)?.text ?? "";
  await page.click("text=Correct the label");
  await page.fill("form.correction [name=label]", "my own words");
  await page.fill("form.correction [name=note]", "seen by eye");
  await page.click("form.correction >> text=Save");
  await page.waitForSelector("article h2 >> text=my own words");
  t.like(JSON.parse(await readFile(file, "utf8")), {
    of: "latent",
    latent: 3,
    label: "my own words",
    note: "seen by eye",
  });
  t.is((await atlas.catalog())[3].label, "my own words");
  await page.waitForSelector(".list-row >> text=my own words");
  await page.click("text=Withdraw the correction");
  await page.waitForSelector("article h2 >> text=my own words", { state: "detached" });
  t.is((await readFile(file, "utf8")).trim(), "");
  t.is((await atlas.labels()).get(3)?.text, before);

  // What is written by hand shows when the page is loaded again, and is gone with the file.
  await writeFile(file, '{"latent": 3, "label": "typed into the file"}\n');
  await page.reload();
  await page.waitForSelector("article h2 >> text=typed into the file");
  await page.close();
  await writeFile(file, '{"latent": 3,');
  const warnings: string[] = [];
  const server = await exploreAtlas(atlas, { onWarning: (warning) => warnings.push(warning) });
  t.regex(warnings.join(), /labels\.overrides\.jsonl: line 1/);
  await rm(file);
  const headers = { "x-explorer-token": new URL(server.url).hash.replace("#token=", "") };
  const { origin } = new URL(server.url);
  const answer = await fetch(`${origin}/data/latents/3`, { headers });
  t.like(await answer.json(), { row: { label: before } });
  t.is(warnings.length, 1);
  await server.close();
});
