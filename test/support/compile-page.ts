import { existsSync } from "node:fs";
import { build } from "vite";

/** Compiles the explorer's page where that was not done, as after a compilation of the tests alone. */
export async function compilePage(): Promise<void> {
  if (!existsSync("dist/explorer/index.html"))
    await build({ configFile: "explorer/vite.config.ts" });
}
