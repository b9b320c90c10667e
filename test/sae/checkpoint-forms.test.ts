import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { FormatError, transpose } from "../../src/core/index.js";
import {
  type TorchContent,
  encodeSafetensors,
  writeSafetensors,
  writeTorchState,
} from "../../src/files/index.js";
import { type Sae, loadSae, parseCheckpointName, readCheckpoint } from "../../src/sae/index.js";
import { randomSae } from "../support/embeddings.js";
import { inFolder } from "../support/folder.js";
import { int, makePickle, tensor, text } from "../support/pickle.js";
import { makeZip } from "../support/zip.js";

const sae = randomSae(24, 5, 3, 1);
const { n, d } = sae;
const tensors = new Map<string, TorchContent>([
  ["pre_bias", { shape: [d], data: sae.preBias }],
  ["latent_bias", { shape: [n], data: sae.latentBias }],
  ["encoder.weight", { shape: [n, d], data: sae.encoder.data }],
  ["decoder.weight", { shape: [d, n], data: transpose(sae.decoder).data }],
]);
const prefixed = (prefix: string): Map<string, TorchContent> =>
  new Map([...tensors].map(([name, content]) => [prefix + name, content]));

/** The weights of `sae`, read from a file with the paper's tensors alone. */
const expected = (read: Sae): boolean =>
  ["encoder", "decoder"].every((name) => {
    const key = name as "encoder" | "decoder";
    return Buffer.from(read[key].data.buffer).equals(Buffer.from(sae[key].data.buffer));
  });

test("words that wrappers put before every tensor's name are left out", (t) =>
  inFolder(async (folder) => {
    const words = [
      "_orig_mod.",
      "module.",
      "_orig_mod.module.",
      "module._orig_mod.",
      "sae.",
      "a.b.",
    ];
    for (const word of words) {
      const torch = join(folder, `csLG_3_24_6.pth`);
      await writeTorchState(torch, prefixed(word));
      const { sae: read, notes, format } = await readCheckpoint(torch);
      t.deepEqual([expected(read), read.k, format], [true, 3, "saerch"], word);
      t.deepEqual(notes, [`tensor names are read without "${word}"`]);
      const file = join(folder, "model.safetensors");
      await writeSafetensors(file, prefixed(word), { k: "3" });
      t.true(expected(await loadSae(file)));
    }
    const mixed = join(folder, "mixed.safetensors");
    await writeSafetensors(mixed, new Map([...prefixed("sae."), ...[...tensors].slice(0, 1)]));
    await t.throwsAsync(loadSae(mixed, { k: 3 }), { message: /found the tensors.*sae\.pre_bias/ });
  }));

test("the paper's tensors are read whatever the metadata of a .safetensors says of its maker", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "cs_LG_3_24_6.safetensors");
    for (const metadata of [{ format: "pt" }, { format: "np", made: "by hand" }, {}]) {
      await writeSafetensors(file, tensors, metadata as Record<string, string>);
      const read = await loadSae(file);
      t.deepEqual([expected(read), read.k], [true, 3]);
    }
    const [head, ...values] = encodeSafetensors(tensors);
    const json = Buffer.from(head).subarray(8).toString().trim();
    const text = `{"__metadata__":null,${json.slice(1)}`;
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    await writeFile(file, Buffer.concat([length, Buffer.from(text), ...values]));
    t.true(expected(await loadSae(file)));
  }));

test("a folder with model.safetensors and config.json is read, k from the configuration", (t) =>
  inFolder(async (folder) => {
    await writeSafetensors(join(folder, "model.safetensors"), tensors, { format: "pt" });
    await writeFile(join(folder, "config.json"), '{"k": 3, "model_type": "sae"}');
    for (const input of [folder, join(folder, "config.json"), join(folder, "model.safetensors")]) {
      const read = await loadSae(input);
      t.deepEqual([expected(read), read.k], [true, 3]);
    }
  }));

test("shards with an index are read as one checkpoint", (t) =>
  inFolder(async (folder) => {
    const shards = join(folder, "sharded");
    await mkdir(shards);
    const weight_map: Record<string, string> = {};
    let i = 0;
    for (const [name, content] of prefixed("sae.")) {
      weight_map[name] = `model-0000${++i}-of-00004.safetensors`;
      await writeSafetensors(join(shards, weight_map[name]), new Map([[name, content]]));
    }
    const index = join(shards, "model.safetensors.index.json");
    await writeFile(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map }));
    await writeFile(join(shards, "config.json"), '{"k": 3}');
    for (const input of [shards, index]) {
      const read = await loadSae(input);
      t.deepEqual([expected(read), read.k], [true, 3]);
    }
    for (const map of [{ a: "../up.safetensors" }, {}, { a: 3 }]) {
      await writeFile(index, JSON.stringify({ weight_map: map }));
      await t.throwsAsync(loadSae(shards), {
        instanceOf: FormatError,
        message: /index\.json: expected a weight_map from tensors to files beside it/,
      });
    }
  }));

const zip = (pickle: Uint8Array, storages: [string, number][] = [["0", 4]]): Uint8Array =>
  makeZip([
    { name: "a/data.pkl", content: pickle },
    ...storages.map(([key, count]) => ({
      name: `a/data/${key}`,
      content: new Uint8Array(Float32Array.from({ length: count }, (_, i) => i + 1).buffer),
    })),
  ]);

const saerch = [
  ...[text("pre_bias"), tensor(4, 0, [1], [1]), text("latent_bias"), tensor(4, 0, [4], [1])],
  ...[text("encoder.weight"), tensor(4, 0, [4, 1], [1, 1])],
  ...[text("decoder.weight"), tensor(4, 0, [1, 4], [4, 1])],
];

test("the tensors of a dict inside a training checkpoint are read, and k beside them", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "last.pt");
    const state = ["}(", ...saerch, text("k"), int(2), "u"];
    await writeFile(
      file,
      zip(makePickle("}(", text("epoch"), int(7), text("model_state_dict"), ...state, "u")),
    );
    const read = await loadSae(file);
    t.deepEqual([read.k, read.n, read.d, [...read.encoder.data]], [2, 4, 1, [1, 2, 3, 4]]);
  }));

test("objects beside the tensors are refused with the way to save the tensors alone", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "args.pt");
    const beside: Record<string, string> = {
      "numpy scalar": "cnumpy.core.multiarray\nscalar\n",
      "newer numpy scalar": "cnumpy._core.multiarray\nscalar\n",
      Namespace: "cargparse\nNamespace\n)\x81",
      Path: "cpathlib\nPosixPath\n",
      "own class": "cmy.module\nConfig\n",
    };
    for (const [name, object] of Object.entries(beside)) {
      await writeFile(file, zip(makePickle("}(", ...saerch, text("args"), object, "u")));
      const error = await t.throwsAsync(loadSae(file, { k: 2 }), { instanceOf: FormatError }, name);
      t.regex(
        error.message,
        /args\.pt: refused the global .*nothing was run; if you trust the file/,
      );
      t.regex(error.message, /torch\.save\(\{k: v for k, v in torch\.load\(/);
      t.notRegex(error.message, /\n/);
    }
  }));

test("an entry that contains itself, or is 100,000 deep, is shown cut", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "oa.pt");
    const open = (entry: string): Uint8Array =>
      zip(makePickle("}(", ...saerch, text("activation"), entry, "u"));
    const own = "]q\x01h\x01a";
    const deep = `${"]".repeat(100_000)}${"a".repeat(99_999)}`;
    const map = `}q\x01X\x01\0\0\0ah\x01s`;
    for (const entry of [own, deep, map]) {
      await writeFile(file, open(entry));
      const error = await t.throwsAsync(loadSae(file, { k: 2 }), { instanceOf: FormatError });
      t.regex(error.message, /oa\.pt: expected the activation ReLU or TopK, got [[{]/);
      t.true(error.message.length < file.length + 200);
    }
    const beside = zip(makePickle("}(", ...saerch, text("history"), own, text("log"), deep, "u"));
    await writeFile(file, beside);
    t.is((await loadSae(file, { k: 2 })).n, 4);
  }));

test("a tensor whose bytes are not those of its checksum is refused, naming the entry", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "csLG_2_4_8.pth");
    const good = Buffer.from(zip(makePickle("}(", ...saerch, "u")));
    const at = good.indexOf(Buffer.from(Float32Array.of(1, 2, 3, 4).buffer));
    const bad = Buffer.from(good);
    bad[at] ^= 1;
    await writeFile(file, bad);
    await t.throwsAsync(loadSae(file), {
      message: /csLG_2_4_8\.pth: zip entry "a\/data\/0" is damaged: its checksum differs/,
    });
    const pickle = Buffer.from(good);
    pickle[good.indexOf("pre_bias")] ^= 1;
    await writeFile(file, pickle);
    await t.throwsAsync(loadSae(file), { message: /zip entry "a\/data\.pkl" is damaged/ });
    await writeFile(file, good);
    t.is((await loadSae(file)).n, 4);
  }));

test("a domain may hold underscores and end in a number", (t) => {
  t.deepEqual(parseCheckpointName("astro_ph_64_9216_128.pth"), {
    domain: "astro_ph",
    k: 64,
    n: 9216,
    auxk: 128,
  });
  t.deepEqual(parseCheckpointName("cs_2020_64_9216.pth"), { domain: "cs_2020", k: 64, n: 9216 });
  for (const name of ["a_b_c_4_64_8_epoch_50.pth", "a_b_c_4_64_8_auxk_epoch_50.pth"]) {
    t.deepEqual(parseCheckpointName(name), { domain: "a_b_c", k: 4, n: 64, auxk: 8, epochs: 50 });
  }
  t.deepEqual(parseCheckpointName("4_64_8_auxk_a_b_epoch_50.pth"), {
    ...{ domain: "a_b", k: 4, n: 64, auxk: 8, epochs: 50 },
  });
  t.deepEqual(parseCheckpointName("cs_4_64_epoch_9.pth"), {
    ...{ domain: "cs", k: 4, n: 64, epochs: 9 },
  });
  t.deepEqual(parseCheckpointName("my_own_v2_8_512.pt"), { domain: "my_own_v2", k: 8, n: 512 });
});
