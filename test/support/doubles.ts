import { z } from "zod";
import {
  type ChatModelOptions,
  type PricedChatModel,
  type Question,
  createChatModel,
} from "../../src/llm/index.js";
import {
  type LlmCall,
  type LlmServer,
  type LlmServerOptions,
  startLlmServer,
} from "./servers/llm-server.js";

const schema = z.object({ id: z.string(), twice: z.number() });

/** Asks for the double of a number. */
export function doubleOf(i: number): Question<z.infer<typeof schema>> {
  return {
    prompt: { name: "twice", version: "1" },
    system: "Give the double of the number.",
    user: `id d${i}: number ${i} <|endoftext|>`,
    schemaName: "twice",
    schema,
    maxTokens: 50,
    check: ({ id }) => (id === `d${i}` ? undefined : `id ${id} was not asked for`),
  };
}

/** The right answer to it. */
export function answerDouble({ body }: LlmCall): string {
  const i = Number(/number (\d+)/.exec(body.messages[1].content)?.[1]);
  return JSON.stringify({ id: `d${i}`, twice: 2 * i });
}

/** A model of a server that doubles numbers, while `use` runs. */
export async function withDoublingModel(
  server: LlmServerOptions,
  options: Partial<ChatModelOptions> & { model: string },
  use: (model: PricedChatModel, server: LlmServer) => Promise<void>,
): Promise<void> {
  const started = await startLlmServer({ answer: answerDouble, ...server });
  try {
    await use(await createChatModel({ baseUrl: started.baseUrl, ...options }), started);
  } finally {
    await started.close();
  }
}
