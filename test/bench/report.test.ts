import test from "ava";
import { markdownTable, mergeReport } from "../../bench/report.js";

const order = ["First", "Second", "Third"];
const kind = "CPU 1, 2 cores";
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
    mergeReport("", { head: "# Head", kind, sections: run, order }),
    `# Head

## Targets

### CPU 1, 2 cores

| what | target | measured |  |
| --- | --- | --- | --- |
| [First](#first): speed | ≤ 1 s | 0.1 s | met |
| [Third](#third): speed | ≤ 1 s | 0.5 s | met |
| [Third](#third): speed | ≤ 1 s | 2 s | **missed** |

## First

<!-- measured: CPU 1, 2 cores -->

**CPU 1, 2 cores**

one

<!-- end -->

## Third

<!-- measured: CPU 1, 2 cores -->

**CPU 1, 2 cores**

three

<!-- end -->
`,
  );
});

test("parts that were not run, text by hand and sections of others stay", (t) => {
  const before = mergeReport("## By hand\n\nkept\n", {
    head: "# Old",
    kind,
    sections: [
      { title: "First", body: "one", targets: [target("0.1 s")] },
      { title: "Second", body: "two", targets: [target("0.2 s")] },
    ],
    order,
  }).replace(/(?=<!--[^>]*-->\n\n[^\n]*\n\ntwo)/, "A remark.\n\n");
  const again = { head: "# New", kind, sections: [{ title: "Second", body: "2" }], order };
  const after = mergeReport(before, again);
  t.true(after.startsWith("# New\n\n## Targets\n"));
  t.true(after.includes("one"));
  t.true(after.includes("| [First](#first): speed"));
  t.false(after.includes("[Second](#second)"), "its targets are those of the last run");
  t.true(
    after.includes(`A remark.\n\n<!-- measured: ${kind} -->\n\n**${kind}**\n\n2\n\n<!-- end -->`),
  );
  t.true(after.endsWith("## By hand\n\nkept\n"));
  t.is(mergeReport(after, again), after);
});

test("a run replaces what its own kind of machine measured, and stands beside other kinds", (t) => {
  const run = (kind: string, body: string): Parameters<typeof mergeReport>[1] => ({
    head: "# Head",
    kind,
    sections: [{ title: "First", body, targets: [target(body)] }],
    order,
  });
  const first = mergeReport("", run("A", "by A")).replace(/$/, "\nAfter all.\n");
  const both = mergeReport(first, run("B", "by B"));
  const again = mergeReport(both, run("A", "by A again"));
  t.false(again.includes("by A\n"));
  t.true(again.includes("### A\n\n| what | target | measured |  |\n"));
  t.true(again.includes("| [First](#first): speed | ≤ 1 s | by A again | met |\n\n### B\n"));
  t.true(
    again.endsWith(
      "by A again\n\n<!-- end -->\n\n<!-- measured: B -->\n\n**B**\n\nby B\n\n<!-- end -->\n\nAfter all.\n",
    ),
  );
});

test("markdownTable takes cells and finished lines", (t) => {
  t.is(
    markdownTable(["a", "b"], [[1, "x"], "| done |"]),
    "| a | b |\n| --- | --- |\n| 1 | x |\n| done |",
  );
});
