import test from "ava";
import { spreadColours, textColour, transparent } from "../../src/figures/theme/index.js";

test("transparent writes rgba and refuses what is not #rrggbb", (t) => {
  t.is(transparent("#0072B2", 0.5), "rgba(0,114,178,0.5)");
  t.throws(() => transparent("blue", 0.5), { instanceOf: RangeError, message: /#rrggbb/ });
  t.throws(() => transparent('#0072B2" onload="', 0.5), { instanceOf: RangeError });
});

test("textColour darkens light colours only", (t) => {
  t.is(textColour("#332288"), "#332288");
  t.is(textColour("#ffffff").length, 7);
  t.true(parseInt(textColour("#DDCC77").slice(1, 3), 16) < 0x90);
});

test("spreadColours keeps points of one colour apart", (t) => {
  const line = Array.from({ length: 9 }, (_, x) => ({ x, y: 0 }));
  const colours = spreadColours(line, 3);
  for (let i = 2; i < 9; i++) t.is(new Set(colours.slice(i - 2, i + 1)).size, 3);
  t.deepEqual(spreadColours([], 3), []);
});
