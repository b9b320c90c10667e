import { existsSync } from "node:fs";
import path from "node:path";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { z } from "zod";
import { ArgumentError, FormatError } from "../../core/errors.js";
import { shown } from "../../core/shown.js";
import { normalizeRows } from "../../core/matrix.js";
import { type OnnxModule, SESSION_SETTINGS, loadOnnx } from "../../engine/onnx/onnx-session.js";
import { sha256File } from "../../files/atomic-file.js";
import { checkJson } from "../../files/check-json.js";
import { readCheckedJson } from "../../files/checked-json.js";
import { readJson } from "../../files/json.js";
import type { Embedder } from "../embedder.js";
import { POOLINGS, type Pooling, poolTokens } from "./pooling.js";
import { runInBatches } from "./token-batches.js";
import { ownValue } from "../../core/collections.js";

/** Where a folder may hold its model, in order of precedence. */
const MODELS = ["model.onnx", "onnx/model.onnx"];
/** Tokens read of a text where the folder's files do not say how many. */
const MOST_TOKENS = 512;
/** Of `last_hidden_state` and `token_embeddings` the vectors of a text's tokens are pooled; the first is pooled already. */
const OUTPUTS = ["sentence_embedding", "last_hidden_state", "token_embeddings"];

/** The part of a tokenizer that is used: the package's own types do not resolve under Node's rules. */
interface Tokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
}

type TokenizerClass = new (tokenizer: object, config: object) => Tokenizer;

/** How texts become embeddings, as the folder's files say. */
interface Recipe {
  pooling: Pooling;
  isUnit: boolean;
  mostTokens: number;
  prompt: string;
}

const lengthSchema = z.object({ max_seq_length: z.int().positive().nullish() });
const tokenizerSchema = z.looseObject({ model_max_length: z.number().optional() });
const modulesSchema = z.array(z.object({ path: z.string(), type: z.string() }));
const poolingSchema = z.record(z.string(), z.unknown());
const promptsSchema = z.object({
  prompts: z.record(z.string(), z.string()).optional(),
  default_prompt_name: z.string().nullish(),
});

/**
 * An embedder from a folder of a model exported to ONNX, as sentence-transformers and the hub's `onnx` folders lay it out:
 * `model.onnx` or `onnx/model.onnx`, `tokenizer.json`, and what there is of `modules.json`, the pooling's `config.json`,
 * `sentence_bert_config.json` and `config_sentence_transformers.json`. `place` is the folder, or one of several .onnx files
 * in it. Without `modules.json` the mean of the tokens is taken, as sentence-transformers does. Its `id` holds the folder's
 * name and a hash of the model. Throws ArgumentError where there is no such model, and FormatError, naming the file, for one
 * that cannot be run as its files say.
 */
export async function openModelFolder(place: string): Promise<Embedder> {
  const { folder, model } = findModel(place);
  const { tokenizer, config } = await readTokenizer(folder);
  const recipe = await readRecipe(folder, config.model_max_length);
  const onnx = await loadOnnx();
  const session = await openSession(onnx, model);
  const encode = createEncoder(tokenizer, recipe, path.join(folder, "tokenizer.json"));
  const run = async (batch: readonly (readonly number[])[]): Promise<Float32Array> => {
    const found = await runBatch(onnx, session, model, batch);
    if (found.dims.length === 2) return found.data as Float32Array;
    const lengths = batch.map((tokens) => tokens.length);
    return poolTokens(recipe.pooling, found.data as Float32Array, lengths, found.dims[2]);
  };
  const d = (await run([encode("width").tokens])).length;
  const hash = (await sha256File(model)).slice(0, 8);
  return {
    id: `onnx:${path.basename(folder)}@${hash}`,
    d,
    parallel: 1,
    async embed(texts, options) {
      const encoded = texts.map(encode);
      options?.onCut?.(encoded.filter(({ isCut }) => isCut).length);
      const tokens = encoded.map((text) => text.tokens);
      const rows = await runInBatches(tokens, d, run, options);
      return recipe.isUnit ? normalizeRows(rows) : rows;
    },
  };
}

function findModel(place: string): { folder: string; model: string } {
  if (!existsSync(place)) throw new ArgumentError(`onnx: no such folder: ${place}`);
  if (!place.endsWith(".onnx")) {
    const model = MODELS.map((name) => path.join(place, name)).find((file) => existsSync(file));
    if (model !== undefined) return { folder: place, model };
    throw new ArgumentError(`onnx: expected ${MODELS.join(" or ")} in ${place}`);
  }
  const near = path.dirname(place);
  const folder = [near, path.dirname(near)].find((dir) =>
    existsSync(path.join(dir, "tokenizer.json")),
  );
  return { folder: folder ?? near, model: place };
}

async function readTokenizer(
  folder: string,
): Promise<{ tokenizer: Tokenizer; config: z.infer<typeof tokenizerSchema> }> {
  const file = path.join(folder, "tokenizer.json");
  if (!existsSync(file)) throw new ArgumentError(`onnx: expected tokenizer.json in ${folder}`);
  const config = (await readOptional(folder, "tokenizer_config.json", tokenizerSchema)) ?? {};
  const content = checkJson(await readJson(file), z.looseObject({}), file);
  const { Tokenizer: Known } = (await import("@huggingface/tokenizers")) as unknown as {
    Tokenizer: TokenizerClass;
  };
  try {
    return { tokenizer: new Known(content, config), config };
  } catch (cause) {
    throw new FormatError(file, `is not a known kind of tokenizer: ${reasonOf(cause)}`, { cause });
  }
}

async function readRecipe(folder: string, tokenizerLength?: number): Promise<Recipe> {
  const lengths = await readOptional(folder, "sentence_bert_config.json", lengthSchema);
  const prompts = await readOptional(folder, "config_sentence_transformers.json", promptsSchema);
  const modules = (await readOptional(folder, "modules.json", modulesSchema)) ?? [];
  const file = path.join(folder, "modules.json");
  let pooling: Pooling = "mean";
  let isUnit = false;
  for (const { type, path: place } of modules) {
    const kind = type.slice(type.lastIndexOf(".") + 1);
    if (kind === "Pooling") pooling = await readPooling(path.join(folder, place, "config.json"));
    else if (kind === "Normalize") isUnit = true;
    else if (kind !== "Transformer") {
      throw new FormatError(file, `expected Transformer, Pooling and Normalize, got ${kind}`);
    }
  }
  // Tokenizers without a limit state one of 10 ** 30.
  const most = lengths?.max_seq_length ?? tokenizerLength ?? MOST_TOKENS;
  const name = prompts?.default_prompt_name ?? undefined;
  return {
    pooling,
    isUnit,
    mostTokens: most < 1e6 ? most : MOST_TOKENS,
    prompt: ownValue(prompts?.prompts ?? {}, name ?? "") ?? "",
  };
}

/** The pooling of a `config.json`, which names it, or has a boolean for each in older versions. */
async function readPooling(file: string): Promise<Pooling> {
  const config = await readCheckedJson(file, poolingSchema);
  const older = Object.entries(config)
    .filter(([key, value]) => key.startsWith("pooling_mode_") && value === true)
    .map(([key]) => key.slice("pooling_mode_".length).replace(/_tokens?$/, ""));
  const named = [config.pooling_mode ?? older].flat().map(String);
  const found = POOLINGS.find((pooling) => named.length === 1 && named[0] === pooling);
  if (found !== undefined) return found;
  throw new FormatError(
    file,
    `expected a pooling of ${POOLINGS.join(", ")}, got ${named.join(" and ") || "none"}`,
  );
}

async function readOptional<T>(
  folder: string,
  name: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const file = path.join(folder, name);
  return existsSync(file) ? readCheckedJson(file, schema) : undefined;
}

/** Cuts a text into tokens; of one that is too long the special tokens at both ends are kept. */
function createEncoder(
  tokenizer: Tokenizer,
  { mostTokens, prompt }: Recipe,
  file: string,
): (text: string) => { tokens: number[]; isCut: boolean } {
  const encode = (text: string, special: boolean): number[] => {
    let ids: unknown[];
    try {
      ({ ids } = tokenizer.encode(text, { add_special_tokens: special }));
    } catch (cause) {
      throw new FormatError(file, `cannot tokenize a text: ${reasonOf(cause)}`, { cause });
    }
    const wrong = ids.findIndex((id) => !Number.isSafeInteger(id));
    if (wrong < 0) return ids as number[];
    throw new FormatError(file, `expected whole numbers as tokens, got ${shown(ids[wrong])}`);
  };
  const [bare, full] = [encode("a", false), encode("a", true)];
  const before = Math.max(0, full.indexOf(bare[0]));
  const after = full.length - before - bare.length;
  return (text) => {
    const tokens = encode(prompt + text, true);
    // A tokenizer without special tokens makes nothing of a blank text.
    if (tokens.length === 0) return { tokens: bare, isCut: false };
    if (tokens.length <= mostTokens) return { tokens, isCut: false };
    const end = after === 0 ? [] : tokens.slice(-after);
    return { tokens: [...tokens.slice(0, mostTokens - after), ...end], isCut: true };
  };
}

async function openSession(onnx: OnnxModule, model: string): Promise<InferenceSession> {
  try {
    return await onnx.InferenceSession.create(model, {
      ...SESSION_SETTINGS,
      executionProviders: ["cpu"],
    });
  } catch (cause) {
    throw new FormatError(model, `ONNX Runtime cannot load it: ${reasonOf(cause)}`, { cause });
  }
}

/** What the model makes of a batch: [texts, d], or [texts, padded, d] before pooling. */
async function runBatch(
  onnx: OnnxModule,
  session: InferenceSession,
  model: string,
  batch: readonly (readonly number[])[],
): Promise<Tensor> {
  const length = Math.max(...batch.map((tokens) => tokens.length));
  const size = batch.length * length;
  const given: Record<string, BigInt64Array> = {
    input_ids: new BigInt64Array(size),
    attention_mask: new BigInt64Array(size),
    token_type_ids: new BigInt64Array(size),
  };
  batch.forEach((tokens, i) => {
    given.input_ids.set(tokens.map(BigInt), i * length);
    given.attention_mask.fill(1n, i * length, i * length + tokens.length);
  });
  const feeds = new Map<string, Tensor>();
  for (const name of session.inputNames) {
    const values = ownValue(given, name);
    if (values === undefined) {
      throw new FormatError(
        model,
        `expected inputs of ${Object.keys(given).join(", ")}, got ${name}`,
      );
    }
    feeds.set(name, new onnx.Tensor("int64", values, [batch.length, length]));
  }
  const name = OUTPUTS.find((known) => session.outputNames.includes(known));
  const outputs = await session.run(Object.fromEntries(feeds)).catch((cause: unknown) => {
    throw new FormatError(model, `ONNX Runtime cannot run it: ${reasonOf(cause)}`, { cause });
  });
  const found = ownValue(outputs, name ?? session.outputNames[0]);
  const isRows = found?.dims.length === 2;
  const isTokens = found?.dims.length === 3 && found.dims[1] === length;
  if (found?.type === "float32" && found.dims[0] === batch.length && (isRows || isTokens)) {
    return found;
  }
  throw new FormatError(
    model,
    `expected float32 [texts, d] or [texts, tokens, d], got ${found?.type} [${found?.dims.join(", ")}]`,
  );
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, 200);
}
