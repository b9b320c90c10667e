import test from "ava";
import { OutputCollector } from "../../src/notebook/outputs.js";

function display(text: string, id?: string, update = false) {
  return { type: "display" as const, data: { "text/plain": text }, metadata: {}, id, update };
}

function output(text: string) {
  return { output_type: "display_data", data: { "text/plain": text }, metadata: {} };
}

test("text of one stream is joined until another output comes between", (t) => {
  const collector = new OutputCollector();
  collector.beginCell();
  collector.add({ type: "stream", name: "stdout", text: "a" });
  collector.add({ type: "stream", name: "stdout", text: "b\n" });
  collector.add({ type: "stream", name: "stderr", text: "w\n" });
  collector.add({ type: "stream", name: "stdout", text: "c\n" });
  t.deepEqual(collector.outputs(0), [
    { output_type: "stream", name: "stdout", text: "ab\n" },
    { output_type: "stream", name: "stderr", text: "w\n" },
    { output_type: "stream", name: "stdout", text: "c\n" },
  ]);
});

test("a carriage return overwrites the line, and a longer rest stays", (t) => {
  const collector = new OutputCollector();
  collector.beginCell();
  collector.add({ type: "stream", name: "stdout", text: "step 1\rstep 22\rok\nend\r\n" });
  t.deepEqual(collector.outputs(0), [
    { output_type: "stream", name: "stdout", text: "okep 22\nend\n" },
  ]);
});

test("an update replaces its output in whatever cell it stands", (t) => {
  const collector = new OutputCollector();
  collector.beginCell();
  collector.add(display("0 %", "p"));
  collector.add(display("other"));
  collector.beginCell();
  collector.add(display("100 %", "p", true));
  collector.add(display("unknown id", "q", true));
  t.deepEqual(collector.outputs(0), [output("100 %"), output("other")]);
  t.deepEqual(collector.outputs(1), []);
});

test("paths of this machine are replaced in text, the longest first, but not in pictures", (t) => {
  const collector = new OutputCollector([
    { from: "/r", to: "~" },
    { from: "/r/proj", to: "." },
  ]);
  collector.beginCell();
  collector.add({ type: "stream", name: "stdout", text: "/r/proj/a /r/projector /r/b /road" });
  collector.add({
    type: "display",
    data: { "image/png": "ab/r/proj/x", "application/json": { at: ["/r/proj"] } },
    metadata: {},
  });
  t.deepEqual(collector.outputs(0), [
    { output_type: "stream", name: "stdout", text: "./a ~/projector ~/b /road" },
    {
      output_type: "display_data",
      data: { "image/png": "ab/r/proj/x", "application/json": { at: ["."] } },
      metadata: {},
    },
  ]);
});
