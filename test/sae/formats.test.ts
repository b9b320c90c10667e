import test from "ava";
import { readFileSync } from "node:fs";
import { cp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Codes, createMatrix } from "../../src/core/index.js";
import { openEngine } from "../../src/engine/index.js";
import { writeSafetensors } from "../../src/files/index.js";
import {
  decodeCodes,
  encodeEmbeddings,
  loadSae,
  readCheckpoint,
  saveSae,
} from "../../src/sae/index.js";
import { inFolder } from "../support/folder.js";
import { sharedPath } from "../support/shared.js";

const FIXTURES = "test/fixtures/saes";

interface Case {
  z: number[][];
  out: number[][];
  format: string;
  options?: { scale?: number };
}

const { x, cases } = JSON.parse(readFileSync(path.join(FIXTURES, "expected.json"), "utf8")) as {
  x: number[][];
  cases: Record<string, Case>;
};
const embeddings = createMatrix(x.length, x[0].length, Float32Array.from(x.flat()));

function largestDifference(got: ArrayLike<number>, expected: number[][]): number {
  const flat = expected.flat();
  let most = got.length === flat.length ? 0 : Infinity;
  flat.forEach((value, i) => (most = Math.max(most, Math.abs(got[i] - value))));
  return most;
}

function dense(codes: Codes): Float32Array {
  const out = new Float32Array(codes.rows * codes.n);
  for (let s = 0; s < codes.indices.length; s++) {
    out[Math.floor(s / codes.k) * codes.n + codes.indices[s]] = codes.values[s];
  }
  return out;
}

for (const [name, { z, out, format, options }] of Object.entries(cases)) {
  test(`${name} encodes and decodes as its format defines`, async (t) => {
    const engine = await openEngine("cpu");
    try {
      const checkpoint = await readCheckpoint(path.join(FIXTURES, name), options);
      t.is(checkpoint.format, format);
      const codes = await encodeEmbeddings(checkpoint.sae, embeddings, { engine });
      t.true(largestDifference(dense(codes), z) < 1e-5, "activations");
      const decoded = decodeCodes(checkpoint.sae, codes, embeddings);
      t.true(largestDifference(decoded.data, out) < 1e-5, "reconstruction");
      await inFolder(async (folder) => {
        const copy = path.join(folder, "copy.safetensors");
        await saveSae(copy, checkpoint.sae);
        t.deepEqual(await loadSae(copy), checkpoint.sae, "our own file gives the same bits");
      });
    } finally {
      await engine.dispose();
    }
  });
}

/** A copy of a fixture's folder with its configuration changed. */
async function withConfig(
  fixture: string,
  change: Record<string, unknown> | undefined,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await cp(path.join(FIXTURES, fixture), folder, { recursive: true });
    const name = fixture.startsWith("dl-") ? "config.json" : "cfg.json";
    const file = path.join(folder, name);
    if (change === undefined) await rm(file);
    else {
      const config = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
      await writeFile(file, JSON.stringify({ ...config, ...change }));
    }
    await use(folder);
  });
}

const refused: [string, Record<string, unknown> | undefined, RegExp][] = [
  ["saelens-topk", { architecture: "transcoder" }, /expected the architecture .* got "transcoder"/],
  ["saelens-topk", { d_sae: 11 }, /declares d_sae 11, but W_enc in the weights is \[6, 10\]/],
  ["saelens-topk", { k: undefined }, /expected a whole number above 0 as k, got nothing/],
  ["saelens-topk", { normalize_activations: "batch" }, /unknown normalize_activations "batch"/],
  ["saelens-expected-average", {}, /does not record the factor: pass it as --scale/],
  ["saelens-topk", { apply_b_dec_to_input: "yes" }, /expected true or false/],
  ["saelens-topk", undefined, /no cfg\.json or config\.json next to it.*--format/],
  ["sparsify", { skip_connection: true }, /skip connection/],
  ["sparsify", { signed: true }, /signed/],
  ["sparsify", { activation: "groupmax" }, /expected the activation topk, got "groupmax"/],
  ["sparsify", { num_latents: 12 }, /declares 12 latents, but encoder\.weight is \[10, 6\]/],
  ["sparsify", { num_latents: 0, expansion_factor: 32 }, /declares 192 latents/],
  ["dl-topk", { trainer: { dict_class: "Crosscoder" } }, /unknown dict_class "Crosscoder"/],
  ["dl-topk", { trainer: { dict_class: "constructor" } }, /unknown dict_class "constructor"/],
  [
    "saelens-topk",
    { normalize_activations: "toString" },
    /unknown normalize_activations "toString"/,
  ],
  ["dl-batchtopk", undefined, /not a known kind of SAE/],
];

for (const [fixture, change, message] of refused) {
  test(`${fixture} with ${JSON.stringify(change) ?? "no configuration"} is refused`, async (t) => {
    await withConfig(fixture, change, async (folder) => {
      await t.throwsAsync(loadSae(folder), { name: "FormatError", message });
    });
  });
}

test("a class that a file alone cannot tell is taken from the asked format", async (t) => {
  await withConfig("dl-batchtopk", undefined, async (folder) => {
    const asBatch = await loadSae(folder, { format: "dictionary-learning/BatchTopKSAE" });
    t.is(asBatch.activation.kind, "jumprelu");
    const asTopK = await loadSae(folder, { format: "dictionary-learning/AutoEncoderTopK" });
    t.is(asTopK.activation.kind, "topk");
    await t.throwsAsync(loadSae(folder, { format: "dictionary-learning" }), {
      message: /pass --format dictionary-learning\/CLASS/,
    });
  });
  await t.throwsAsync(loadSae(path.join(FIXTURES, "dl-topk"), { format: "keras" }), {
    instanceOf: RangeError,
    message: /expected one of feature-families, .* got "keras"/,
  });
});

test("a threshold that was never set makes no ReLU of a batch-top-k SAE, and says so", async (t) => {
  const { sae, notes } = await readCheckpoint(path.join(FIXTURES, "dl-batchtopk-unset"));
  t.deepEqual([sae.activation.kind, sae.k], ["topk", 3]);
  t.regex(notes.join(), /threshold was never set \(-1\)/);
});

test("square weights without a declared layout are refused and read where it is declared", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "square.safetensors");
    const data = Float32Array.from({ length: 16 }, (_, i) => i);
    await writeSafetensors(
      file,
      new Map([
        ["W_enc", { shape: [4, 4], data }],
        ["W_dec", { shape: [4, 4], data }],
        ["b_enc", { shape: [4], data: new Float32Array(4) }],
        ["b_dec", { shape: [4], data: new Float32Array(4) }],
      ]),
    );
    await t.throwsAsync(loadSae(file), { name: "FormatError", message: /--format/ });
    const sae = await loadSae(file, { format: "saelens" });
    t.deepEqual([...sae.encoder.data.subarray(0, 4)], [0, 4, 8, 12], "W_enc lies as [d, n]");
  });
});

test("a document with more active latents than there is room for is refused, not cut", async (t) => {
  const engine = await openEngine("cpu");
  try {
    const sae = await loadSae(path.join(FIXTURES, "saelens-standard"), { k: 2 });
    await t.throwsAsync(encodeEmbeddings(sae, embeddings, { engine }), {
      instanceOf: RangeError,
      message:
        /has \d active latents, but codes have room for only 2 per document: pass a k of at least/,
    });
  } finally {
    await engine.dispose();
  }
});

test("an SAE that reads normalised rows needs them to decode", async (t) => {
  const sae = await loadSae(path.join(FIXTURES, "saelens-layer-norm"));
  const codes = { rows: 1, k: 1, n: 10, indices: Uint32Array.of(0), values: Float32Array.of(1) };
  t.throws(() => decodeCodes(sae, codes), { instanceOf: RangeError, message: /layer-norm/ });
});

test("tensors that nothing is made of are told", async (t) => {
  const { tensors, notes } = await readCheckpoint(path.join(FIXTURES, "prismadb/sae.pt"));
  t.deepEqual(
    tensors.filter(({ used }) => !used).map(({ name }) => name),
    ["epoch_on_count"],
  );
  t.deepEqual(notes, []);
});

test("a real SAELens folder is read by its own configuration", async (t) => {
  const folder = sharedPath("data/checkpoints/saelens_relu");
  if (folder === undefined) {
    t.log("skipped: ../shared/data/checkpoints is not here");
    t.pass();
    return;
  }
  const { sae, format } = await readCheckpoint(folder);
  t.is(format, "saelens");
  t.like(sae, { d: 128, n: 128, activation: { kind: "relu" }, normalisation: { kind: "none" } });
  t.true(
    sae.preBias.every((value) => value === 0),
    "apply_b_dec_to_input is false",
  );
  const ville = sharedPath("data/checkpoints/villes_sae.pth");
  if (ville) t.like(await loadSae(ville, { format: "saelens" }), { d: 128, n: 256 });
});

test("k of a SAELens configuration counts beside tensors that do not say what keeps latents", async (t) => {
  const cases: [change: Record<string, unknown>, kind: string, k: number][] = [
    [{ k: 3 }, "relu", 3],
    [{ activation_fn: "relu", k: 3 }, "relu", 3],
    [{ architecture: undefined, k: 3 }, "topk", 3],
    [{ architecture: undefined, activation_fn_kwargs: { k: 4 } }, "topk", 4],
    [{ architecture: "topk", k: 3 }, "topk", 3],
    [{}, "relu", 10],
  ];
  for (const [change, kind, k] of cases) {
    await withConfig("saelens-standard", change, async (folder) => {
      const sae = await loadSae(folder);
      t.deepEqual([sae.activation.kind, sae.k], [kind, k], JSON.stringify(change));
    });
  }
});
