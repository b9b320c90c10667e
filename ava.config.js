import { readdirSync } from "node:fs";

// By the sources, as build/ keeps what was compiled of a test that is gone.
const sources = readdirSync("test", { recursive: true, encoding: "utf8" });
const tests = sources.filter((name) => /^(?!.*node_modules).*\.test\.ts$/.test(name));

// A time limit here is for a test that hangs: no test may depend on how fast the machine is.
export default {
  files: tests.map((name) => `build/test/${name.replaceAll("\\", "/").replace(/ts$/, "js")}`),
  nodeArguments: ["--enable-source-maps"],
  timeout: "20m",
};
