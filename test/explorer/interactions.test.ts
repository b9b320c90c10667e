import anyTest, { type TestFn } from "ava";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Locator, Page } from "playwright-core";
import { exploreAtlas } from "../../src/atlas/explorer/index.js";
import { postingsOf } from "../../src/core/index.js";
import { familyLatents, familyName } from "../../src/records/index.js";
import { type Explored, addressOf, becomes, explore, openPage } from "../support/explorer.js";

const run = promisify(execFile);
const test = anyTest as TestFn<Explored>;

test.before(async (t) => {
  t.context = await explore();
});
test.after.always(async (t) => {
  await t.context.close();
});

/** Number of what is selected; 0 where nothing is. */
async function selectedOf(page: Page): Promise<number> {
  // What the last key or click changed is drawn by the next frame.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
  const bar = page.locator(".selection b");
  return (await bar.count()) === 0 ? 0 : Number.parseInt((await bar.textContent()) ?? "", 10);
}

/** Number of points that are seen of a map: those that its key selects, which is undone again. */
async function seenOn(page: Page, plot: Locator): Promise<number> {
  await plot.and(page.locator("[data-renderer]")).waitFor();
  await plot.press("a");
  const count = await selectedOf(page);
  await page.keyboard.press("Control+z");
  await page.locator(".selection").waitFor({ state: "detached" });
  return count;
}

/** Drags over a part of a map, in shares of its size. */
async function drag(
  page: Page,
  plot: Locator,
  corners: readonly [number, number][],
): Promise<void> {
  const box = await plot.boundingBox();
  if (!box) throw new Error("no map");
  const places = corners.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const);
  await page.mouse.move(...places[0]);
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...place, { steps: 6 });
  await page.mouse.up();
}

test("a lasso and a rectangle take, add and subtract by mouse, and keys do the same to what is in view", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&maps=latents`);
  const plot = page.locator('.plot[aria-label^="map of latents"]');
  const tool = (name: string): Locator =>
    page.locator(`[aria-label="tools of the map of latents"] [aria-label="${name}"]`);
  await tool("Lasso").click();
  const left: [number, number][] = [
    [0.01, 0.02],
    [0.5, 0.02],
    [0.5, 0.98],
    [0.01, 0.98],
  ];
  const right = left.map(([x, y]): [number, number] => [x + 0.49, y]);
  await drag(page, plot, left);
  const half = await selectedOf(page);
  t.true(half > 0 && half < 128, String(half));
  await page.keyboard.down("Shift");
  await drag(page, plot, right);
  await page.keyboard.up("Shift");
  const whole = await selectedOf(page);
  t.true(whole > half, `${whole} of ${half}`);
  await tool("Rectangle").click();
  await page.keyboard.down("Alt");
  await drag(page, plot, [
    [0.01, 0.02],
    [0.5, 0.98],
  ]);
  await page.keyboard.up("Alt");
  t.is(await selectedOf(page), whole - half);
  const selected = (): Promise<number> => selectedOf(page);
  await page.click('[aria-label="Undo"]');
  t.is(await becomes(selected, whole), whole);
  await page.click('[aria-label="Redo"]');
  t.is(await becomes(selected, whole - half), whole - half);

  await plot.focus();
  await page.keyboard.press("a");
  t.is(await selectedOf(page), 128);
  for (let i = 0; i < 4; i++) await page.keyboard.press("+");
  await page.keyboard.press("Alt+a");
  const outside = await selectedOf(page);
  t.true(outside < 128 && outside > 0, String(outside));
  await page.keyboard.press("Shift+A");
  t.is(await selectedOf(page), 128);
  await page.close();
});

test("the legend hides points from view and selection, by mouse and by keys, and leaves one alone with Alt", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&maps=latents&colour=density`);
  const plot = page.locator('.plot[aria-label^="map of latents"]');
  const entries = page.locator(".legend li button[aria-pressed]");
  const counts = (await entries.locator("em").allTextContents()).map(Number);
  const select = async (): Promise<number> => {
    await plot.focus();
    await page.keyboard.press("a");
    return selectedOf(page);
  };
  await entries.nth(1).click();
  t.is(await select(), 128 - counts[1]);
  await entries.nth(0).focus();
  await page.keyboard.press("Space");
  t.is(await select(), 128 - counts[0] - counts[1]);
  t.is(await entries.nth(0).getAttribute("aria-pressed"), "false");
  await entries.nth(2).click({ modifiers: ["Alt"] });
  t.is(await select(), counts[2]);
  await page.reload();
  await page.waitForSelector(".plot[data-renderer]");
  t.is(await select(), counts[2]);
  await entries.nth(3).focus();
  await page.keyboard.press("Alt+Enter");
  t.is(await select(), counts[3]);
  await page.close();
});

test("without WebGL2 every point is drawn in the colour of its legend, and hidden ones are not", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(`
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
      return kind === "webgl2" ? null : getContext.call(this, kind, ...more);
    };`);
  await page.goto(`${url}&maps=latents&colour=density`);
  await page.waitForSelector('.plot[data-renderer="canvas"]');
  const entry = page.locator(".legend li button[aria-pressed]").nth(2);
  await entry.click({ modifiers: ["Alt"] });
  await page.waitForSelector('.legend li button[aria-pressed="false"]');
  const tint = await page.evaluate<string>(
    "getComputedStyle(document.querySelectorAll('.legend li button[aria-pressed] i')[2]).backgroundColor",
  );
  const colour = (tint.match(/\d+/g) ?? []).map(Number);
  const count = Number(await entry.locator("em").textContent());
  const isOwn = (pixel: number[]): boolean => pixel.every((x, i) => Math.abs(x - colour[i]) <= 3);
  const drawn = async (): Promise<{ isEnough: boolean; others: number[][] }> => {
    const pixels = await page.evaluate<number[][]>(`(() => {
      const { width, height } = document.querySelector(".plot canvas");
      const context = document.querySelector(".plot canvas").getContext("2d");
      const { data } = context.getImageData(0, 0, width, height);
      const pixels = [];
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 150) pixels.push([...data.subarray(at, at + 3)]);
      }
      return pixels;
    })()`);
    return {
      isEnough: pixels.length >= 10 * count,
      others: pixels.filter((pixel) => !isOwn(pixel)),
    };
  };
  const expected = { isEnough: true, others: [] };
  t.deepEqual(await becomes(drawn, expected), expected);
  await page.close();
});

test("names on the map become more as it grows, and none covers another", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  // What is drawn since the last clearing, with its box.
  await page.addInitScript(`
    window.names = [];
    const { clearRect, fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
      window.names = [];
      return clearRect.apply(this, box);
    };
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
      window.names.push({ text, x, y, width: this.measureText(text).width });
      return fillText.call(this, text, x, y);
    };`);
  await page.goto(`${url}&maps=latents`);
  await page.waitForSelector(".plot[data-renderer]");
  // The page's policy forbids the code by which waitForFunction asks again.
  const moreThan = async (count: number): Promise<void> => {
    while (!(await page.evaluate<boolean>(`window.names.length > ${count}`))) await sleep(50);
  };
  await moreThan(0);
  interface Name {
    text: string;
    x: number;
    y: number;
    width: number;
  }
  const labels = new Set([...(await t.context.atlas.labels()).values()].map(({ text }) => text));
  const few = await page.evaluate<Name[]>("window.names");
  t.false(few.some(({ text }) => text === ""));
  await page.focus('.plot[aria-label^="map of latents"]');
  for (let i = 0; i < 4; i++) await page.keyboard.press("+");
  await moreThan(few.length);
  const many = await page.evaluate<Name[]>("window.names");
  t.true(
    many.some(({ text }) => labels.has(text)),
    many.map(({ text }) => text).join("; "),
  );
  for (const names of [few, many]) {
    for (const [i, a] of names.entries()) {
      for (const b of names.slice(0, i)) {
        const isApart = Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= 14;
        t.true(isApart, `${a.text} and ${b.text}`);
      }
    }
  }
  await page.close();
});

test("all that is chosen is in the address, and comes back from it", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, url);
  await page.selectOption(".legend >> nth=0 >> select", "density");
  await page.selectOption(".legend >> nth=1 >> select", "density");
  await page.click("text=faint where uncertain");
  await page.click("text=outline families");
  await page.click('[aria-label="maps shown"] >> text=Latents');
  await page.click("nav >> text=Families");
  await page.selectOption(".side-head select", "name");
  await page.fill('[aria-label="filter families by words"]', "dog");
  await page.click("nav >> text=Catalog");
  await page.click('[aria-label="sort by documents"]');
  await page.click('[aria-label="sort by documents"]');
  await page.click("summary >> text=Columns");
  await page.click(".menu label >> text=highest");
  await page.click(".list-row input >> nth=1");
  await page.click(".list-row >> nth=0");
  const { hash } = new URL(await addressOf(page));
  for (const part of [
    ["view", "catalog"],
    ["colour", "density"],
    ["dcolour", "density"],
    ["maps", "latents"],
    ["fade", "1"],
    ["plain", "1"],
    ["sort", "-active"],
    ["families.sort", "name"],
    ["families.words", "dog"],
  ]) {
    t.is(new URLSearchParams(hash.slice(1)).get(part[0]), part[1], part[0]);
  }
  const shown = async (): Promise<unknown> => [
    await page.locator('[role="columnheader"]').allTextContents(),
    await page.locator(".list-row").allTextContents(),
    await page.locator(".selection b").textContent(),
    await page.locator(".detail article").getAttribute("aria-label"),
  ];
  const before = await shown();
  await page.reload();
  await page.waitForSelector(".detail article");
  t.deepEqual(await becomes(shown, before), before);
  t.is(new URL(await addressOf(page)).hash, hash);
  // Undo by keys from the very list or box that was used.
  for (const choose of [
    () => page.selectOption(".side-head select", "doubtful"),
    () => page.click(".list-row input >> nth=3"),
  ]) {
    await choose();
    t.not(new URL(await addressOf(page)).hash, hash);
    await page.keyboard.press("Control+z");
    await page.waitForURL((to) => to.hash === hash);
  }
  await page.click("nav >> text=Families");
  t.is(await page.inputValue('[aria-label="filter families by words"]'), "dog");
  await page.goBack();
  await page.waitForSelector(".catalog");
  await page.close();
});

test("what is seen of a map is in the address, by mouse and by keys, without steps of its own", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, url);
  const plot = page.locator('.plot[aria-label^="map of latents"]');
  const valueOf = (to: URL, name: string): string | null =>
    new URLSearchParams(to.hash.slice(1)).get(name);
  const zoomOf = (to: URL): number => Number(valueOf(to, "look")?.split("_")[2]);
  const seen = (): Promise<number> => seenOn(page, plot);
  const places = await page.evaluate<number>("history.length");
  await drag(page, plot, [
    [0.5, 0.5],
    [0.7, 0.6],
  ]);
  await page.mouse.wheel(0, -400);
  await page.waitForURL((to) => zoomOf(to) > 1.5);
  await page.locator('.plot[aria-label^="map of documents"]').press("+");
  await page.waitForURL((to) => valueOf(to, "dlook")?.endsWith("_1.4") ?? false);
  t.is(await page.evaluate("history.length"), places);
  t.true(await page.isDisabled('[aria-label="Undo"]'));
  const moved = await addressOf(page);
  const wide = await seen();
  t.true(wide > 0 && wide < 128, String(wide));
  await plot.press("Enter");
  await page.waitForSelector("article");
  for (const key of ["ArrowLeft", "+", "+"]) await plot.press(key);
  // Where keys come slowly, each ends a movement.
  await page.waitForURL((to) => zoomOf(to) > 1.9 * zoomOf(new URL(moved)));
  const opened = await addressOf(page);
  const narrow = await seen();
  t.true(narrow > 0 && narrow < wide, `${narrow} of ${wide}`);
  await page.goBack();
  await page.waitForURL(moved);
  // The map grows where the page of the latent was.
  t.is(await becomes(seen, wide), wide);
  await page.goto(opened);
  await page.reload();
  await page.waitForSelector("article");
  t.is(await addressOf(page), opened);
  t.is(await becomes(seen, narrow), narrow);
  await plot.press("0");
  await page.waitForURL((to) => valueOf(to, "look") === null);
  t.is(await seen(), 128);
  // A look that is none, and one beside all points, leave a map that can be used.
  const plain = url.replace(/#.*/, "");
  for (const look of ["1_2", "0_0_-1", "1e300_0_1e300"]) {
    await page.goto(`${plain}#look=${look}&maps=latents`);
    await plot.press("0");
    t.is(await seen(), 128, look);
  }
  await page.close();
});

test("an address typed into the open page is a step that can be undone; columns that are none are left out", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, url);
  await page.click("nav >> text=Families");
  await page.click("nav >> text=Search");
  await page.click('[aria-label="Undo"]');
  await page.waitForURL(/#view=families$/);
  await page.evaluate("location.hash = 'view=catalog&columns=__proto__~constructor~score'");
  const heads = page.locator('.catalog [role="columnheader"]');
  await heads.last().waitFor();
  t.is(await heads.count(), 3);
  t.true(await page.isDisabled('[aria-label="Redo"]'));
  await page.click('[aria-label="Undo"]');
  await page.waitForURL(/#view=families$/);
  await page.click('[aria-label="Redo"]');
  await heads.last().waitFor();
  for (const view of [/#view=families$/, /#?$/]) {
    await page.click('[aria-label="Undo"]');
    await page.waitForURL(view);
  }
  t.true(await page.isDisabled('[aria-label="Undo"]'));
  await page.close();
});

test("an undo key that is held ends at the first step, and redo at the last", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, url);
  await page.click("nav >> text=Families");
  await page.click("nav >> text=Catalog");
  await page.waitForURL(/#view=catalog$/);
  const hold = (shiftKey: boolean): Promise<void> =>
    page.evaluate(`for (let times = 0; times < 6; times++) {
      dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, shiftKey: ${shiftKey} }));
    }`);
  await hold(false);
  await page.waitForURL(/\/#?$/);
  t.true(await page.isDisabled('[aria-label="Undo"]'));
  await hold(true);
  await page.waitForURL(/#view=catalog$/);
  t.true(await page.isDisabled('[aria-label="Redo"]'));
  await page.close();
});

test("of keys within one frame none is lost, and results are busy from the moment that a slider moves", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&view=catalog`);
  const rendered = "for (let turns = 0; turns < 50; turns++) await undefined;";
  await page.focus('.list[aria-label="latents"]');
  await page.evaluate(`(async () => {
    for (const key of ["ArrowDown", "Enter", "ArrowDown"]) {
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      ${rendered}
    }
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)));
    for (let frames = 0; frames < 3; frames++) await frame();
  })()`);
  await page.waitForSelector('article[aria-label="latent 1"]');
  const list = page.locator('.list[aria-label="latents"]');
  t.is(await list.getAttribute("aria-activedescendant"), "list-latents-2");

  await page.evaluate("location.hash = 'view=search&near=document.5'");
  await page.waitForSelector('[aria-busy="false"] .results li');
  const busy = await page.evaluate(`(async () => {
    const slider = document.querySelector(".steering input[type=range]");
    slider.value = "0";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    ${rendered}
    return document.querySelector("[aria-busy]").ariaBusy;
  })()`);
  t.is(busy, "true");
  await page.close();
});

test("what is selected is reported in order, without latents that the atlas does not have", async (t) => {
  const { browser, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const server = await exploreAtlas(atlas);
  const reported = (): Promise<object> => Promise.resolve(server.selection());
  // Latent 0, one of 23 digits, and another.
  const page = await openPage(t, browser, `${server.url}&view=catalog&latents=A_______________AA`);
  const selected = page.locator(".selection b");
  t.is(await selected.textContent(), "1 latents selected");
  const of = (...latents: number[]): object => ({ latents, documents: [] });
  t.deepEqual(await becomes(reported, of(0)), of(0));
  // The first report is on its way until the second is sent, or would have been.
  let count = 0;
  await page.route("**/api/selection", async (route) => {
    if (count++ === 0) for (let tries = 0; tries < 10 && count === 1; tries++) await sleep(50);
    await route.continue();
  });
  await page.click('[aria-label="select latent 4"]');
  await page.click('[aria-label="select latent 6"]');
  t.deepEqual(await becomes(reported, of(0, 4, 6)), of(0, 4, 6));
  await page.evaluate("location.hash = 'view=catalog&latents=AAAAAAAAA_______________A'");
  await selected.filter({ hasText: "9 latents" }).waitFor();
  await page.close();
  await server.close();
});

test("a map that was folded shows what it showed, and its names take the colours of a theme that changes", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&maps=latents`);
  const plot = page.locator('.plot[aria-label^="map of latents"]');
  const frames = async (): Promise<unknown> =>
    page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 100))");
  const seen = (): Promise<number> => seenOn(page, plot);
  for (const side of ["width", "height"]) {
    await page.evaluate(
      `document.querySelector(".plot").setAttribute("style", "flex: none; ${side}: 0")`,
    );
    await frames();
    await page.evaluate(`document.querySelector(".plot").removeAttribute("style")`);
    t.is(await becomes(seen, 128), 128, side);
  }
  const darkest = `(() => {
    const canvas = document.querySelectorAll(".plot canvas")[1];
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let least = 255;
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] > 200) least = Math.min(least, Math.max(data[at], data[at + 1], data[at + 2]));
    return least;
  })()`;
  const turnsTo = async (
    colorScheme: "light" | "dark",
    holds: (least: number) => boolean,
  ): Promise<boolean> => {
    await page.emulateMedia({ colorScheme });
    for (let tries = 0; tries < 50; tries++) {
      if (holds(await page.evaluate<number>(darkest))) return true;
      await frames();
    }
    return false;
  };
  t.true(await turnsTo("light", (least) => least > 30));
  t.true(await turnsTo("dark", (least) => least < 30));
  t.true(await turnsTo("light", (least) => least > 30));
  await page.close();
});

test("the catalog's selection is a file, and the program that gives it", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&view=catalog`);
  await page.focus('[aria-label="select latent 1"]');
  await page.keyboard.press("Space");
  await page.click('[aria-label="select latent 4"]');
  const rows = await atlas.catalog();
  for (const [name, read] of [
    ["CSV", (text: string) => text.trimEnd().split("\n").length - 1],
    ["JSON", (text: string) => (JSON.parse(text) as { label: string }[]).length],
  ] as const) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.click(`.selection >> text=${name}`),
    ]);
    const text = await readFile(await download.path(), "utf8");
    t.is(read(text), 2, text);
    for (const latent of [1, 4]) t.true(text.includes(rows[latent].keywords[0]), text);
  }
  await page.click(".selection summary");
  // The program, run as it stands, gives the rows that were chosen.
  const program = (await page.textContent(".selection pre")) ?? "";
  const own = pathToFileURL(path.join(process.cwd(), "build/src/index.js")).href;
  const code = `${program.replace('"feature-families"', JSON.stringify(own))}console.log(JSON.stringify(selected));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code]);
  t.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify([rows[1], rows[4]])));
  await page.close();
});

test("families are found by name first, then by their latents, which is said; what is lit lies on top", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&view=families&maps=documents`);
  const lines = page.locator(".family-line");
  const names = (await atlas.families()).map((family) => familyName(family).toLowerCase());
  const labels = [...(await atlas.labels()).values()].flatMap(({ text }) => text.split(", "));
  const has = (name: string, word: string): boolean => name.includes(word.toLowerCase());
  // A word of a label that some families have in their name, and others not.
  let [named, reasons] = [0, 0];
  for (const word of new Set(labels.filter((one) => names.some((name) => has(name, one))))) {
    await page.fill('[aria-label="filter families by words"]', word);
    named = names.filter((name) => has(name, word)).length;
    reasons = await lines.locator(".why").count();
    // The list holds the rows in view alone.
    if (reasons > 0 && named < 4) break;
  }
  t.true(reasons > 0 && named > 0);
  const isWhy = await lines.evaluateAll((rows) =>
    (rows as unknown as { querySelector(selector: string): unknown }[]).map(
      (row) => row.querySelector(".why") !== null,
    ),
  );
  t.is(isWhy.indexOf(true), named, "after all that have it in their name");
  t.false(isWhy.slice(named).includes(false));
  t.regex(
    (await lines.locator(".why").first().textContent()) ?? "",
    /^found by its (latent|class) /,
  );

  // Numbers of points in the order in which they are drawn: all, then those that are lit.
  await page.evaluate(`{
    const { drawArrays, drawElements } = WebGL2RenderingContext.prototype;
    window.drawn = [];
    WebGL2RenderingContext.prototype.drawArrays = function (mode, first, count) {
      window.drawn = [count];
      return drawArrays.call(this, mode, first, count);
    };
    WebGL2RenderingContext.prototype.drawElements = function (mode, count, ...more) {
      window.drawn.push(count);
      return drawElements.call(this, mode, count, ...more);
    };
    0;
  }`);
  await lines.first().click();
  const drawn = await page.evaluate<number[]>(`(async () => {
    for (let frame = 0; frame < 3600 && window.drawn.length < 2; frame++) {
      await new Promise(requestAnimationFrame);
    }
    return window.drawn;
  })()`);
  const id = Number(/at=family\.(\d+)/.exec(await addressOf(page))?.[1]);
  const family = (await atlas.families()).find(({ parent }) => parent === id);
  const postings = await atlas.postings();
  const lit = new Set(
    (family ? familyLatents(family) : []).flatMap((latent) => {
      const { rows, values } = postingsOf(postings, latent);
      return [...rows].filter((_, at) => values[at] > 0);
    }),
  );
  t.true(lit.size > 0);
  t.deepEqual(drawn, [2500, lit.size], "where the browser has WebGL2");
  const headings = [
    "Documents nearest to its centre",
    "In the family, but far from its centre",
    "Tree",
  ];
  const read = async (): Promise<string[]> =>
    (await page.locator("article h3").allTextContents()).slice(0, 3);
  t.deepEqual(await becomes(read, headings), headings);
  await page.close();
});

test("families are opened in tree and treemap, by mouse and by keys", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&view=families`);
  await page.focus('.list[aria-label="families"]');
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForSelector('article[aria-label^="family"]');
  await page.keyboard.press("Escape");
  await page.click("text=Treemap");
  await page.focus(".treemap button >> nth=0");
  await page.keyboard.press("Enter");
  await page.waitForSelector('article[aria-label^="family"]');
  t.is(await page.getAttribute(".treemap button >> nth=0", "aria-pressed"), "true");
  await page.click(".treemap button >> nth=1");
  await page.waitForSelector('.treemap button[aria-pressed="true"] >> nth=0');
  t.regex(
    (await page.getAttribute(".treemap button >> nth=0", "aria-label")) ?? "",
    /: \d+ latents · [\d,]+ documents .*· class .+, F1 /,
  );
  await page.reload();
  await page.waitForSelector(".treemap");
  await page.click("text=Tree");
  await page.keyboard.press("Control+z");
  await page.waitForSelector(".treemap");
  await page.close();
});

for (const kind of ["latent", "document"] as const) {
  test(`a pointer on a ${kind} shows its card, which goes with the pointer, and a click its page`, async (t) => {
    const { browser, url, atlas } = t.context;
    if (!browser) return void t.pass("no browser");
    const page = await openPage(t, browser, `${url}&maps=${kind}s`);
    const plot = page.locator(`.plot[aria-label^="map of ${kind}s"]`);
    const card = plot.locator(".card");
    const box = await plot.boundingBox();
    if (!box) return void t.fail();
    t.is(await card.count(), 0);
    // Across the map until a point is met, then off it.
    let [x, y] = [0, 0];
    for (let i = 0; i < 900 && (await card.count()) === 0; i++) {
      [x, y] = [
        box.x + (box.width * ((i % 30) + 0.5)) / 30,
        box.y + (box.height * (0.5 + Math.floor(i / 30))) / 30,
      ];
      await page.mouse.move(x, y);
    }
    const title = card.locator("strong");
    // A document's number stands there until its text has come.
    if (kind === "document") await title.filter({ hasNotText: /^document \d+$/ }).waitFor();
    const name = (await title.textContent()) ?? "";
    const words = (await card.textContent()) ?? "";
    await page.mouse.click(x, y);
    const article = page.locator(`article[aria-label^="${kind} "]`);
    await article.waitFor();
    const id = Number((await article.getAttribute("aria-label"))?.split(" ")[1]);
    if (kind === "latent") {
      const row = (await atlas.catalog())[id];
      t.is(name, row.label || `latent ${id}`);
      t.true(words.includes(`latent ${id} · ${row.active.toLocaleString("en")} documents`), words);
    } else {
      const document = await atlas.document(id);
      t.true((document.title || document.text).startsWith(name.replace(/…$/, "")), name);
      t.true(words.includes(`strongest: ${document.latents[0].label}`), words);
    }
    await page.mouse.move(box.x + box.width / 2, box.y - 5);
    await card.waitFor({ state: "detached" });
    await page.close();
  });
}

test("a key opens the point at the cross, and / finds by name, the very name first", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&maps=latents`);
  await page.focus('.plot[aria-label^="map of latents"]');
  await page.keyboard.press("Enter");
  await page.waitForSelector('article[aria-label^="latent"]');
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowRight");

  const labels = [...(await atlas.labels()).values()].map(({ text }) => text.toLowerCase());
  // A label that others have, too, as a part.
  const name = labels.find(
    (one) => one.length > 2 && labels.some((other) => other !== one && other.includes(one)),
  );
  if (name === undefined) return void t.fail("no label is a part of another");
  await page.keyboard.press("/");
  await page.keyboard.type(name);
  const found = page.locator("#found li bdi");
  t.is((await found.first().textContent())?.toLowerCase(), name);
  await page.keyboard.press("Enter");
  await page.waitForSelector("article h2");
  t.is((await page.textContent("article h2"))?.toLowerCase(), name);

  await page.goto(`${url.replace(/#.*/, "")}#view=search&near=document.5`);
  await page.fill(".add-slider input", name);
  t.is((await page.textContent(".add-slider li bdi"))?.toLowerCase(), name);
  await page.close();
});

test("a latent's F1 stands beside that of the baselines, which the page explains", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const row = (await atlas.catalog()).find((one) => one.class_kmeans !== null);
  if (!row) return void t.fail("no baselines");
  const page = await openPage(t, browser, `${url}&at=latent.${row.index}`);
  const [kmeans, random, chance] = [
    row.class_kmeans,
    row.class_random_documents,
    row.class_chance,
  ].map((f1) => f1?.toFixed(2));
  const line = page.locator(".facts div", { has: page.locator('dt:text-is("baselines")') });
  t.is(
    await line.locator("dd").textContent(),
    `F1 of k-means ${kmeans}, random documents ${random}, chance ${chance}`,
  );
  t.regex((await line.locator("abbr").getAttribute("title")) ?? "", /k-means clusters/);
  await page.close();
});

test("doubtful labels are defined on the page, and the worst stand first", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, `${url}&view=catalog`);
  await page.selectOption(".side-head select", "doubtful");
  // All labels are by keywords, whose score is 0 by chance.
  const scored = (await atlas.catalog()).flatMap(({ index, label, score_low: low, ...row }) =>
    label === "" || low === null ? [] : [{ index, low, high: row.score_high ?? NaN }],
  );
  const kinds = [
    scored.filter(({ low }) => low <= 0).sort((a, b) => a.high - b.high),
    scored.filter(({ low, high }) => low > 0 && high < 0.5).sort((a, b) => a.high - b.high),
    scored
      .filter(({ low, high }) => low > 0 && low < 0.5 && high >= 0.5 && high - low > 0.5)
      .sort((a, b) => a.low - b.low),
  ];
  const [chance, poor, unsure] = kinds.map(({ length }) => length);
  const note = (await page.textContent(".catalog .note")) ?? "";
  const counted = [
    `chance (${chance} labels)`,
    `poor (${poor} labels)`,
    `unsure (${unsure} labels)`,
  ];
  for (const one of counted) t.true(note.includes(one), `${note} without ${one}`);
  const expected = kinds.flat();
  t.true(chance + poor > 0 && expected.length < 64, note);
  t.is(await page.textContent('.side-head [role="status"]'), `${expected.length} of 128 latents`);
  const head = page.locator('[role="columnheader"][aria-sort="ascending"]');
  t.is(await head.textContent(), "doubt ↑");
  const rows = await page.locator('.list-row [role="gridcell"]:nth-child(2)').allTextContents();
  t.deepEqual(
    rows.slice(0, 10).map(Number),
    expected.slice(0, 10).map(({ index }) => index),
  );
  await page.click(".list-row >> nth=0");
  t.regex(
    (await page.textContent('.list-row [role="gridcell"]:nth-child(4) >> nth=0')) ?? "",
    /^(chance|poor): -?[\d.]+ to [\d.]+$/,
  );
  // Beside a latent's page, too, no interval is cut.
  await page.waitForSelector("article .note");
  const cut = await page.evaluate(`
    [...document.querySelectorAll('.list-row [role="gridcell"]:nth-child(4)')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ textContent }) => textContent)`);
  t.deepEqual(cut, []);
  t.regex((await page.textContent("article .note")) ?? "", /^doubtful: the score’s/);
  await page.click('[aria-label="What the words mean"]');
  await page.waitForSelector(".words dt >> text=F1");
  await page.close();
});
