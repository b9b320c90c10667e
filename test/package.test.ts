import test from "ava";
import { spawnSync } from "node:child_process";
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

test("what README's steps and the commands' defaults write is ignored by git", (t) => {
  if (!existsSync(".git")) return void t.pass("not a clone");
  const written = [
    ...["try.mjs", "build/figures/latent-map.png", "build/atlas.html", "exports/wordnet-csv.csv"],
    ...[
      "families/papers/catalog.csv",
      "families/wordnet/manifest.json",
      "families/wordnet/sae.safetensors",
    ],
    ...[
      "figures/papers/latent-map.png",
      "notebooks/Untitled.ipynb",
      ".jupyter/kernels/deno/kernel.json",
    ],
    ...["notebooks/.ipynb_checkpoints/01-checkpoint.ipynb", "data/cache/hub/file"],
  ];
  const { stdout } = spawnSync("git", ["check-ignore", ...written], { encoding: "utf8" });
  t.deepEqual(stdout.trim().split("\n"), written);
});
