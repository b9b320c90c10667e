import { type IncomingMessage, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { LlmCall } from "./llm-server.js";

/** A request of a batch. */
export interface Line {
  custom_id: string;
  body: LlmCall["body"];
}

/** What a batch server does with the batches it gets. */
export interface BatchServer {
  baseUrl: string;
  batches: Line[][];
  /** Whether batches end; false: they stay in progress. */
  isOpen: boolean;
  /** How batches end. Default "completed". */
  ending: string;
  /** Questions whether a batch is done that get a 503 first. */
  busy: number;
  close(): void;
}

/** A server of `/files` and `/batches`; `answer` gives the status and the body of a request, or nothing. */
export async function startBatchServer(
  answer: (line: Line, batch: number) => { status: number; body: unknown } | undefined,
): Promise<BatchServer> {
  const files: string[] = [];
  const batches: Line[][] = [];
  const state = { isOpen: true, busy: 0, ending: "completed" };
  const respond = async (request: IncomingMessage): Promise<string> => {
    const text = await bodyOf(request);
    const [, what, id, content] = /^\/v1\/(files|batches)(?:\/([^/]+))?(\/content)?$/.exec(
      request.url ?? "",
    ) ?? [undefined, ""];
    if (what === "files" && request.method === "POST") {
      files.push(/(\{"custom_id"[\s\S]*\})\s*--/.exec(text)?.[1] ?? "");
      return JSON.stringify({ id: `in-${files.length - 1}` });
    }
    if (what === "files" && content !== undefined) {
      const number = Number(id?.replace("out-", ""));
      return batches[number]
        .flatMap((line) => {
          const made = answer(line, number);
          if (made === undefined) return [];
          const response = { status_code: made.status, body: made.body };
          return [JSON.stringify({ custom_id: line.custom_id, response, error: null })];
        })
        .join("\n");
    }
    if (what === "batches" && request.method === "POST") {
      const { input_file_id: file } = JSON.parse(text) as { input_file_id: string };
      const lines = files[Number(file.replace("in-", ""))].split("\n");
      batches.push(lines.map((line) => JSON.parse(line) as Line));
      return JSON.stringify({ id: `b-${batches.length - 1}`, status: "validating" });
    }
    if (what === "batches" && state.isOpen) {
      const output_file_id = id?.replace("b-", "out-");
      const isDone = state.ending === "completed";
      return JSON.stringify({ id, status: state.ending, ...(isDone && { output_file_id }) });
    }
    return JSON.stringify({ id, status: "in_progress" });
  };
  const server = createServer((request, response) => {
    if (request.method === "GET" && state.busy-- > 0) return void response.writeHead(503).end();
    void respond(request).then((text) => response.writeHead(200).end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(state, {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    batches,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
