import test from "ava";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { explore } from "../support/explorer.js";
import { startFirefox } from "./firefox.js";

test("in Firefox the live page searches, selects and opens, and one file works from disk", async (t) => {
  const firefox = await startFirefox();
  if (!firefox) return void t.pass("skipped: no Firefox here; apt has it as firefox-esr");
  const explored = await explore();
  try {
    const { url, atlas, folder } = explored;
    await firefox.command("WebDriver:Navigate", { url: `${url}&view=search` });
    await firefox.until(`document.querySelector(".plot[data-renderer]") !== null`);
    t.notRegex(String(await firefox.evaluate("return location.href")), /token/);
    await firefox.keys("[name=text]", "small dog\uE007");
    await firefox.until(
      `document.querySelector(".results > li .document-line .link") !== null && document.querySelector('[aria-busy="false"]') !== null`,
    );
    const [first] = (await atlas.search("small dog", { limit: 1 })).hits;
    t.is(
      await firefox.evaluate(
        `return document.querySelector(".results > li .document-line .link").textContent`,
      ),
      first.title,
    );
    await firefox.click(
      '[aria-label="tools of the map of latents"] [aria-label="Select all in view"]',
    );
    await firefox.until(`document.querySelector(".selection b") !== null`);
    t.is(
      await firefox.evaluate(`return document.querySelector(".selection b").textContent`),
      "128 latents selected",
    );
    await firefox.click('[aria-label="Undo"]');
    await firefox.until(`document.querySelector(".selection") === null`);

    const file = path.join(folder, "page.html");
    await atlas.export("page", file);
    await firefox.command("WebDriver:Navigate", {
      url: `${pathToFileURL(file).href}#view=catalog`,
    });
    await firefox.until(`document.querySelector(".list-row") !== null`);
    await firefox.click(".list-row");
    await firefox.until(`document.querySelector("article .documents .document-line") !== null`);
    t.regex(String(await firefox.evaluate("return location.hash")), /at=latent\.0/);
  } finally {
    await firefox.close();
    await explored.close();
  }
});
