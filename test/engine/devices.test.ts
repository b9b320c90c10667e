import test from "ava";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Codes } from "../../src/core/index.js";
import {
  type DeviceReport,
  type Neighbours,
  openEngine,
  probeDevices,
  trainerOf,
} from "../../src/engine/index.js";
import { createOnnxEngine } from "../../src/engine/onnx/index.js";
import { chooseDevice, seesGpu } from "../../src/engine/probe/index.js";
import { randomEmbeddings, randomSae } from "../support/embeddings.js";
import { inFolder } from "../support/folder.js";

const HANG = "await new Promise(() => setInterval(() => undefined, 1000));";
const gpus = probeDevices({ devices: ["webgpu", "cuda"] });

test("the CPU is found, with its rate", async (t) => {
  const [cpu] = await probeDevices({ devices: ["cpu"] });
  t.true(cpu.available);
  t.regex(cpu.reason, /onnxruntime-node \d+\.\d+\.\d+, \d+ cores/);
  t.true((cpu.gflops ?? 0) > 0);
});

test("a GPU that is not there is reported with a reason, not thrown", async (t) => {
  const reports = await gpus;
  t.deepEqual(
    reports.map(({ device }) => device),
    ["webgpu", "cuda"],
  );
  for (const { device, available, reason } of reports) {
    t.log(`${device}: ${reason}`);
    t.not(reason, "");
    if (available) continue;
    await t.throwsAsync(openEngine(device), { message: new RegExp(`${device} cannot be used: `) });
  }
});

test.serial("a device that does not answer in time is given up", async (t) => {
  await gpus;
  // The process that tries the device hangs before it begins.
  const { NODE_OPTIONS: options } = process.env;
  process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(HANG)}`;
  const probing = probeDevices({ devices: ["webgpu"], timeout: 1 });
  const [report] = await probing.finally(() => {
    if (options === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = options;
  });
  t.false(report.available);
  t.regex(report.reason, /no answer within 0.001 s/);
});

test("auto ends on the CPU where the system shows no GPU", async (t) => {
  const { device } = await openEngine();
  if (seesGpu()) t.log(`this machine shows a GPU: auto takes ${device}`);
  else t.is(device, "cpu");
  t.pass();
});

test("auto takes CUDA before WebGPU, and a driver in software or none not at all", async (t) => {
  const choose = (webgpu: Partial<DeviceReport>, cuda: Partial<DeviceReport>) => {
    const found = { webgpu, cuda, cpu: {} };
    return chooseDevice((device) =>
      Promise.resolve({ device, available: true, reason: "", ...found[device] }),
    );
  };
  t.is(await choose({}, {}), "cuda");
  t.is(await choose({}, { available: false }), "webgpu");
  t.is(await choose({ software: true }, { available: false }), "cpu");
  t.is(await choose({ available: false }, { available: false }), "cpu");
});

test("WebGPU gives the CPU's codes and nearest rows", async (t) => {
  const [webgpu] = await gpus;
  if (!webgpu.available) {
    t.log(`skipped: ${webgpu.reason}`);
    t.pass();
    return;
  }
  const sae = randomSae(200, 24, 8, 1);
  const x = randomEmbeddings(40, 24, 2);
  const run = async (device: "cpu" | "webgpu"): Promise<{ codes: Codes; nearest: Neighbours }> => {
    const engine = await createOnnxEngine({ device });
    const encoder = await engine.createEncoder(sae);
    const codes = await encoder.encode(x);
    const nearest = await engine.nearest(x, sae.decoder, 5);
    await encoder.dispose();
    return { codes, nearest };
  };
  const expected = await run("cpu");
  const found = await run("webgpu");
  t.deepEqual(found.codes.indices, expected.codes.indices);
  t.deepEqual(found.nearest.indices, expected.nearest.indices);
  t.true(found.codes.values.every((v, i) => Math.abs(v - expected.codes.values[i]) < 1e-4));
  t.true(found.nearest.scores.every((v, i) => Math.abs(v - expected.nearest.scores[i]) < 1e-4));
});

test("where the packages of TensorFlow.js are absent, the error is the one command that installs them", async (t) => {
  await inFolder(async (folder) => {
    // Away from this project's node_modules.
    await writeFile(path.join(folder, "package.json"), '{"type":"module"}');
    const backend = "engine/tensorflow/tensorflow-backend.js";
    for (const file of [backend, "engine/webgpu/dawn.js", "core/once.js"]) {
      await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
      await copyFile(path.join("build/src", file), path.join(folder, file));
    }
    const { openTensorflow } = (await import(
      path.join(folder, backend)
    )) as typeof import("../../src/engine/tensorflow/tensorflow-backend.js");
    const core = "npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-";
    for (const [device, command] of [
      ["webgpu", `${core}webgpu webgpu`],
      ["cpu", `${core}cpu`],
      ["cuda", "npm install @tensorflow/tfjs-node-gpu"],
    ] as const) {
      await t.throwsAsync(openTensorflow(device), {
        message: `tensorflow: the packages for ${device} are not installed: ${command}`,
      });
    }
  });
});

test("TensorFlow.js on CUDA names the one command that installs it, where it is absent", async (t) => {
  const opened = await openEngine("tensorflow-cuda").then(
    ({ description }) => description,
    (error: unknown) => (error as Error).message,
  );
  t.log(opened);
  t.regex(opened, /npm install @tensorflow\/tfjs-node-gpu$|, CUDA$|sees no CUDA device/);
  t.throws(() => trainerOf("cuda"), { instanceOf: RangeError, message: /use tensorflow-cuda/ });
});
