// Drives a real JupyterLab: node build/test/lab/main.js FOLDER takes pictures into it. Needs the built package, the
// sample's atlas, tslab in notebooks/ and JupyterLab, with plotly's extension, on the PATH; .ci/lab installs them.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Locator, Page } from "playwright-core";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";
import { answerPlanted } from "../support/atlases/planted.js";
import { startBrowser } from "../support/browser.js";
import { startLlmServer } from "../support/servers/llm-server.js";
import { type Contrast, inkContrast, textContrast } from "./contrast.js";

const TOKEN = "lab";
const SCRATCH = "scratch-lab.ipynb";
const UNTRUSTED = "scratch-untrusted.ipynb";
/** The cell whose code is to be completed. */
const COMPLETED = 11;
const PATIENCE_MS = 240_000;

const [pictures = "build/lab"] = process.argv.slice(2);
let failures = 0;

function check(what: string, isRight: boolean, detail = ""): void {
  if (!isRight) failures++;
  process.stdout.write(`${isRight ? "ok" : "FAILED"}: ${what}${detail && ` (${detail})`}\n`);
}

/** Asks until the answer is true; false where it never is. */
async function eventually(ask: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(300)) {
    if (await ask()) return true;
  }
  return false;
}

async function startLab(
  port: number,
  settings: string,
  args: readonly string[] = [],
): Promise<ChildProcess> {
  const lab = spawn(
    process.execPath,
    [
      ...["dist/cli/main.js", "jupyter", "--no-browser", "--allow-root"],
      ...[`--port=${port}`, "--ServerApp.port_retries=0", `--IdentityProvider.token=${TOKEN}`],
      `--LabApp.user_settings_dir=${settings}`,
      ...args,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  lab.stderr.on("data", (data) => (log += String(data)));
  const isUp = await eventually(async () => {
    if (lab.exitCode !== null) throw new Error(`JupyterLab ended: ${log.slice(-500)}`);
    return Promise.resolve(log.includes("/lab?token="));
  });
  if (!isUp) throw new Error(`JupyterLab did not start: ${log.slice(-500)}`);
  return lab;
}

/** A notebook in the page, by its code cells. */
class LabNotebook {
  constructor(
    readonly page: Page,
    private readonly port: number,
  ) {}

  async open(name: string): Promise<void> {
    const address = `http://127.0.0.1:${this.port}/lab/tree/${name}?token=${TOKEN}&reset`;
    await this.page.goto(address);
    await this.page.waitForSelector(".jp-Notebook .jp-CodeCell", { timeout: PATIENCE_MS });
    await eventually(async () =>
      /idle/i.test(await this.page.locator(".jp-StatusBar-Widget").first().innerText()),
    );
  }

  cell(at: number): Locator {
    return this.page.locator(".jp-Notebook .jp-CodeCell").nth(at);
  }

  outputs(at: number): Locator {
    return this.cell(at).locator(".jp-OutputArea-output");
  }

  /** A click misses where JupyterLab scrolls by itself in between, so it is repeated until the cell takes the keys. */
  async start(at: number): Promise<void> {
    const prompt = this.cell(at).locator(".jp-InputPrompt");
    const before = await prompt.textContent();
    const isStarted = await eventually(async () => {
      await this.cell(at).locator(".cm-content").click();
      const editor = this.cell(at).locator(".cm-editor.cm-focused");
      if ((await editor.count()) === 0) return false;
      await this.page.keyboard.press("Shift+Enter");
      for (let asked = 0; asked < 10; asked++) {
        if ((await prompt.textContent()) !== before) return true;
        await sleep(300);
      }
      return false;
    });
    if (!isStarted) throw new Error(`cell ${at} does not start`);
  }

  async hasEnded(at: number): Promise<boolean> {
    // What is out of view has no inner text.
    const prompt = await this.cell(at).locator(".jp-InputPrompt").textContent();
    return /\[\d+\]/.test(prompt ?? "");
  }

  async run(at: number): Promise<void> {
    await this.start(at);
    await eventually(() => this.hasEnded(at));
    await sleep(500);
  }

  async interrupt(): Promise<void> {
    await this.page.keyboard.press("Escape");
    await this.page.keyboard.press("i");
    await this.page.keyboard.press("i");
  }

  async picture(at: number, name: string): Promise<void> {
    await this.cell(at).scrollIntoViewIfNeeded();
    await this.cell(at).screenshot({ path: path.join(pictures, `${name}.png`) });
  }
}

const number = async (locator: Locator): Promise<number> =>
  Number(/\d+/.exec(await locator.last().innerText())?.[0]);

function scratchCells(planted: string, baseUrl: string): string[] {
  return [
    `import { liveLoss, openAtlas, readNpyMatrix, trainSae } from "feature-families";
import { createChatModel } from "feature-families/llm";
const atlas = await openAtlas("../families/wordnet");
const embeddings = await readNpyMatrix("../data/wordnet/embeddings.npy");
const counted = { steps: 0 };
atlas`,
    `const latent = await atlas.latent("dog");
latent`,
    `const figure = await atlas.figure("density-histogram");
figure`,
    `const hits = await atlas.search("small dog", { more: ["bird:2"], limit: 5 });
hits`,
    `const live = liveLoss();
await trainSae(embeddings, { k: 8, n: 768, steps: 5000, onLog: (row) => { counted.steps = row.step; live.onLog(row); } });
await live.end();`,
    `console.log(counted.steps);`,
    `const small = liveLoss();
await trainSae(embeddings, { k: 8, n: 256, steps: 30, onLog: (row) => small.onLog(row) });
await small.end();`,
    `const planted = await openAtlas(${JSON.stringify(planted)});
const model = await createChatModel({ model: "gpt-4o", baseUrl: ${JSON.stringify(baseUrl)} });
const report = await planted.label({ model, protocol: "default", force: true, maxCost: 5 });`,
    `const explorer = await atlas.explorer({ address: "view=families" });
explorer`,
    `const chosen = await explorer.selection();
console.log(chosen.latents.length, "latents selected");`,
    `const saved = await atlas.explorer({ snapshot: true, address: "view=catalog&only=doubtful" });
saved`,
    `atlas.sea`,
  ];
}

async function writeScratch(cells: readonly string[]): Promise<void> {
  const notebook = {
    cells: cells.map((source, at) => ({
      ...{ cell_type: "code", id: `cell-${at}`, execution_count: null },
      ...{ metadata: {}, outputs: [], source },
    })),
    metadata: {
      kernelspec: { display_name: "TypeScript", language: "typescript", name: "tslab" },
      language_info: { name: "typescript" },
    },
    ...{ nbformat: 4, nbformat_minor: 5 },
  };
  await writeFile(path.join("notebooks", SCRATCH), JSON.stringify(notebook));
}

async function checkCards(notebook: LabNotebook): Promise<void> {
  const cards: [string, number, RegExp][] = [
    ["an atlas", 0, /Atlas wordnet.*Largest families/s],
    ["a latent", 1, /Latent \d+: .*dog.*Activations.*Strongest documents.*Nearest/s],
    ["search results", 3, /bird.*cosine/s],
  ];
  for (const [what, at, text] of cards) {
    await notebook.run(at);
    const isShown = await eventually(async () =>
      text.test((await notebook.outputs(at).allInnerTexts()).join("\n")),
    );
    check(`${what} as a cell's last value is shown as a card`, isShown);
    await notebook.picture(at, `card-${at}`);
  }
  await notebook.run(2);
  const drawing = notebook.outputs(2).locator(".main-svg, img");
  check(
    "a figure as a cell's last value is drawn",
    await eventually(() => drawing.first().isVisible()),
  );
  await notebook.picture(2, "figure");
}

/** JupyterLab shows no completions that come after its own time limit of a second. */
async function checkCompletion(notebook: LabNotebook): Promise<void> {
  await notebook.cell(COMPLETED).locator(".cm-content").click();
  await notebook.page.keyboard.press("End");
  await notebook.page.keyboard.press("Tab");
  const line = notebook.cell(COMPLETED).locator(".cm-line").first();
  const shown = notebook.page.locator(".jp-Completer:visible");
  // A single completion is filled in at once.
  const isAnswered = await eventually(
    async () => (await shown.count()) > 0 || /atlas\.search/.test((await line.textContent()) ?? ""),
  );
  check("completion is answered in time", isAnswered);
  await notebook.page.keyboard.press("Escape");
}

async function checkTraining(notebook: LabNotebook): Promise<void> {
  await notebook.start(4);
  const curve = notebook.outputs(4).locator("img");
  await eventually(async () => (await curve.count()) > 0);
  const before = await curve.first().getAttribute("src");
  const moves = await eventually(async () => (await curve.first().getAttribute("src")) !== before);
  check("the live loss moves while it trains", moves);
  await notebook.picture(4, "live-loss");
  await notebook.interrupt();
  check("an interrupt ends the cell", await eventually(() => notebook.hasEnded(4)));
  await notebook.run(5);
  const first = await number(notebook.outputs(5));
  await sleep(5000);
  await notebook.run(5);
  const second = await number(notebook.outputs(5));
  check("an interrupt stops the training", first === second && first > 0, `${first}, ${second}`);
  await notebook.run(6);
  const end = notebook.outputs(6).locator(".main-svg, img");
  check("the loss is drawn at the end", await eventually(() => end.first().isVisible()));
  await notebook.picture(6, "loss");
}

/** The live page in a frame, a selection on it by mouse that the next cell reads, and the page without a server. */
async function checkExplorer(notebook: LabNotebook): Promise<string> {
  await notebook.run(8);
  const live = notebook.outputs(8).locator("iframe").contentFrame();
  check(
    "the explorer is live in a cell, where its address says",
    await eventually(() => live.locator(".family-line").first().isVisible()),
  );
  await live.locator(".family-line").first().click();
  await live.locator("article").waitFor();
  // In a cell the page of what is open lies above the maps.
  await live.locator(".detail .close").click();
  await live.locator('[aria-label="tools of the map of latents"] [aria-label="Rectangle"]').click();
  const plot = live.locator('.plot[aria-label^="map of latents"]');
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (box) {
    await notebook.page.mouse.move(box.x + 3, box.y + 3);
    await notebook.page.mouse.down();
    await notebook.page.mouse.move(box.x + box.width - 50, box.y + box.height - 3, { steps: 5 });
    await notebook.page.mouse.up();
  }
  await live.locator(".selection b").waitFor();
  const selected = (await live.locator(".selection b").textContent()) ?? "";
  await notebook.picture(8, "explorer-live");
  await notebook.run(9);
  const read = async (): Promise<string> =>
    (await notebook.outputs(9).allInnerTexts()).join("").trim();
  // The page tells its server behind the answer that is shown.
  await eventually(async () => {
    if ((await read()) === selected) return true;
    await notebook.run(9);
    return false;
  });
  check("the next cell reads the selection", (await read()) === selected, await read());
  await notebook.run(10);
  const snapshot = notebook.outputs(10).locator("iframe").contentFrame();
  check(
    "the explorer is shown without a server, where its address says",
    await eventually(() => snapshot.locator(".catalog .note").isVisible()),
  );
  await snapshot.locator(".list-row").first().click();
  check(
    "a latent opens in it",
    await eventually(() => snapshot.locator("article .documents li").first().isVisible()),
  );
  await notebook.picture(10, "explorer-snapshot");
  return selected;
}

/** A saved notebook, opened anew: it says how to see the live page, and runs the snapshot where it is trusted. */
async function checkReopenedExplorer(notebook: LabNotebook): Promise<void> {
  // What is out of view has no inner text.
  await notebook.cell(8).scrollIntoViewIfNeeded();
  const said = await eventually(async () =>
    /run this cell to see it/.test((await notebook.outputs(8).allInnerTexts()).join("")),
  );
  check("a reopened notebook says how to see the live explorer", said);
  await notebook.cell(10).scrollIntoViewIfNeeded();
  const snapshot = notebook.outputs(10).locator("iframe").contentFrame();
  check(
    "a reopened notebook runs the snapshot",
    await eventually(() => snapshot.locator(".list-row").first().isVisible()),
  );
  await notebook.picture(10, "explorer-reopened");
}

/** The saved notebook under another name and with another content, which nobody here has signed. */
async function writeUntrusted(): Promise<void> {
  const saved = JSON.parse(await readFile(path.join("notebooks", SCRATCH), "utf8")) as {
    metadata: Record<string, unknown>;
  };
  saved.metadata.copied = true;
  await writeFile(path.join("notebooks", UNTRUSTED), JSON.stringify(saved));
}

async function checkReopened(notebook: LabNotebook, kind: string): Promise<void> {
  for (const [name, trust] of [
    [UNTRUSTED, "not trusted"],
    [SCRATCH, "trusted"],
  ] as const) {
    const label = `${trust}, ${kind}`;
    await notebook.open(name);
    const sign = notebook.page.locator(`[title^="Notebook ${trust}:"]`);
    check(`the notebook reopens ${trust}`, await eventually(async () => (await sign.count()) > 0));
    await checkSaved(notebook, label);
  }
}

async function checkSaved(notebook: LabNotebook, label: string): Promise<void> {
  const texts = async (at: number): Promise<string> =>
    (await notebook.outputs(at).allInnerTexts()).join("\n");
  for (const [what, at, text] of [
    ["an atlas", 0, /Atlas wordnet/],
    ["a latent", 1, /Latent \d+: .*dog/],
    ["search results", 3, /cosine/],
  ] as const) {
    await notebook.cell(at).scrollIntoViewIfNeeded();
    check(
      `the card of ${what} is there again, ${label}`,
      await eventually(async () => text.test(await texts(at))),
    );
  }
  const drawing = notebook.outputs(2).locator("img, .main-svg").first();
  await eventually(() => drawing.isVisible());
  const width = (await drawing.boundingBox())?.width ?? 0;
  const room = (await notebook.outputs(2).first().boundingBox())?.width ?? 0;
  check(`a saved figure reopens whole, ${label}`, width > 300 && width <= room, `${width} px`);
  await notebook.picture(2, `reopened-${label.replaceAll(/[ ,']+/g, "-")}`);
}

/** Chooses for every page that is opened from now on. */
async function writeSettings(settings: string, of: string, chosen: object): Promise<void> {
  const folder = path.join(settings, "@jupyterlab/apputils-extension");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${of}.jupyterlab-settings`), JSON.stringify(chosen));
}

/** The saved notebook in JupyterLab's dark theme: what cards and figures say shows on the ground of their cells. */
async function checkDark(notebook: LabNotebook, kind: string): Promise<void> {
  const checkContrast = ({ ratio, what, count }: Contrast, part: string, asked: number): void =>
    check(
      `${part} can be read in the dark theme, ${kind}`,
      ratio >= asked,
      `${ratio.toFixed(1)} to 1 or more in ${count}; ${what}`,
    );
  await notebook.open(SCRATCH);
  await notebook.page.waitForSelector('body[data-jp-theme-name="JupyterLab Dark"]', {
    state: "attached",
  });
  for (const [part, at] of [
    ["the card of an atlas", 0],
    ["the card of a latent", 1],
    ["the card of search results", 3],
    ["the note on the live explorer", 8],
  ] as const) {
    await notebook.cell(at).scrollIntoViewIfNeeded();
    const shown = notebook.cell(at).locator(".jp-Cell-outputArea");
    await eventually(async () => (await textContrast(shown)).count > 0);
    checkContrast(await textContrast(shown), part, 4.5);
    await notebook.picture(at, `dark-${at}-${kind.replaceAll(/\W+/g, "-")}`);
  }
  await notebook.cell(10).scrollIntoViewIfNeeded();
  const snapshot = notebook.outputs(10).locator("iframe").contentFrame();
  const isDark = (): Promise<boolean> =>
    snapshot
      .locator("body")
      .evaluate<boolean, unknown>("matchMedia('(prefers-color-scheme: dark)').matches");
  check(`the explorer in a cell is dark, too, ${kind}`, await eventually(isDark));
  await snapshot.locator(".list-row").first().waitFor();
  await notebook.picture(10, `dark-explorer-${kind.replaceAll(/\W+/g, "-")}`);
  const picture = notebook.outputs(2).locator("img").first();
  await notebook.cell(2).scrollIntoViewIfNeeded();
  await eventually(() => picture.isVisible());
  // No colour of words has 4.5 to 1 on white and on this ground at once, so theirs has 4; marks need 3.
  checkContrast(await inkContrast(picture), "a saved figure's ink", 3);
  await notebook.picture(2, `dark-figure-${kind.replaceAll(/\W+/g, "-")}`);
  if (kind.startsWith("without")) return;
  // The extension draws a saved figure once the pointer is on it.
  await picture.hover({ force: true });
  const drawing = notebook.outputs(2).first();
  await eventually(() => drawing.locator(".main-svg text").first().isVisible());
  checkContrast(await textContrast(drawing), "a drawn figure's words", 4);
  await notebook.picture(2, "dark-figure-drawn");
}

async function checkNotebooks(notebook: LabNotebook): Promise<void> {
  const names = (await readdir("notebooks")).filter((name) => /^\d.*\.ipynb$/.test(name)).sort();
  for (const name of names) {
    // JupyterLab saves by itself, so it gets a copy.
    await copyFile(path.join("notebooks", name), path.join("notebooks", `scratch-${name}`));
    await notebook.open(`scratch-${name}`);
    await notebook.page.locator(".jp-Notebook").click({ position: { x: 5, y: 5 } });
    await notebook.page.keyboard.press("Escape");
    await notebook.page.getByRole("menuitem", { name: "Run", exact: true }).click();
    await notebook.page.getByRole("menuitem", { name: /^Run All Cells/ }).click();
    const count = await notebook.page.locator(".jp-Notebook .jp-CodeCell").count();
    const hasRun = await eventually(async () => {
      for (let at = 0; at < count; at++) if (!(await notebook.hasEnded(at))) return false;
      return true;
    });
    const errors = await notebook.page
      .locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')
      .allInnerTexts();
    check(`${name} runs`, hasRun && errors.length === 0, errors.join(" ").slice(0, 200));
    await notebook.page.screenshot({ path: path.join(pictures, `${name}.png`) });
  }
}

async function main(): Promise<void> {
  await mkdir(pictures, { recursive: true });
  const folder = await mkdtemp(path.join(tmpdir(), "ff-lab-"));
  const settings = path.join(folder, "settings");
  const server = await startLlmServer({ answer: answerPlanted, latencyMs: 400 });
  const { dir } = await buildPlantedAtlas(folder, { themes: 40, nonsense: 2 });
  await writeScratch(scratchCells(dir, server.baseUrl));
  const browser = await startBrowser();
  if (!browser) throw new Error("no browser");
  const labs: ChildProcess[] = [];
  try {
    // The question about news would lie over the cells.
    await writeSettings(settings, "notification", { fetchNews: "false" });
    labs.push(await startLab(8891, settings));
    // Without a scheme of Playwright's own, which frames would take instead of JupyterLab's.
    const page = await browser.newPage({
      viewport: { width: 1280, height: 900 },
      colorScheme: null,
    });
    page.setDefaultTimeout(PATIENCE_MS);
    const notebook = new LabNotebook(page, 8891);
    await notebook.open(SCRATCH);
    await checkCards(notebook);
    const selected = await checkExplorer(notebook);
    await checkCompletion(notebook);
    await checkTraining(notebook);
    await notebook.start(7);
    await eventually(() => Promise.resolve(server.calls.length > 3));
    await notebook.interrupt();
    await eventually(() => notebook.hasEnded(7));
    await sleep(1000);
    const asked = server.calls.length;
    await sleep(4000);
    const later = server.calls.length;
    const said = (await notebook.outputs(7).allInnerTexts()).join(" ").slice(0, 300);
    check(
      "an interrupt stops a labelling",
      asked > 3 && asked === later,
      `${asked}, ${later} calls; ${said}`,
    );
    await notebook.run(9);
    const kept = (await notebook.outputs(9).allInnerTexts()).join("").trim();
    check("interrupts of the kernel leave the explorer's server alone", kept === selected, kept);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+s");
    await sleep(4000);
    await writeUntrusted();
    await checkReopened(notebook, "with plotly's extension");
    await checkReopenedExplorer(notebook);
    await checkNotebooks(notebook);
    labs.push(await startLab(8892, settings, ["--LabApp.labextensions_path=[]"]));
    const bare = new LabNotebook(await browser.newPage({ colorScheme: null }), 8892);
    await checkReopened(bare, "without it");
    await writeSettings(settings, "themes", { theme: "JupyterLab Dark" });
    await checkDark(notebook, "with plotly's extension");
    await checkDark(bare, "without it");
  } finally {
    for (const lab of labs) lab.kill("SIGTERM");
    await browser.close();
    await server.close();
    for (const name of await readdir("notebooks")) {
      if (name.startsWith("scratch-")) await rm(path.join("notebooks", name));
    }
    await rm(folder, { recursive: true, force: true });
  }
  process.stdout.write(failures === 0 ? "all hold\n" : `${failures} FAILED\n`);
  process.exitCode = failures === 0 ? 0 : 1;
}

await main();
