import test from "ava";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { FIGURES } from "../../src/atlas/figures/index.js";
import { sampleFigures } from "./samples/figures.js";

// The figures as committed; run the test with UPDATE_SPECS=1 to write them anew, and look at the difference.
const FOLDER = "test/figures/specs";
const WORDS = ["food", "bread", "salad of summer vegetables", "pasta", "Eating", "Baking"];

const figures = sampleFigures((at) => WORDS[at], { size: "column" });

for (const { name, title, data, layout } of figures) {
  test(`${name} is drawn from the same traces and layout as before`, (t) => {
    const spec = rounded({ title, data, layout });
    const file = `${FOLDER}/${name}.json`;
    if (process.env.UPDATE_SPECS) {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(file, `${JSON.stringify(spec, null, 2)}\n`);
    }
    t.true(existsSync(file), `no ${file}: run with UPDATE_SPECS=1`);
    t.deepEqual(spec, JSON.parse(readFileSync(file, "utf8")));
  });
}

test("there is a sample of every figure, with the paper's numbers where it has some", (t) => {
  const names = FIGURES.flatMap(({ name, overlay }) =>
    overlay === undefined ? [name] : [name, `${name}-paper`],
  );
  const drawn = figures.map(({ name }) => name);
  t.deepEqual(
    names.filter((name) => !drawn.includes(name)),
    [],
  );
});

test("every figure is plain JSON with finite numbers", (t) => {
  for (const figure of figures) {
    t.deepEqual(JSON.parse(JSON.stringify(figure)), figure, figure.name);
  }
});

/** As JSON, numbers to 3 decimals: a change in the last digits is no change of the figure. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === "number" ? Math.round(part * 1000) / 1000 + 0 : part,
    ),
  );
}
