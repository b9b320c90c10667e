import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

interface Manifest {
  exports: Record<string, string | { default?: string }>;
}

/** What a user may import, with the source file and the compiled file behind it: "feature-families" and its sub-paths. */
export function packageImports(): Map<string, { source: string; built: string }> {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
  const imports = new Map<string, { source: string; built: string }>();
  for (const [subPath, target] of Object.entries(exports)) {
    const file = typeof target === "string" ? target : target.default;
    if (!file?.startsWith("./dist/")) continue;
    const inside = file.slice("./dist/".length);
    imports.set(path.posix.join("feature-families", subPath), {
      source: `./src/${inside.replace(/\.js$/, ".ts")}`,
      built: path.resolve("build/src", inside),
    });
  }
  return imports;
}

/** Code that imports from the package by name, made to import what was compiled for the tests. */
export function importBuilt(code: string): string {
  let out = code;
  for (const [name, { built }] of packageImports()) {
    out = out.replaceAll(`from "${name}"`, `from ${JSON.stringify(pathToFileURL(built).href)}`);
  }
  return out;
}
