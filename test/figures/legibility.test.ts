import test from "ava";
import type { FigureOptions } from "../../src/figures/index.js";
import { atLength } from "../support/campaign.js";
import { openLegibilityChecker } from "./samples/legibility.js";
import { sampleFigures } from "./samples/figures.js";

// As long as the names of an atlas's latents and families are.
const WORDS = [
  ...["food, dish, meal", "bread, loaf, dough", "salad, lettuce, greens", "pasta, noodle"],
  ...["cheese, bread, cream", "body, part, organ"],
];

const SIZES: readonly FigureOptions["size"][] = atLength
  ? ["column", "page", "screen", "slide"]
  : ["column"];

for (const size of SIZES) {
  test(`every figure can be read as a browser draws it at the size of a ${size}`, async (t) => {
    const checker = await openLegibilityChecker();
    if (!checker) return void t.pass("no browser here");
    try {
      const found: string[] = [];
      for (const figure of sampleFigures((at) => WORDS[at], { size })) {
        for (const fault of await checker.faults(figure)) found.push(`${figure.name}: ${fault}`);
      }
      t.deepEqual(found, []);
    } finally {
      await checker.close();
    }
  });
}

test("the check finds what cannot be read", async (t) => {
  const checker = await openLegibilityChecker();
  if (!checker) return void t.pass("no browser here");
  const text = (x: number, words: string, font: object): object => ({
    ...{ x, y: 0.5, xref: "paper", yref: "paper", text: words, font, showarrow: false },
  });
  try {
    const faults = await checker.faults({
      ...{ name: "bad", title: "", width: 300, height: 200 },
      data: [{ x: [0, 1], y: [0, 1], line: { color: "#dddddd" } }],
      layout: {
        annotations: [
          text(0.5, "first name", { size: 12, color: "#222222" }),
          text(0.55, "second name", { size: 12, color: "#222222" }),
          text(0.1, "pale", { size: 12, color: "#aaaaaa" }),
          text(0.9, "tiny", { size: 6, color: "#222222" }),
        ],
      },
    });
    for (const fault of [
      /"first name" and "second name" overlap/,
      /a line runs through "(first|second) name"/,
      /"pale" has a contrast of 2\.\d/,
      /"tiny" is 6.0 px/,
      /marks have a contrast of 1\.\d/,
    ]) {
      t.true(
        faults.some((one) => fault.test(one)),
        `${fault}: ${faults.join("; ")}`,
      );
    }
  } finally {
    await checker.close();
  }
});
