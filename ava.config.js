import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setFlagsFromString } from "node:v8";

// By the sources, as build/ keeps what was compiled of a test that is gone.
const sources = readdirSync("test", { recursive: true, encoding: "utf8" });
const tests = sources.filter((name) => /^(?!.*node_modules).*\.test\.ts$/.test(name));

// Tests open the explorer's page, which is compiled here where it is missing or older than its sources.
const compiled = statSync("dist/explorer/index.html", { throwIfNoEntry: false })?.mtimeMs ?? 0;
const pageSources = ["explorer", "src"].flatMap((folder) => [
  folder,
  ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) =>
    path.join(folder, name),
  ),
]);
if (pageSources.some((name) => statSync(name).mtimeMs > compiled)) {
  const { build } = await import("vite");
  await build({ configFile: "explorer/vite.config.ts" });
}

// Atlases that several tests start from, see test/support/atlases/made-once.ts.
const atlases = mkdtempSync(path.join(tmpdir(), "feature-families-atlases-"));
process.on("exit", () => rmSync(atlases, { recursive: true, force: true }));

// Each test file's thread compiles the same code anew. V8's default of 67,584 bytes of bytecode run before it optimises a
// function spends more on optimising than most of these short threads win back.
setFlagsFromString("--interrupt-budget=500000");

// A time limit here is for a test that hangs: no test may depend on how fast the machine is.
export default {
  files: tests.map((name) => `build/test/${name.replaceAll("\\", "/").replace(/ts$/, "js")}`),
  environmentVariables: { FEATURE_FAMILIES_TEST_ATLASES: atlases },
  nodeArguments: ["--enable-source-maps"],
  timeout: "20m",
};
