import test from "ava";
import { placeLabels } from "../../src/figures/drawing/index.js";
import { createRandom } from "../../src/core/index.js";

const AREA = { width: 200, height: 100 };

test("a label alone stands on its point, or as near as the edge allows", (t) => {
  const box = { width: 40, height: 10 };
  t.deepEqual(placeLabels([{ x: 100, y: 50, ...box }], AREA), [{ x: 100, y: 50 }]);
  t.deepEqual(placeLabels([{ x: 0, y: 100, ...box }], AREA), [{ x: 20, y: 95 }]);
  t.deepEqual(placeLabels([{ x: 0, y: 0, width: 300, height: 10 }], AREA), [undefined]);
});

test("labels never overlap, and the first ones come first", (t) => {
  const random = createRandom(3);
  const boxes = Array.from({ length: 80 }, () => ({
    x: random() * AREA.width,
    y: random() * AREA.height,
    width: 20 + 30 * random(),
    height: 8 + 8 * random(),
  }));
  const places = placeLabels(boxes, AREA, [], 2);
  t.truthy(places[0]);
  t.true(places.includes(undefined));
  for (const [i, a] of places.entries()) {
    for (const [j, b] of places.slice(0, i).entries()) {
      if (!a || !b) continue;
      const apart =
        Math.abs(a.x - b.x) >= (boxes[i].width + boxes[j].width) / 2 + 2 ||
        Math.abs(a.y - b.y) >= (boxes[i].height + boxes[j].height) / 2 + 2;
      t.true(apart, `${i} and ${j}`);
    }
    if (a) {
      t.true(a.x >= boxes[i].width / 2 && a.x <= AREA.width - boxes[i].width / 2);
      t.true(a.y >= boxes[i].height / 2 && a.y <= AREA.height - boxes[i].height / 2);
    }
  }
});

test("a label gives way to points beside free space", (t) => {
  const points = Array.from({ length: 30 }, (_, i) => ({ x: 85 + i, y: 50 }));
  const [place] = placeLabels([{ x: 100, y: 50, width: 40, height: 10 }], AREA, points);
  t.true(Math.abs((place?.y ?? 50) - 50) >= 5);
});
