import anyTest, { type TestFn } from "ava";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { exploreAtlas } from "../../src/atlas/explorer/index.js";
import { openAtlas } from "../../src/index.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";
import { type Explored, explore, faultsOf, openPage } from "../support/explorer.js";

const test = anyTest as TestFn<Explored>;

test.before(async (t) => {
  t.context = await explore(undefined, { isCompared: true });
});
test.after.always(async (t) => {
  await t.context.close();
});

const ROWS = '[aria-label="matched latents"] .list-row';

async function countOf(page: Page, only: string): Promise<string> {
  await page.selectOption(".side-head select", only);
  return (await page.textContent('.side-head [role="status"]')) ?? "";
}

test("two atlases stand side by side, matched as the library matches them, by mouse and by keys", async (t) => {
  const { browser, url, atlas, folder } = t.context;
  if (!browser) return void t.pass("no browser");
  const other = await openAtlas(path.join(folder, "other"), { device: "cpu" });
  const { universal, match, toLarge, toSmall } = await atlas.compare(other);
  const labels = [await atlas.labels(), await other.labels()];
  const page = await openPage(t, browser, url);
  await page.click("nav >> text=Compare");
  await page.waitForSelector(ROWS);
  const total = 128 + 64 - universal.length;
  t.is(await countOf(page, "here"), `${128 - toLarge.recurrent} of ${total}`);
  t.is(await countOf(page, "there"), `${64 - toSmall.recurrent} of ${total}`);
  t.is(await countOf(page, "both"), `${universal.length} of ${total}`);
  const [{ small, large, cosine }] = universal;
  const first = await page.locator(`${ROWS} >> nth=0 >> [role=gridcell]`).allTextContents();
  t.deepEqual(first.slice(0, 3), [
    labels[0].get(small)?.text,
    `↔ ${cosine.toFixed(2)}`,
    labels[1].get(large)?.text,
  ]);

  await page.focus('[aria-label="matched latents"]');
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`at=latent\\.${small}`));
  await page.waitForSelector(".pair");
  t.regex((await page.textContent(".pair")) ?? "", /each the other’s nearest/);
  const rows = async (one: typeof atlas, latent: number): Promise<Set<number>> => {
    const { rows: list, offsets } = await one.postings();
    return new Set(list.subarray(offsets[latent], offsets[latent + 1]));
  };
  const [mine, its] = [await rows(atlas, small), await rows(other, large)];
  const both = [...mine].filter((row) => its.has(row)).length;
  t.regex(
    (await page.textContent(".pair summary")) ?? "",
    new RegExp(`^${both} documents in both`),
  );
  t.is(first[3], String(both));

  t.deepEqual(await faultsOf(page), []);
  await page.click(".pair .link >> nth=0");
  await page.waitForURL(new RegExp(`at=other\\.latent\\.${large}`));
  await page.waitForSelector(`article[aria-label="latent ${large}"] .eyebrow >> text=of other`);
  t.is(await page.locator("article >> text=Correct the label").count(), 0);
  await page.reload();
  await page.waitForSelector(`article[aria-label="latent ${large}"] .eyebrow >> text=of other`);
  await page.waitForSelector(`.pair .link >> text=${labels[0].get(small)?.text ?? ""}`);
  await page.goBack();
  await page.waitForSelector(`article[aria-label="latent ${small}"]`);
  await page.keyboard.press("Escape");

  // What is selected on the right are this atlas's latents that match there.
  await page.focus('.plot[aria-label^="map of latents of other"]');
  await page.keyboard.press("a");
  const matched = match.toLargeCosine.filter((value) => value > toLarge.threshold).length;
  t.is(await page.textContent(".selection b"), `${matched} latents selected`);
  await page.click(".selection >> text=Clear");

  // Words of one view leave the others alone.
  await page.fill('[aria-label="filter matches by words"]', "dog");
  await page.click("nav >> text=Catalog");
  t.is(await page.inputValue('[aria-label="filter latents by words"]'), "");
  await page.click("nav >> text=Compare");
  t.is(await page.inputValue('[aria-label="filter matches by words"]'), "dog");
  await page.reload();
  await page.waitForSelector(ROWS);
  t.is(await page.inputValue('[aria-label="filter matches by words"]'), "dog");
  await page.close();
  await other.close();
});

test("families are matched in the table and on both maps, also in a page without a server", async (t) => {
  const { browser, atlas, folder } = t.context;
  if (!browser) return void t.pass("no browser");
  const file = path.join(folder, "compared.html");
  await atlas.export("page", file, { with: path.join(folder, "other") });
  const page = await openPage(t, browser, `${pathToFileURL(file).href}#view=compare&only=families`);
  await page.click(`${ROWS} >> nth=0`);
  await page.waitForSelector(".pair >> text=overlap");
  await page.waitForURL(/at=family/);
  await page.click(".pair .link >> nth=0");
  await page.waitForURL(/at=other\.family/);
  await page.waitForSelector("article .eyebrow >> text=of other");
  t.is(await page.locator('.maps .plot[aria-label^="map of latents of"]').count(), 2);
  await page.close();
});

test("an atlas alone has no Compare, and one of other embeddings is refused", async (t) => {
  const { browser, atlas, folder } = t.context;
  const { dir } = await buildPlantedAtlas(folder, { themes: 4, nonsense: 0 });
  await t.throwsAsync(exploreAtlas(atlas, { other: dir }), {
    instanceOf: RangeError,
    message: /both atlases must be of the same embeddings, got widths \d+ of .* and \d+ of/,
  });
  if (!browser) return;
  const file = path.join(folder, "alone.html");
  await atlas.export("page", file);
  const page = await openPage(t, browser, `${pathToFileURL(file).href}#view=compare`);
  t.is(await page.locator("nav >> text=Compare").count(), 0);
  await page.waitForSelector('.plot[aria-label^="map of documents"]');
  await page.close();
});
