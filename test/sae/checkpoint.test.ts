import { copyFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { rowNorms } from "../../src/core/index.js";
import { writeSafetensors } from "../../src/files/index.js";
import {
  encoderDecoderCosine,
  loadSae,
  parseCheckpointName,
  readCheckpoint,
  saveSae,
} from "../../src/sae/index.js";
import { randomSae } from "../support/embeddings.js";
import { sharedPath } from "../support/shared.js";

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), "checkpoint-"));

test("names of released checkpoints tell domain, k, n, auxk and epochs", (t) => {
  const cases: [string, object][] = [
    ["models/csLG_64_9216_128.pth", { domain: "csLG", k: 64, n: 9216, auxk: 128 }],
    ["astroPH_32_6144_48.pth", { domain: "astroPH", k: 32, n: 6144, auxk: 48 }],
    ["astroPH_64_9216.pth", { domain: "astroPH", k: 64, n: 9216 }],
    ["64_9216_128_auxk_epoch_50.pth", { k: 64, n: 9216, auxk: 128, epochs: 50 }],
    ["16_3072_32_auxk_csLG_epoch_88.pth", { domain: "csLG", k: 16, n: 3072, auxk: 32, epochs: 88 }],
    [
      "16_3072_24_auxk_epoch_astroPH_old_50.pth",
      { domain: "astroPH", k: 16, n: 3072, auxk: 24, epochs: 50 },
    ],
    [
      "16_3072_32_auxk_astroPH_epoch_50.pth",
      { domain: "astroPH", k: 16, n: 3072, auxk: 32, epochs: 50 },
    ],
    ["init.pth", {}],
    ["sae.safetensors", {}],
    ["64_9216.pth", {}],
    ["csLG_64.pth", {}],
    ["topk_indices_64_9216_x.npy", {}],
  ];
  for (const [name, expected] of cases) t.deepEqual(parseCheckpointName(name), expected, name);
});

test("an SAE written as safetensors is read back bit for bit, with its metadata", async (t) => {
  const path = join(await folder(), "sae.safetensors");
  const sae = randomSae(24, 5, 3, 1);
  await saveSae(path, sae, { auxk: 6, seed: 7 });
  t.deepEqual(await loadSae(path), sae);
  const { metadata } = await readCheckpoint(path);
  t.deepEqual(metadata, {
    auxk: "6",
    seed: "7",
    k: "3",
    activation: "topk",
    format: "feature-families sae 1",
  });
  t.is((await loadSae(path, { k: 10 })).k, 10);
  await t.throwsAsync(loadSae(path, { k: 25 }), {
    instanceOf: RangeError,
    message: /k must be a whole number from 1 to n 24, got 25/,
  });
});

test("saving the same SAE twice gives the same bytes", async (t) => {
  const path = join(await folder(), "sae.safetensors");
  await saveSae(path, randomSae(8, 3, 2, 1), { auxk: 4 });
  const first = await readFile(path);
  await saveSae(path, randomSae(8, 3, 2, 1), { auxk: 4 });
  t.deepEqual(await readFile(path), first);
});

test("a released checkpoint is read with sizes from its shapes and k from its name", async (t) => {
  const path = sharedPath("reference/csLG_16_1024_32.pth");
  if (path === undefined) {
    t.log("skipped: ../shared/reference is not here");
    t.pass();
    return;
  }
  const { sae, name } = await readCheckpoint(path);
  t.like(sae, { k: 16, n: 1024, d: 128, activation: { kind: "topk" } });
  t.deepEqual(name, { domain: "csLG", k: 16, n: 1024, auxk: 32 });
  // decoder rows are of unit length only if the transposed layout is read right
  t.true(rowNorms(sae.decoder).every((norm) => Math.abs(norm - 1) < 1e-5));
  const cosines = encoderDecoderCosine(sae);
  t.true(Math.abs(cosines.reduce((sum, c) => sum + c, 0) / 1024 - 0.92736) < 1e-4);
});

test("k is asked for where the name does not tell it, and a wrong n in the name is refused", async (t) => {
  const source = sharedPath("reference/csLG_8_512_16.pth");
  if (source === undefined) {
    t.log("skipped: ../shared/reference is not here");
    t.pass();
    return;
  }
  const dir = await folder();
  const plain = join(dir, "model.pth");
  await copyFile(source, plain);
  await t.throwsAsync(loadSae(plain), {
    name: "FormatError",
    message: /model\.pth: k is in neither the file name nor the metadata: pass k/,
  });
  t.is((await loadSae(plain, { k: 8 })).k, 8);
  const wrong = join(dir, "csLG_8_1024_16.pth");
  await copyFile(source, wrong);
  await t.throwsAsync(loadSae(wrong), {
    message: /its name declares n 1024, but its weights have 512 latents/,
  });
  t.is((await loadSae(wrong, { k: 8 })).n, 512);
});

test("checkpoints of other formats are refused, naming what they hold", async (t) => {
  const cases: [string, RegExp][] = [
    ["villes_sae.pth", /not a known kind of SAE: found the tensors W_enc.*no cfg\.json.*--format/],
    ["lpips_v0.1_alex.pth", /not a known kind of SAE/],
    ["whole_module_pickle.pt", /./],
  ];
  for (const [file, message] of cases) {
    const path = sharedPath(`data/checkpoints/${file}`);
    if (path === undefined) t.log(`skipped: ../shared/data/checkpoints/${file} is not here`);
    else await t.throwsAsync(loadSae(path, { k: 4 }), { name: "FormatError", message });
  }
  t.pass();
});

test("shapes that do not fit, missing tensors and values that are no numbers are refused", async (t) => {
  const path = join(await folder(), "sae_2_4_8.safetensors");
  const good = {
    pre_bias: { shape: [3], data: new Float32Array(3) },
    latent_bias: { shape: [4], data: new Float32Array(4) },
    "encoder.weight": { shape: [4, 3], data: new Float32Array(12) },
    "decoder.weight": { shape: [3, 4], data: new Float32Array(12) },
  };
  const refused = async (change: object, message: RegExp): Promise<void> => {
    const tensors = Object.entries({ ...good, ...change }).filter(([, value]) => value);
    await writeSafetensors(path, new Map(tensors as [string, (typeof good)["pre_bias"]][]));
    await t.throwsAsync(loadSae(path), { name: "FormatError", message });
  };
  await refused(
    { "decoder.weight": { shape: [4, 3], data: new Float32Array(12) } },
    /decoder\.weight has shape \(4, 3\), expected \(3, 4\)/,
  );
  await refused(
    { pre_bias: { shape: [4], data: new Float32Array(4) } },
    /pre_bias has shape \(4\)/,
  );
  await refused(
    { "encoder.weight": { shape: [12], data: new Float32Array(12) } },
    /encoder\.weight/,
  );
  await refused(
    { latent_bias: undefined },
    /found the tensors decoder\.weight, encoder\.weight, pre_bias/,
  );
  await refused(
    { "encoder.bias": { shape: [4], data: new Float32Array(4) } },
    /not a known kind of SAE: .*encoder\.bias/,
  );
  await refused(
    { pre_bias: { shape: [3], data: Float32Array.of(0, NaN, 0) } },
    /pre_bias contains NaN/,
  );
});

test("files that are no checkpoint are refused, naming the file", async (t) => {
  const path = join(await folder(), "x_1_2_3.pth");
  for (const bytes of [
    [],
    [0x50, 0x4b, 3, 4],
    [0x80],
    Array.from("not a checkpoint", (c) => c.charCodeAt(0)),
  ]) {
    await writeFile(path, Uint8Array.from(bytes));
    await t.throwsAsync(loadSae(path), { name: "FormatError", message: /x_1_2_3\.pth/ });
  }
  await t.throwsAsync(loadSae(`${path}.none`), { name: "FormatError" });
});
