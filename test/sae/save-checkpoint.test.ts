import test from "ava";
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { locateStored, openZip, withSource } from "../../src/files/bytes/index.js";
import { readTorchState, writeTorchState } from "../../src/files/index.js";
import { loadSae, saveCheckpoint } from "../../src/sae/index.js";
import { randomSae } from "../support/embeddings.js";
import { inFolder } from "../support/folder.js";

const python = process.env.FEATURE_FAMILIES_PYTHON ?? "python3";

test("an SAE written as .pth is read back bit for bit, k from the name", async (t) => {
  await inFolder(async (folder) => {
    const sae = randomSae(24, 10, 4, 1);
    const file = join(folder, "wordnet_4_24_8.pth");
    await saveCheckpoint(file, sae);
    t.deepEqual(await loadSae(file), sae);
  });
});

test("every entry of a .pth is stored and starts at a multiple of 64 bytes", async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, "x.pth");
    await saveCheckpoint(file, randomSae(7, 3, 2, 1));
    await withSource(file, async (source) => {
      const zip = await openZip(source);
      const names = ["data.pkl", "byteorder", "data/0", "data/1", "data/2", "data/3", "version"];
      t.deepEqual(
        [...zip.entries.keys()],
        names.map((name) => `x/${name}`),
      );
      for (const entry of zip.entries.values()) t.is((await locateStored(zip, entry)) % 64, 0);
    });
  });
});

test("saving the same SAE twice gives the same bytes", async (t) => {
  await inFolder(async (folder) => {
    const bytes = async (name: string): Promise<Uint8Array> => {
      const file = join(folder, name, "a_2_7.pth");
      await saveCheckpoint(file, randomSae(7, 3, 2, 1));
      return withSource(file, (source) => source.read(0, source.byteLength));
    };
    t.deepEqual(await bytes("one"), await bytes("two"));
  });
});

test("PyTorch reads the .pth with weights_only and finds the authors' keys, shapes and strides", async (t) => {
  if (spawnSync(python, ["-c", "import torch"]).status !== 0) {
    t.log("skipped: no Python with torch (FEATURE_FAMILIES_PYTHON names one)");
    t.pass();
    return;
  }
  await inFolder(async (folder) => {
    const sae = randomSae(24, 10, 4, 1);
    const file = join(folder, "wordnet_4_24_8.pth");
    await saveCheckpoint(file, sae);
    const script = [
      "import json, sys, torch",
      "state = torch.load(sys.argv[1], weights_only=True)",
      "print(json.dumps([type(state).__name__, {k: [str(v.dtype), list(v.shape), list(v.stride()),",
      "  v.double().flatten().tolist()] for k, v in state.items()}]))",
      "torch.save(state, sys.argv[2])",
    ].join("\n");
    const again = join(folder, "wordnet_4_24.pth");
    const [kind, state] = JSON.parse(
      execFileSync(python, ["-c", script, file, again], { encoding: "utf8" }),
    ) as [string, Record<string, unknown[]>];
    t.is(kind, "OrderedDict");
    t.deepEqual(Object.keys(state), [
      "pre_bias",
      "latent_bias",
      "encoder.weight",
      "decoder.weight",
    ]);
    t.deepEqual(state["pre_bias"], ["torch.float32", [10], [1], [...sae.preBias]]);
    t.deepEqual(state["encoder.weight"], [
      "torch.float32",
      [24, 10],
      [1, 24],
      [...sae.encoder.data],
    ]);
    t.deepEqual(state["decoder.weight"].slice(0, 3), ["torch.float32", [10, 24], [24, 1]]);
    t.deepEqual(await loadSae(again), sae);
  });
});

test("names of no known format and data that do not fit their shape are refused", async (t) => {
  await t.throwsAsync(saveCheckpoint("sae.npz", randomSae(7, 3, 2, 1)), {
    instanceOf: RangeError,
    message: /\.safetensors, \.pth or \.pt, got sae\.npz/,
  });
  await inFolder(async (folder) => {
    const content = { shape: [2, 2], data: new Float32Array(3) };
    await t.throwsAsync(writeTorchState(join(folder, "a.pth"), new Map([["w", content]])), {
      instanceOf: RangeError,
      message: /w of shape \(2, 2\) needs 4 values, got 3/,
    });
    await writeTorchState(join(folder, "b.pt"), new Map());
    t.deepEqual(await readTorchState(join(folder, "b.pt")), new Map());
  });
});
