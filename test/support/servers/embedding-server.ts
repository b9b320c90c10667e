import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** One request of texts as the server saw it. */
export interface EmbeddingRequest {
  input: string[];
  model: string;
  dimensions?: number;
  authorization: string | undefined;
}

/** What the server does with a request: an embedding a text, or a misbehaviour. */
export type EmbeddingAnswer =
  | { vectors: number[][]; shuffled?: boolean; tokens?: number }
  | { status: number; headers?: Record<string, string>; message?: string }
  | { cut: true }
  | { raw: string };

export interface EmbeddingServer {
  baseUrl: string;
  requests: EmbeddingRequest[];
  close(): Promise<void>;
}

/**
 * A server on loopback that speaks the embeddings part of OpenAI's API. With `serialMs` it works on one request at a time,
 * so long each, and queues the others without a word.
 */
export async function startEmbeddingServer(
  answer: (request: EmbeddingRequest, number: number) => EmbeddingAnswer,
  { serialMs = 0 }: { serialMs?: number } = {},
): Promise<EmbeddingServer> {
  const requests: EmbeddingRequest[] = [];
  let turn: Promise<void> = Promise.resolve();
  const server = createServer((request, response) => {
    void readBody(request).then(async (text) => {
      const body = JSON.parse(text) as Omit<EmbeddingRequest, "authorization">;
      const seen = { ...body, authorization: request.headers.authorization };
      requests.push(seen);
      const made = answer(seen, requests.length - 1);
      if (serialMs > 0) await (turn = turn.then(() => sleep(serialMs)));
      if ("cut" in made) return void request.socket.destroy();
      const json = { "content-type": "application/json" };
      if ("raw" in made) return void response.writeHead(200, json).end(made.raw);
      if ("status" in made) {
        const error = { error: { message: made.message ?? "no" } };
        return void response
          .writeHead(made.status, { ...json, ...made.headers })
          .end(JSON.stringify(error));
      }
      const data = made.vectors.map((embedding, index) => ({
        object: "embedding",
        index,
        embedding,
      }));
      if (made.shuffled) data.reverse();
      const { tokens = 1 } = made;
      const usage = { prompt_tokens: tokens, total_tokens: tokens };
      response
        .writeHead(200, json)
        .end(JSON.stringify({ object: "list", data, model: body.model, usage }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** A vector that tells its text: length, first character, 1. */
export function vectorOf(text: string): number[] {
  return [text.length, text.charCodeAt(0), 1];
}
