import test from "ava";
import { existsSync, readFileSync } from "node:fs";

test("npm runs no install script that downloads CUDA's libraries", (t) => {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  t.not(lock.packages["node_modules/onnxruntime-node"], undefined);
  const withScript = Object.keys(lock.packages).filter(
    (name) => lock.packages[name].hasInstallScript,
  );
  t.deepEqual(
    withScript,
    ["node_modules/webgpu"],
    'take "hasInstallScript" of onnxruntime-node out of package-lock.json: docs/design.md, "Installation"',
  );
  const { allowScripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
    allowScripts: Record<string, boolean>;
  };
  t.deepEqual(allowScripts, { "onnxruntime-node": false, webgpu: true });
  t.false(existsSync(".npmrc"), "npm warns about keys that it does not know");
});
