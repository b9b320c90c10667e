import test from "ava";
import { table } from "../../../src/figures/index.js";

test("a table has a text per cell and a rule where others' rows begin", (t) => {
  const rows = [
    { cells: ["k 8", "0.27"] },
    { cells: ["k 16", "0.20"] },
    { cells: ["theirs", "0.22"], isReference: true },
  ];
  const { layout, height } = table({ columns: ["SAE", "error"], rows, size: "column" });
  const texts = (layout.annotations as { text: string }[]).map(({ text }) => text);
  t.deepEqual(texts, ["<b>SAE</b>", "<b>error</b>", ...rows.flatMap(({ cells }) => cells)]);
  t.is((layout.shapes as unknown[]).length, 2);
  t.true(height < 238);
  t.throws(() => table({ columns: ["SAE"], rows }), { message: /expected 1 cells per row, got 2/ });
  t.throws(() => table({ columns: ["SAE"], rows: [] }), { instanceOf: RangeError });
});
