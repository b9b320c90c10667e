import test from "ava";
import { drawFamilyComponents } from "../../src/figures/index.js";

test("drawFamilyComponents colours the first groups and greys the others", (t) => {
  const input = {
    name: "f",
    explained: [0.6, 0.3],
    x: [0, 1, 2, 3],
    y: [0, 1, 2, 3],
    group: [0, 1, 2, -1],
    groups: ["a", "b", "c"],
  };
  const { data, layout } = drawFamilyComponents(input, { maxGroups: 2 });
  t.deepEqual(
    data.map(({ name, x }) => [name, x]),
    [
      ["family", [1, 2]],
      ["a", [0]],
      ["b", [1]],
      ["other members", [2, 3]],
    ],
  );
  t.is((layout.xaxis2 as { title: { text: string } }).title.text, "component 1 (60 %)");
  t.is(drawFamilyComponents({ ...input, randomExplained: [0.5] }).data[1].name, "random documents");
  t.throws(() => drawFamilyComponents({ ...input, x: [1] }), { instanceOf: RangeError });
});
