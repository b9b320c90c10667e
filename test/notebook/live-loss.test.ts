import test from "ava";
import { type DisplayOptions, type MimeBundle, liveLoss } from "../../src/notebook/index.js";

test("liveLoss updates one output: the curve so far, speed and time left, and no times at the end", async (t) => {
  const shown: [MimeBundle, DisplayOptions | undefined][] = [];
  let time = 0;
  const live = liveLoss({
    steps: 40,
    interval: 400,
    display: (data, options) => shown.push([data, options]),
    now: () => time,
    size: "column",
  });
  for (let step = 1; step <= 20; step++) {
    time += 100;
    live.onLog({ step, reconstruction: 1 / step, dead: step });
  }
  t.is(shown.length, 5);
  t.is(shown[0][0]["text/plain"], "step 4 of 40: error 0.2500, 4 dead, 10.0 steps/s, 4 s left");
  t.regex(
    String(shown[4][0]["image/svg+xml"]),
    /^<svg .*<polyline points="24.0,24.0 .* 616.0,216.0"/s,
  );
  t.false(
    "application/vnd.plotly.v1+json" in shown[4][0],
    "an updated plotly output is not redrawn",
  );
  await live.end();
  t.is(shown.length, 6);
  t.is(shown[5][0]["text/plain"], "20 steps: error 0.0500, 20 dead");
  const ids = new Set(shown.map(([, options]) => options?.id));
  t.is(ids.size, 1);
  t.deepEqual(
    shown.map(([, options]) => options?.update),
    [false, true, true, true, true, true],
  );
  const plotly = shown[5][0]["application/vnd.plotly.v1+json"] as { data: { x: number[] }[] };
  t.is(plotly.data[1].x.length, 20);
});

test("liveLoss counts speed from where a resumed run began, and shows nothing without steps", async (t) => {
  const shown: MimeBundle[] = [];
  let time = 0;
  const options = { display: (data: MimeBundle) => shown.push(data), now: () => time };
  await liveLoss(options).end();
  t.deepEqual(shown, []);
  const live = liveLoss(options);
  time = 500;
  live.onLog({ step: 101, reconstruction: 0.5 });
  t.is(shown[0]["text/plain"], "step 101: error 0.5000, 2.0 steps/s");
  const off = liveLoss();
  off.onLog({ step: 1, reconstruction: 1 });
  await off.end();
});
