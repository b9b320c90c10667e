import anyTest, { type TestFn } from "ava";
import { atLength } from "../support/campaign.js";
import { type Explored, explore, faultsOf, openPage } from "../support/explorer.js";

const test = anyTest as TestFn<Explored>;

test.before(async (t) => {
  t.context = await explore();
});
test.after.always(async (t) => {
  await t.context.close();
});

const SCHEMES = atLength ? (["light", "dark"] as const) : (["dark"] as const);

for (const colorScheme of SCHEMES) {
  test(`axe-core finds nothing serious in any view, ${colorScheme}`, async (t) => {
    const { browser, url } = t.context;
    if (!browser) return void t.pass("no browser");
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    for (const view of [
      "at=latent.3",
      "view=families&at=family.2",
      "view=search&near=document.5&at=document.5",
      "view=catalog&latents=BAAA",
    ]) {
      await page.goto("about:blank");
      await page.goto(`${url}&${view}`);
      await page.waitForSelector(
        view.includes("at=") ? ".detail article, .detail .problem" : ".list-row",
      );
      if (view.includes("search")) await page.waitForSelector(".results li");
      t.deepEqual(await faultsOf(page), [], view);
    }
    await context.close();
  });
}

test("where WebGL2 is missing, a canvas draws the same map", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const shares: number[] = [];
  for (const kind of ["webgl2", "canvas"]) {
    const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
    const page = await context.newPage();
    if (kind === "canvas") {
      await page.addInitScript(`
        const get = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (type, ...rest) {
          return type === "webgl2" ? null : get.call(this, type, ...rest);
        };`);
    }
    await page.goto(`${url}&maps=documents`);
    await page.waitForSelector(`.plot[data-renderer="${kind}"]`);
    const picture = await page.locator(".plot canvas").first().screenshot();
    // Share of the pixels that are not paper, by the size of a drawing that is compressed.
    shares.push(picture.length);
    await context.close();
  }
  t.true(Math.abs(shares[0] / shares[1] - 1) < 0.35, `${shares.join(" and ")} bytes`);
});

test("a map is moved, zoomed and opened by keys, and a list by arrows", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, url);
  await page.focus('.plot[aria-label^="map of latents"]');
  for (const key of ["+", "+", "ArrowLeft", "ArrowUp", "-", "0", "Enter"])
    await page.keyboard.press(key);
  await page.waitForSelector('article[aria-label^="latent"]');
  await page.keyboard.press("Escape");
  t.is(await page.locator(".detail").count(), 0);
  await page.keyboard.press("/");
  await page.keyboard.type("latent 5");
  await page.keyboard.press("Escape");
  await page.click("nav >> text=Catalog");
  await page.focus('.list[aria-label="latents"]');
  for (const key of ["ArrowDown", "ArrowDown", "PageDown", "Home", "ArrowDown", "Enter"]) {
    await page.keyboard.press(key);
  }
  await page.waitForSelector('article[aria-label="latent 1"]');
  await page.close();
});

test("a label is corrected and taken back by keys alone", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, url);
  const inFocus = async (): Promise<string> =>
    (await page
      .locator(":focus")
      .textContent({ timeout: 1000 })
      .catch(() => "")) ?? "";
  const tabTo = async (text: string): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      if ((await inFocus()) === text) return;
      await page.keyboard.press("Tab");
    }
    t.fail(`${text} is not reached`);
  };
  await page.keyboard.press("/");
  await page.keyboard.type("latent 7");
  await page.keyboard.press("Enter");
  await page.waitForSelector('article[aria-label="latent 7"]');
  const before = (await page.textContent("article h2")) ?? "";
  await tabTo("Correct the label");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  t.is(await page.locator("form.correction").count(), 0);
  t.is(await inFocus(), "Correct the label");
  await page.keyboard.press("Enter");
  await page.keyboard.type("typed words");
  await page.keyboard.press("Tab");
  await page.keyboard.type("typed reason");
  await page.keyboard.press("Enter");
  await page.waitForSelector("article h2 >> text=typed words");
  await page.waitForSelector("form.correction", { state: "detached" });
  t.is((await atlas.labels()).get(7)?.text, "typed words");
  t.is(await inFocus(), "Correct the label", "the keys go on where they were");
  // The latent's row is read again after its name has changed.
  await page.waitForSelector("text=Withdraw the correction");
  await tabTo("Withdraw the correction");
  await page.keyboard.press("Enter");
  await page.waitForSelector("article h2 >> text=typed words", { state: "detached" });
  t.is(await page.textContent("article h2"), before);
  await page.close();
});
