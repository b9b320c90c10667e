import { fileURLToPath } from "node:url";
import type { UserConfig } from "vite";

const config: UserConfig = {
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/explorer",
    // The compiled room src/explorer lies there too.
    emptyOutDir: false,
    modulePreload: false,
    license: { fileName: "licences.md" },
    target: "es2022",
    rollupOptions: {
      output: { entryFileNames: "app.js", assetFileNames: "app[extname]" },
    },
  },
};

// Vite reads its configuration from the default export.
export { config as default };
