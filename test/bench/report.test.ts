import test from "ava";
import { markdownTable, mergeReport } from "../../bench/report.js";

const order = ["First", "Second", "Third"];
const target = (measured: string, met = true) => ({
  what: "speed",
  target: "≤ 1 s",
  measured,
  met,
});

test("a run's sections enter the page in the order of the parts, their targets in one table", (t) => {
  const run = [
    { title: "Third", body: "three", targets: [target("0.5 s"), target("2 s", false)] },
    { title: "First", body: "one", targets: [target("0.1 s")] },
  ];
  t.is(
    mergeReport("", "# Head", run, order),
    `# Head

## Targets

| what | target | measured |  |
| --- | --- | --- | --- |
| [First](#first): speed | ≤ 1 s | 0.1 s | met |
| [Third](#third): speed | ≤ 1 s | 0.5 s | met |
| [Third](#third): speed | ≤ 1 s | 2 s | **missed** |

## First

<!-- measured -->

one

<!-- end -->

## Third

<!-- measured -->

three

<!-- end -->
`,
  );
});

test("parts that were not run, text by hand and sections of others stay", (t) => {
  const before = mergeReport(
    "## By hand\n\nkept\n",
    "# Old",
    [
      { title: "First", body: "one", targets: [target("0.1 s")] },
      { title: "Second", body: "two", targets: [target("0.2 s")] },
    ],
    order,
  ).replace("<!-- measured -->\n\ntwo", "A remark.\n\n<!-- measured -->\n\ntwo");
  const after = mergeReport(before, "# New", [{ title: "Second", body: "2" }], order);
  t.true(after.startsWith("# New\n\n## Targets\n"));
  t.true(after.includes("one"));
  t.true(after.includes("| [First](#first): speed"));
  t.false(after.includes("[Second](#second)"), "its targets are those of the last run");
  t.true(after.includes("A remark.\n\n<!-- measured -->\n\n2\n\n<!-- end -->"));
  t.true(after.endsWith("## By hand\n\nkept\n"));
  t.is(mergeReport(after, "# New", [{ title: "Second", body: "2" }], order), after);
});

test("markdownTable takes cells and finished lines", (t) => {
  t.is(
    markdownTable(["a", "b"], [[1, "x"], "| done |"]),
    "| a | b |\n| --- | --- |\n| 1 | x |\n| done |",
  );
});
