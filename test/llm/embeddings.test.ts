import test from "ava";
import { ApiError, FormatError } from "../../src/core/index.js";
import {
  type EmbeddingModelOptions,
  checkBaseUrl,
  createEmbeddingModel,
  hideSecrets,
  parseRetryAfter,
} from "../../src/llm/index.js";
import {
  type EmbeddingAnswer,
  type EmbeddingRequest,
  type EmbeddingServer,
  startEmbeddingServer,
  vectorOf,
} from "../support/servers/embedding-server.js";
import { startLlmServer } from "../support/servers/llm-server.js";

const KEY = "sk-secretSecret123456";
const well = ({ input }: EmbeddingRequest): EmbeddingAnswer => ({ vectors: input.map(vectorOf) });

async function withServer(
  answer: (request: EmbeddingRequest, number: number) => EmbeddingAnswer,
  use: (server: EmbeddingServer, options: EmbeddingModelOptions) => Promise<void>,
): Promise<void> {
  const server = await startEmbeddingServer(answer);
  try {
    const env = { OPENAI_API_KEY: KEY };
    await use(server, { model: "m", baseUrl: server.baseUrl, env, waitMs: 1 });
  } finally {
    await server.close();
  }
}

test("embeddings are in the order of the texts, requested in batches within both limits", async (t) => {
  await withServer(
    (request) => ({ ...well(request), shuffled: true }),
    async (server, options) => {
      const model = await createEmbeddingModel({ ...options, batch: 3, batchTokens: 8 });
      t.deepEqual([model.id, model.d], ["m", 3]);
      const texts = ["a", "bb", "ccc", "dddd", "one two three four five six seven eight nine", ""];
      const { data } = await model.embed(texts);
      t.deepEqual([...data], ["a", "bb", "ccc", "dddd", texts[4], " "].flatMap(vectorOf));
      const sizes = server.requests.slice(1).map(({ input }) => input.length);
      t.deepEqual(sizes, [3, 1, 1, 1]);
      t.true(server.requests.every(({ authorization }) => authorization === `Bearer ${KEY}`));
    },
  );
});

test("a long text is truncated at a token, and a requested width is sent", async (t) => {
  await withServer(well, async (server, options) => {
    const model = await createEmbeddingModel({ ...options, dimensions: 3, mostTokens: 5 });
    t.is(model.id, "m@3");
    await model.embed(["one two three four five six seven", "short"]);
    t.deepEqual(server.requests.at(-1)?.input, ["one two three four five", "short"]);
    t.is(server.requests.at(-1)?.dimensions, 3);
  });
});

test("429, 500, dropped connections and malformed answers are retried", async (t) => {
  const trouble: EmbeddingAnswer[] = [
    { status: 429, headers: { "retry-after-ms": "5" } },
    { status: 500 },
    { cut: true },
    { raw: '{"data": []}' },
  ];
  await withServer(
    (request, number) => (number >= 1 && number <= 4 ? trouble[number - 1] : well(request)),
    async (server, options) => {
      const model = await createEmbeddingModel(options);
      t.deepEqual([...(await model.embed(["x"])).data], vectorOf("x"));
      t.is(server.requests.length, 6);
    },
  );
});

test("any other refusal is reported at once, without the key that the server repeats", async (t) => {
  await withServer(
    () => ({ status: 401, message: `Incorrect API key provided: ${KEY}` }),
    async (server, options) => {
      const error = await t.throwsAsync(createEmbeddingModel(options), { instanceOf: ApiError });
      t.is(error.status, 401);
      t.notRegex(error.message, /secret/i);
      t.is(server.requests.length, 1);
    },
  );
});

test("retries of a server that keeps failing end", async (t) => {
  await withServer(
    () => ({ status: 503 }),
    async (server, options) => {
      await t.throwsAsync(createEmbeddingModel({ ...options, attempts: 3 }), {
        message: /HTTP 503/,
      });
      t.is(server.requests.length, 3);
    },
  );
});

test("an abort stops between attempts", async (t) => {
  const controller = new AbortController();
  await withServer(
    () => {
      controller.abort(new Error("enough"));
      return { status: 503 };
    },
    async (_server, options) => {
      const { signal } = controller;
      await t.throwsAsync(createEmbeddingModel({ ...options, waitMs: 60_000, signal }), {
        message: "enough",
      });
    },
  );
});

test("keys are read only from the environment, never from an address", async (t) => {
  await t.throwsAsync(createEmbeddingModel({ model: "m", env: {} }), {
    message: /set FEATURE_FAMILIES_EMBEDDER_API_KEY or OPENAI_API_KEY/,
  });
  for (const address of ["http://me:secret@host/v1", "https://host/v1?api_key=secret", "ftp://x"]) {
    const error = t.throws(() => checkBaseUrl(address), { instanceOf: RangeError });
    t.notRegex(error.message, /secret/);
  }
  t.is(hideSecrets("Bearer abcdefgh123 and sk-abc12345"), "Bearer [key] and [key]");
});

test("the pause that a server asks for is read in all three forms", (t) => {
  const of = (headers: Record<string, string>): number | undefined =>
    parseRetryAfter((name) => headers[name], Date.parse("2024-08-01T00:00:00Z"));
  t.is(of({ "retry-after": "2" }), 2000);
  t.is(of({ "retry-after-ms": "30", "retry-after": "2" }), 30);
  t.is(of({ "retry-after": "Thu, 01 Aug 2024 00:00:05 GMT" }), 5000);
  t.is(of({ "retry-after": "soon" }), undefined);
  t.is(of({}), undefined);
});

test("a text without an embedding is reported by its index, and its row is never zero", async (t) => {
  const embed = (text: string): (number | null)[] =>
    text === "zero" ? [0, 0] : text === "none" ? [null, 1] : [text.length, 1];
  const server = await startLlmServer({ embed });
  const failed: number[] = [];
  const options = { model: "m", baseUrl: server.baseUrl, env: {}, waitMs: 1, attempts: 2 };
  const texts = ["a", "zero", "bcd", "none", "ef"];
  const onFailed = (index: number): void => void failed.push(index);
  const lenient = await createEmbeddingModel({ ...options, onFailed });
  const { data } = await lenient.embed(texts);
  t.deepEqual([...data], [1, 1, NaN, NaN, 3, 1, NaN, NaN, 2, 1]);
  t.deepEqual(failed, [1, 3]);
  const strict = await createEmbeddingModel(options);
  await t.throwsAsync(strict.embed(texts), {
    instanceOf: ApiError,
    message: /^texts 0 to 4: /,
  });
  await server.close();
});

test("an index of 0 may be left out, as by Google's layer, and so may all", async (t) => {
  const answers = [
    '{"data":[{"embedding":[1,2]}]}',
    '{"data":[{"index":1,"embedding":[3,4]},{"embedding":[1,2]}]}',
    '{"data":[{"embedding":[5,6]},{"embedding":[7,8]}]}',
  ];
  await withServer(
    (_request, number) => ({ raw: answers[number] }),
    async (_server, options) => {
      const model = await createEmbeddingModel(options);
      t.deepEqual([...(await model.embed(["a", "b"])).data], [1, 2, 3, 4]);
      t.deepEqual([...(await model.embed(["a", "b"])).data], [5, 6, 7, 8]);
    },
  );
});

test("a width that the server ignores is an error, not embeddings under another's name", async (t) => {
  await withServer(well, async (_server, options) => {
    await t.throwsAsync(createEmbeddingModel({ ...options, dimensions: 256 }), {
      instanceOf: FormatError,
      message:
        "m: was asked for 256 numbers per embedding but returned 3: it does not support other widths",
    });
  });
});

test("texts whose ends a server leaves out are counted, by the tokens that it counts", async (t) => {
  // The lengths of the texts in words, which are tokens here.
  const wordsOf = (text: string): number => text.split(" ").length;
  const read =
    (window: number) =>
    (request: EmbeddingRequest): EmbeddingAnswer => ({
      ...(well(request) as { vectors: number[][] }),
      tokens: request.input.reduce((sum, text) => sum + Math.min(window, wordsOf(text)), 0),
    });
  const long = (words: number): string => "dog ".repeat(words).trim();
  const texts = [long(20), long(900), long(300), long(200), long(500)];
  const counted = async (window: number, given: readonly string[]): Promise<number> => {
    let cut = 0;
    await withServer(read(window), async (_server, options) => {
      const model = await createEmbeddingModel(options);
      await model.embed(given, { onCut: (count) => (cut += count) });
    });
    return cut;
  };
  t.is(await counted(256, texts), 3);
  t.is(await counted(512, [long(20), long(900), long(800)]), 2);
  t.is(await counted(8192, texts), 0);
  // Servers that count nothing, or one for each request, say nothing about lengths.
  t.is(await counted(0, texts), 0);
  t.is(await counted(1, texts), 0);
  // Where the text is cut before it is sent, it is known.
  await withServer(well, async (_server, options) => {
    const model = await createEmbeddingModel({ ...options, mostTokens: 250 });
    let cut = 0;
    await model.embed(texts, { onCut: (count) => (cut += count) });
    t.is(cut, 3);
  });
});

test("a text that llama.cpp calls too large for it is sent once", async (t) => {
  await withServer(
    ({ input }) =>
      input.includes("long")
        ? { status: 500, message: "input (900 tokens) is too large to process" }
        : { vectors: input.map(vectorOf) },
    async (server, options) => {
      const failed: [number, string][] = [];
      const onFailed = (index: number, reason: string): void => void failed.push([index, reason]);
      const model = await createEmbeddingModel({ ...options, onFailed });
      const { data } = await model.embed(["a", "long", "b", "c"]);
      t.deepEqual(
        failed.map(([index]) => index),
        [1],
      );
      t.regex(failed[0][1], /too large to process/);
      t.true(data.subarray(3, 6).every(Number.isNaN));
      // The width, all, then halves and quarters of the first half.
      t.is(server.requests.length, 6);
    },
  );
});
