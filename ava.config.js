import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

// By the sources, as build/ keeps what was compiled of a test that is gone.
const sources = readdirSync("test", { recursive: true, encoding: "utf8" });
const tests = sources.filter((name) => /^(?!.*node_modules).*\.test\.ts$/.test(name));

// Atlases that several tests start from, see test/support/atlases/made-once.ts.
const atlases = mkdtempSync(path.join(tmpdir(), "feature-families-atlases-"));
process.on("exit", () => rmSync(atlases, { recursive: true, force: true }));

// A time limit here is for a test that hangs: no test may depend on how fast the machine is.
export default {
  files: tests.map((name) => `build/test/${name.replaceAll("\\", "/").replace(/ts$/, "js")}`),
  environmentVariables: { FEATURE_FAMILIES_TEST_ATLASES: atlases },
  nodeArguments: ["--enable-source-maps"],
  timeout: "20m",
};
