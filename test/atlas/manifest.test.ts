import test, { type ExecutionContext } from "ava";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { FormatError } from "../../src/core/index.js";
import { StepRunner } from "../../src/atlas/files/index.js";

async function folder(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), "ff-manifest-"));
  t.teardown(() => rm(dir, { recursive: true }));
  return dir;
}

async function build(
  dir: string,
  options: { version?: number; x?: number; input: string },
): Promise<string[]> {
  const runner = await StepRunner.open(dir);
  const input = await runner.hashInput("corpus", options.input);
  await runner.step(
    {
      name: "double",
      version: options.version ?? 1,
      inputs: { input },
      options: { x: options.x ?? 2 },
      outputs: ["double.txt"],
    },
    async () => {
      const text = await readFile(options.input, "utf8");
      await writeFile(path.join(dir, "double.txt"), String(Number(text) * (options.x ?? 2)));
    },
  );
  const double = runner.outputHash("double.txt");
  await runner.step(
    { name: "add", version: 1, inputs: { double }, options: {}, outputs: ["add.txt"] },
    async () => {
      const text = await readFile(path.join(dir, "double.txt"), "utf8");
      await writeFile(path.join(dir, "add.txt"), String(Number(text) + 1));
    },
  );
  return runner.ran;
}

test("a step runs again only when its input, options, version or output changed", async (t) => {
  const dir = await folder(t);
  const input = path.join(dir, "input.txt");
  await writeFile(input, "4");
  t.deepEqual(await build(dir, { input }), ["double", "add"]);
  t.deepEqual(await build(dir, { input }), []);
  t.deepEqual(await build(dir, { input, x: 3 }), ["double", "add"]);
  await writeFile(path.join(dir, "add.txt"), "tampered");
  t.deepEqual(await build(dir, { input, x: 3 }), ["add"]);
  t.is(await readFile(path.join(dir, "add.txt"), "utf8"), "13");
  await writeFile(input, "40");
  t.deepEqual(await build(dir, { input, x: 3 }), ["double", "add"]);
  t.deepEqual(await build(dir, { input, x: 3, version: 2 }), ["double"]);
});

test("the manifest finds inputs from the atlas's own folder", async (t) => {
  const dir = await folder(t);
  const other = await folder(t);
  const input = path.join(other, "input.txt");
  await writeFile(input, "4");
  await build(dir, { input });
  const runner = await StepRunner.open(dir);
  t.is(runner.manifest.inputs.corpus.file, `../${path.basename(other)}/input.txt`);
});

test("a step that ends in the same bytes leaves the steps after it alone", async (t) => {
  const dir = await folder(t);
  const input = path.join(dir, "input.txt");
  await writeFile(input, "4");
  await build(dir, { input });
  await writeFile(input, "4.0");
  t.deepEqual(await build(dir, { input }), ["double"]);
});

test("a failing step is not recorded and the next run tries it again", async (t) => {
  const dir = await folder(t);
  const plan = { name: "work", version: 1, inputs: {}, options: {}, outputs: ["out.txt"] };
  const first = await StepRunner.open(dir);
  await t.throwsAsync(
    first.step(plan, () => Promise.reject(new Error("disk full"))),
    {
      message: "disk full",
    },
  );
  const second = await StepRunner.open(dir);
  await second.step(plan, () => writeFile(path.join(dir, "out.txt"), "x"));
  t.deepEqual(second.ran, ["work"]);
});

for (const [title, text] of [
  ["cut-off JSON", '{"format": 1, "ste'],
  ["another format", '{"format": 2, "steps": {}}'],
  ["a bare null", "null"],
]) {
  test(`a manifest of ${title} is refused, naming the file`, async (t) => {
    const dir = await folder(t);
    await writeFile(path.join(dir, "manifest.json"), text);
    await t.throwsAsync(StepRunner.open(dir), {
      instanceOf: FormatError,
      message: /manifest\.json: /,
    });
  });
}
