import test from "ava";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { createSae, loadSae, saveSaeLens, saveTorchSae } from "../../src/sae/index.js";
import { inFolder } from "../support/folder.js";

const FIXTURES = "test/fixtures/saes";
const python = process.env.FEATURE_FAMILIES_PYTHON ?? "python3";

/** What a Python program prints, or undefined where Python or its packages are missing. */
function askPython(modules: string, program: string, ...args: string[]): string | undefined {
  try {
    execFileSync(python, ["-c", `import ${modules}`], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return execFileSync(python, ["-c", program, ...args], { encoding: "utf8" });
}

for (const name of ["saelens-standard", "saelens-topk", "saelens-jumprelu", "saelens-layer-norm"]) {
  test(`${name} is written as SAELens has it and read back bit for bit`, async (t) => {
    const sae = await loadSae(path.join(FIXTURES, name));
    await inFolder(async (folder) => {
      await saveSaeLens(path.join(folder, "out"), sae, { model: "use", dataset: "wordnet" });
      t.deepEqual(await loadSae(path.join(folder, "out")), sae);
      const said = askPython(
        "safetensors.torch",
        `import json, sys
from safetensors.torch import load_file
ours, theirs = (load_file(p + "/sae_weights.safetensors") for p in sys.argv[1:])
print(json.dumps(sorted(ours) == sorted(theirs) and all(ours[k].equal(theirs[k]) for k in theirs)))`,
        path.join(folder, "out"),
        path.join(FIXTURES, name),
      );
      if (said === undefined) t.log("skipped: Python has no safetensors with torch");
      else t.is(said.trim(), "true");
    });
  });
}

test("SAELens itself loads what we write and encodes the same", async (t) => {
  await inFolder(async (folder) => {
    const out = path.join(folder, "out");
    await saveSaeLens(out, await loadSae(path.join(FIXTURES, "saelens-topk")));
    const said = askPython(
      "sae_lens",
      `import json, sys, torch
from sae_lens import SAE
expected = json.load(open(sys.argv[2]))
sae = SAE.load_from_disk(sys.argv[1])
x = torch.tensor(expected["x"])
z = torch.tensor(expected["cases"]["saelens-topk"]["z"])
codes = sae.encode(x)
codes = codes.to_dense() if codes.is_sparse else codes
print(json.dumps([type(sae).__name__, float((codes - z).abs().max())]))`,
      out,
      path.join(FIXTURES, "expected.json"),
    );
    if (said === undefined) {
      t.log("skipped: Python has no sae_lens");
      t.pass();
      return;
    }
    const [name, difference] = JSON.parse(said.trim().split("\n").at(-1) ?? "") as [string, number];
    t.regex(name, /TopK/i);
    t.true(difference < 1e-5);
  });
});

test("what a layout cannot hold is refused", async (t) => {
  const relu = await loadSae(path.join(FIXTURES, "saelens-standard"));
  await t.throwsAsync(saveTorchSae("never.pth", relu), {
    instanceOf: RangeError,
    message: /got relu/,
  });
  const prisma = await loadSae(path.join(FIXTURES, "prismadb/sae.pt"));
  await t.throwsAsync(saveSaeLens("never", prisma), { message: /no normalisation like z-score/ });
  const two = createSae({ ...relu, preBias: new Float32Array(6).fill(1) });
  await t.throwsAsync(saveSaeLens("never", two), { message: /this SAE has two/ });
});
