// node .ci/compare-outputs.mjs COMMITTED.ipynb EXECUTED.ipynb: one line; exit code 1 if the outputs differ in kind.
import { readFileSync } from "node:fs";
import { codeCells, parseNotebook } from "../dist/notebook/ipynb.js";
import { compareOutputs } from "../dist/notebook/lint.js";

const [committed, executed] = process.argv
  .slice(2)
  .map((file) => parseNotebook(readFileSync(file, "utf8"), file));
const findings = compareOutputs(committed, executed);
const name = process.argv[2];
for (const finding of findings) console.log(`${name}: ${finding}`);
if (findings.length === 0)
  console.log(`${name}: ${codeCells(executed).length} cells worked in Jupyter`);
else process.exitCode = 1;
