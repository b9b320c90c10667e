import { type Browser, chromium } from "playwright-core";
import { browserChoices } from "../../src/figures/render/index.js";

/** A real browser, the system's, as readers have, or the npm one; undefined where none starts. */
export async function startBrowser(): Promise<Browser | undefined> {
  const choices = browserChoices().sort((a, b) => b.kind.localeCompare(a.kind));
  for (const choice of choices) {
    try {
      const { executablePath, env } = await choice.prepare();
      const args = ["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"];
      return await chromium.launch({
        executablePath,
        args,
        env: { ...process.env, ...env },
      });
    } catch {
      // the next one
    }
  }
  return undefined;
}
