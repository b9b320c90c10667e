// Run as a program: node tslab-cell.js TSLAB SOURCE runs one cell as tslab does, in the working directory.
import { createRequire } from "node:module";

interface Tslab {
  createConverter: (options: { isJS: boolean; isBrowser: boolean }) => { close(): void };
  createExecutor: (
    folder: string,
    converters: unknown,
    console: { log(...args: unknown[]): void; error(...args: unknown[]): void },
  ) => { execute(source: string): Promise<boolean> };
}

const [tslab, source] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { createConverter } = require(`${tslab}/dist/converter.js`) as Tslab;
const { createExecutor } = require(`${tslab}/dist/executor.js`) as Tslab;
const node = createConverter({ isJS: false, isBrowser: false });
const converters = { node, browser: undefined, close: () => undefined };
const isGood = await createExecutor(process.cwd(), converters, console).execute(source);
// The file watchers of tslab would keep the process alive.
process.exit(isGood ? 0 : 1);
