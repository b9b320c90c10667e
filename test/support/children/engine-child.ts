import { isDeepStrictEqual } from "node:util";
import { type Codes, matrixRows } from "../../../src/core/index.js";
import {
  type Engine,
  type EngineName,
  type Neighbours,
  type StepReport,
  ENGINE_NAMES,
  openEngine,
  trainerOf,
} from "../../../src/engine/index.js";
import { createOnnxEngine } from "../../../src/engine/onnx/index.js";
import { createKernelTrainer, initialState } from "../../../src/engine/kernels/index.js";
import { readNpyMatrix } from "../../../src/files/index.js";
import { loadSae } from "../../../src/sae/index.js";
import { activationVariants, randomEmbeddings, randomSae } from "../embeddings.js";
import { campaign } from "../campaign.js";
import { sharedPath } from "../shared.js";

/** What every engine is asked for. */
export interface EngineResult {
  description: string;
  /** Codes of seeded SAEs, one for each activation. */
  seeded: Record<string, Codes>;
  /** Whether two calls at the same time gave the same codes, for each of them. */
  together: boolean;
  /** Equal pre-activations, by ascending latent. */
  ties: number[];
  nearest: Neighbours;
  /** Message of the error for more active latents than slots. */
  overflow: string;
  /** Codes of the reference SAE, where ../shared is there. */
  reference?: Codes;
  /**
   * 20 steps (5 by TensorFlow.js, which takes up to 4 s per step, unless the tests run at full length): of the reference
   * run where ../shared is there, else of seeded data. None where it does not train.
   */
  steps?: StepReport[];
  /** Sum of the squared errors of the last batch after them, and the encoder's first row. */
  error?: number;
  firstRow?: number[];
  /** Tensors that TensorFlow.js holds after everything, less those before. */
  leaked?: number;
}

/** Rows of the reference that are encoded. */
export const ROWS = 256;
export const STEPS = 20;

async function encodeSome(engine: Engine): Promise<Omit<EngineResult, "description">> {
  const x = randomEmbeddings(40, 24, 2);
  const seeded: Record<string, Codes> = {};
  let together = true;
  for (const [kind, sae] of Object.entries(activationVariants(200, 24, 1))) {
    const encoder = await engine.createEncoder(sae);
    const [codes, again] = await Promise.all([encoder.encode(x), encoder.encode(x)]);
    seeded[kind] = codes;
    together &&= isDeepStrictEqual(codes, again);
    await encoder.dispose();
  }
  const relu = { ...activationVariants(200, 24, 1).relu, k: 2 };
  const narrow = await engine.createEncoder(relu);
  const overflow = await narrow.encode(x).then(
    () => "none",
    (error: unknown) => (error as Error).message,
  );
  await narrow.dispose();
  const flat = await engine.createEncoder({
    encoder: { rows: 300, cols: 1, data: new Float32Array(300).fill(1) },
    preBias: new Float32Array(1),
    latentBias: Float32Array.from({ length: 300 }, (_, i) => i % 3),
    k: 5,
  });
  const ties = await flat.encode({ rows: 1, cols: 1, data: Float32Array.of(1) });
  await flat.dispose();
  const nearest = await engine.nearest(x, randomSae(200, 24, 8, 1).decoder, 5);
  return {
    seeded,
    together,
    nearest,
    overflow,
    ties: [...ties.indices],
    ...(await encodeReference(engine)),
  };
}

async function encodeReference(engine: Engine): Promise<{ reference?: Codes }> {
  const embeddings = sharedPath("reference/abstract_embeddings.npy");
  const file = sharedPath("reference/csLG_8_512_16.pth");
  if (!embeddings || !file) return {};
  const encoder = await engine.createEncoder(await loadSae(file, { k: 8 }));
  const reference = await encoder.encode(matrixRows(await readNpyMatrix(embeddings), 0, ROWS));
  await encoder.dispose();
  return { reference };
}

async function trainSome(
  name: EngineName,
): Promise<Pick<EngineResult, "steps" | "error" | "firstRow">> {
  if (name === "webgpu" || name === "cuda") return {};
  const file = sharedPath("reference/training/init.pth");
  const embeddings = sharedPath("reference/abstract_embeddings.npy");
  const sae = file ? await loadSae(file, { k: 4 }) : randomSae(96, 24, 4, 3);
  const rows = embeddings ? await readNpyMatrix(embeddings) : randomEmbeddings(6000, 24, 4);
  const batch = (step: number) => matrixRows(rows, step * 256, (step + 1) * 256);
  const create = trainerOf(name) ?? createKernelTrainer;
  const trainer = await create(initialState(sae), {
    k: 4,
    auxk: 8,
    auxkCoef: 1 / 32,
    multikCoef: 0,
    clip: 1,
    deadSteps: 3,
  });
  const steps: StepReport[] = [];
  const count = name.startsWith("tensorflow") ? campaign(STEPS, 5) : STEPS;
  for (let i = 0; i < count; i++) {
    const running = trainer.step(batch(i), 1e-3);
    trainer.prepare?.(batch(i + 1));
    steps.push(await running);
  }
  // Weights after fewer steps are not those of the others.
  if (count < STEPS) {
    await trainer.squaredError(batch(0));
    await trainer.dispose();
    return { steps };
  }
  const error = await trainer.squaredError(batch(STEPS - 1));
  const { parameters } = await trainer.readState();
  await trainer.dispose();
  return { steps, error, firstRow: [...matrixRows(parameters.encoder, 0, 1).data] };
}

/** ONNX Runtime's WebGPU, which openEngine leaves aside where the package webgpu is installed. */
export const ONNX_WEBGPU = "onnxruntime-webgpu";

/** Does all of it on one engine. */
export async function runEngine(name: EngineName | typeof ONNX_WEBGPU): Promise<EngineResult> {
  const engine = await (name === ONNX_WEBGPU
    ? createOnnxEngine({ device: "webgpu" })
    : openEngine(name));
  const tensors = name.startsWith("tensorflow")
    ? async (): Promise<number> => (await import("@tensorflow/tfjs-core")).memory().numTensors
    : undefined;
  const before = await tensors?.();
  const encoded = await encodeSome(engine);
  const trained = name === ONNX_WEBGPU ? {} : await trainSome(name);
  await engine.dispose();
  const after = await tensors?.();
  const leaked = after === undefined ? undefined : after - (before ?? 0);
  return { description: engine.description, ...encoded, ...trained, leaked };
}

// Run as a program by agreement.test.ts: an engine a process, since a software driver may crash or hang it.
const asked = ([...ENGINE_NAMES, ONNX_WEBGPU] as const).find((name) => name === process.argv[2]);
if (process.send && asked !== undefined) {
  void runEngine(asked)
    .then(
      (result) => ({ result }),
      (error: unknown) => ({ reason: error instanceof Error ? error.message : String(error) }),
    )
    .then((answer) => process.send?.(answer, () => process.exit()));
}
