import anyTest, { type TestFn } from "ava";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Explored, addressOf, explore, openPage } from "../support/explorer.js";

const test = anyTest as TestFn<Explored>;

test.before(async (t) => {
  t.context = await explore();
});
test.after.always(async (t) => {
  await t.context.close();
});

test("a family that is chosen lights up on both maps, opens beside them, and is in the address", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, url);
  t.notRegex(await addressOf(page), /token/, "the token leaves the address");
  await page.click("nav >> text=Families");
  await page.click(".family-line >> nth=0");
  const [largest] = [...(await atlas.families())].sort(
    (a, b) => b.members.length - a.members.length,
  );
  await page.waitForSelector(`article[aria-label="family ${largest.parent}"]`);
  t.regex(await addressOf(page), new RegExp(`at=family\\.${largest.parent}`));
  t.is(await page.locator("article .tree li").count(), largest.members.length + 1);
  await page.click("article .tree .link >> nth=1");
  const [member] = largest.members;
  await page.waitForSelector(`article[aria-label="latent ${member.latent}"]`);

  await page.keyboard.press("Control+z");
  await page.waitForSelector(`article[aria-label="family ${largest.parent}"]`);
  await page.keyboard.press("Control+Shift+Z");
  await page.waitForSelector(`article[aria-label="latent ${member.latent}"]`);
  await page.reload();
  await page.waitForSelector(`article[aria-label="latent ${member.latent}"]`);
  await page.close();
});

test("a rectangle selects on a map by mouse, and all in view by keyboard; Clear and undo take it back", async (t) => {
  const { browser, url } = t.context;
  if (!browser) return void t.pass("no browser");
  const page = await openPage(t, browser, url);
  const box = await page.locator('.plot[aria-label^="map of latents"]').boundingBox();
  if (!box) return void t.fail();
  await page.click('[aria-label="tools of the map of latents"] [aria-label="Rectangle"]');
  await page.mouse.move(box.x + 5, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 5, box.y + box.height - 5, { steps: 4 });
  await page.mouse.up();
  const selected = page.locator(".selection b");
  t.is(await selected.textContent(), "128 latents selected");
  await page.click(".selection >> text=Clear");
  t.is(await selected.count(), 0);
  await page.goBack();
  t.is(await selected.textContent(), "128 latents selected");

  await page.focus('.plot[aria-label^="map of documents"]');
  await page.keyboard.press("a");
  t.regex((await selected.textContent()) ?? "", /^2,\d\d\d documents selected$/);
  await page.close();
});

test("the page answers to no other host or origin, and gives data to nobody without the token", async (t) => {
  const { url } = t.context;
  const { origin, hash } = new URL(url);
  const token = hash.replace("#token=", "");
  const data = `${origin}/data/index.json`;
  const own = { "x-explorer-token": token };
  t.is((await fetch(data)).status, 401);
  t.is((await fetch(data, { headers: { "x-explorer-token": `${token}0` } })).status, 401);
  t.is((await fetch(data, { headers: own })).status, 200);
  t.is((await fetch(`${origin}/data/..%2f..%2fpackage.json`, { headers: own })).status, 404);
  const part = await fetch(data, { headers: { ...own, range: "bytes=1-4" } });
  t.deepEqual([part.status, (await part.text()).length], [206, 4]);
  const foreign = { ...own, origin: "http://evil.example", "content-type": "application/json" };
  const post = await fetch(`${origin}/api/search`, {
    method: "POST",
    headers: foreign,
    body: "{}",
  });
  t.is(post.status, 403);
  const page = await fetch(origin);
  t.regex(page.headers.get("content-security-policy") ?? "", /script-src 'self';/);
  const { request } = await import("node:http");
  const status = await new Promise((resolve) => {
    request(data, { headers: { ...own, host: "evil.example" } }, (answer) => {
      resolve(answer.statusCode);
    }).end();
  });
  t.is(status, 403);
});

for (const hasRanges of [true, false]) {
  test(`the folder works from a plain file server that sends ${hasRanges ? "parts of files" : "whole files alone"}`, async (t) => {
    const { browser, folder, atlas } = t.context;
    if (!browser) return void t.pass("no browser");
    const site = path.join(folder, `site-${hasRanges}`);
    await atlas.export("site", site);
    const index = await readFile(path.join(site, "data", "index.json"), "utf8");
    t.false(
      index.includes(path.dirname(atlas.dir)),
      "where the atlas lies is nobody else's matter",
    );
    const whole: string[] = [];
    const server = createServer((request, response) => {
      const name = request.url === "/" ? "index.html" : (request.url ?? "").slice(1);
      const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
      const type = types[path.extname(name) as keyof typeof types] ?? "application/octet-stream";
      const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
      const isPart = hasRanges && start !== undefined;
      if (!isPart) whole.push(path.basename(name));
      readFile(path.join(site, name)).then(
        (content) => {
          const part = isPart ? content.subarray(Number(start), Number(end) + 1) : content;
          response.writeHead(isPart ? 206 : 200, { "content-type": type }).end(part);
        },
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const page = await openPage(t, browser, `http://127.0.0.1:${port}/#at=latent.3`);
      const lines = page.locator('article[aria-label="latent 3"] .documents .document-line');
      await lines.nth(5).waitFor();
      const large = ["documents.records", "latents.records", "postings.bin"];
      for (const name of large) {
        t.is(whole.filter((one) => one === name).length, hasRanges ? 0 : 1, name);
      }
      t.is(await page.locator("text=Correct the label").count(), 0);
      await page.click("nav >> text=Search");
      await page.waitForSelector("text=Without the explorer’s server");
      t.is(await page.locator("[name=text]").count(), 0);
      await page.close();
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
}

test("one file works from disk with the network blocked", async (t) => {
  const { browser, folder, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const file = path.join(folder, "page.html");
  await atlas.export("page", file);
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => t.fail(error.stack));
  await page.goto(`${pathToFileURL(file).href}#at=document.7`);
  await page.waitForSelector('article[aria-label="document 7"] .bars li');
  await page.click("article .bars .link >> nth=0");
  await page.waitForSelector('article[aria-label^="latent"] .documents .document-line');
  t.deepEqual(
    asked.filter((url) => !url.startsWith("file:") && !url.startsWith("data:")),
    [],
  );
  await context.close();
});
