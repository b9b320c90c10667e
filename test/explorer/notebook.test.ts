import test from "ava";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { show } from "../../src/notebook/index.js";
import { becomes, explore } from "../support/explorer.js";

test("in a notebook the explorer is a live page whose selection a later cell reads, or a page without a server", async (t) => {
  const explored = await explore();
  const { atlas, browser } = explored;
  const live = await atlas.explorer();
  let cell = "";
  // The notebook: another origin on this machine.
  const server = createServer((_, response) =>
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(cell),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const notebook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    if (!browser) return void t.pass("no browser");
    const sent: Record<string, unknown>[] = [];
    await show(live, { display: (data) => sent.push(data) });
    t.regex(String(sent[0]["text/plain"]), /^The explorer of atlas/);
    cell = `<body data-jp-theme-light="false">${String(sent[0]["text/html"])}`;
    // Playwright's own scheme would come before that of the frame.
    const page = await browser.newPage({ colorScheme: null });
    await page.goto(notebook);
    const frame = page.frameLocator("iframe");
    const isDark = (): Promise<boolean> =>
      frame
        .locator("body")
        .evaluate<boolean, unknown>("matchMedia('(prefers-color-scheme: dark)').matches");
    t.true(await becomes(isDark, true));
    await frame
      .locator('[aria-label="tools of the map of latents"] [aria-label="Select all in view"]')
      .click();
    await frame.locator(".selection").waitFor();
    let selected = await live.selection();
    // The page tells its server behind the answer that is shown.
    while (selected.latents.length === 0) selected = await live.selection();
    t.is(selected.latents.length, 128);
    t.deepEqual(selected.documents, []);
    await frame.locator('.plot[aria-label^="map of latents"]').press("+");
    await page.frames()[1].waitForURL(/look=[^&]*_1\.4(&|$)/);

    const [height, message] = [500, /a snapshot has no server/];
    const address = "#view=catalog&only=doubtful&words=a b";
    const saved = await atlas.explorer({ snapshot: true, height, address });
    await show(saved, { display: (data) => sent.push(data) });
    cell = String(sent[1]["text/html"]);
    await page.goto(notebook);
    await frame.locator(".catalog .note").waitFor();
    t.false(await becomes(isDark, false));
    await page.evaluate("void (document.body.dataset.jpThemeLight = 'false')");
    t.true(await becomes(isDark, true));
    t.is(await frame.locator('[aria-label="filter latents by words"]').inputValue(), "a b");
    await frame.locator("nav >> text=Families").click();
    await frame.locator(".family-line").first().click();
    await frame.locator("article").waitFor();
    await frame.locator('[aria-label="Undo"]').click();
    await frame.locator("article").waitFor({ state: "detached" });
    await frame.locator('[aria-label="Redo"]').click();
    await frame.locator("article").waitFor();
    await t.throwsAsync(saved.selection(), { message });

    // What VS Code shows outputs in: a frame of another origin that may do little, under the policy of its notebooks.
    const policy =
      "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; " +
      "img-src https: http: data:; connect-src https:; child-src https: data:";
    const output = `<meta http-equiv="Content-Security-Policy" content="${policy}">${cell}`;
    cell = `<iframe sandbox="allow-scripts allow-forms" style="width:900px;height:600px" srcdoc="${output.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"></iframe>`;
    const problems: string[] = [];
    page.on("console", (said) => said.type() === "error" && problems.push(said.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(notebook);
    const inner = frame.frameLocator("iframe");
    await inner.locator(".catalog .note").waitFor();
    await inner.locator("nav >> text=Maps").click();
    await inner.locator(".plot[data-renderer]").first().waitFor();
    await inner.locator('.plot[aria-label^="map of latents"]').press("Enter");
    await inner.locator("article .documents li").first().waitFor();
    await inner.locator('[aria-label="Undo"]').click();
    await inner.locator("article").waitFor({ state: "detached" });
    t.deepEqual(problems, []);
  } finally {
    server.close();
    await live.close();
    await explored.close();
  }
});
