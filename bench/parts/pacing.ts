import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { type Question, createChatModel } from "../../src/llm/index.js";
import type { Part, Section } from "../part.js";
import { markdownTable } from "../report.js";

const SLOTS = [1, 8, 64];
const LATENCY_MS = 5000;
const QUICK_LATENCY_MS = 50;
/** Calls per slot; fewer for one slot, which takes no time to find. */
const ROUNDS = 60;
const TARGET = 0.9;

export const pacingPart: Part = {
  name: "pacing",
  title: "Calls at a time",
  onlyByName: true,
  async run({ quick }): Promise<Section> {
    const latencyMs = quick ? QUICK_LATENCY_MS : LATENCY_MS;
    const measured = await Promise.all(SLOTS.map((slots) => measure(slots, latencyMs)));
    const rows = measured.map(({ slots, calls, seconds, best, most }) => [
      ...[slots, calls, seconds.toFixed(1), best.toFixed(1), most],
      `${(100 * (best / seconds)).toFixed(1)} %`,
    ]);
    return {
      body: `A server of so many slots, each busy for ${latencyMs / 1000} s per call, which queues what it cannot do at once and refuses nothing,
asked by a chat model without options. The best fixed number of calls is that of the slots; its time is computed.

${markdownTable(["slots", "calls", "s", "s, best fixed", "most in flight", "throughput"], rows)}`,
      targets: measured.map(({ slots, seconds, best }) => ({
        what: `throughput without options, ${slots} slots`,
        target: "at least 90 % of the best fixed number of calls",
        measured: `${(100 * (best / seconds)).toFixed(1)} %`,
        met: best / seconds >= TARGET,
      })),
    };
  },
};

interface Pace {
  slots: number;
  calls: number;
  seconds: number;
  /** Seconds of the best fixed number of calls. */
  best: number;
  /** Most calls in flight. */
  most: number;
}

async function measure(slots: number, latencyMs: number): Promise<Pace> {
  const calls = slots === 1 ? ROUNDS / 2 : ROUNDS * slots;
  const queue = createQueue(slots, latencyMs);
  await new Promise<void>((resolve) => queue.server.listen(0, "127.0.0.1", resolve));
  const { port } = queue.server.address() as AddressInfo;
  const model = await createChatModel({
    model: "paced",
    baseUrl: `http://127.0.0.1:${port}/v1`,
    env: {},
  });
  const start = performance.now();
  await Promise.all(Array.from({ length: calls }, (_, i) => model.ask(questionOf(i))));
  const seconds = (performance.now() - start) / 1000;
  queue.server.closeAllConnections();
  queue.server.close();
  return { slots, calls, seconds, best: (calls / slots) * (latencyMs / 1000), most: queue.most() };
}

function createQueue(slots: number, latencyMs: number): { server: Server; most(): number } {
  const waiting: (() => void)[] = [];
  let busy = 0;
  let most = 0;
  const serve = (answer: () => void): void => {
    busy++;
    setTimeout(() => {
      answer();
      busy--;
      const next = waiting.shift();
      if (next !== undefined) serve(next);
    }, latencyMs);
  };
  const body = JSON.stringify({ choices: [{ message: { content: '{"ok":true}' } }] });
  const server = createServer((request, response) => {
    request.resume();
    const answer = (): void => {
      response.writeHead(200, { "content-type": "application/json" }).end(body);
    };
    most = Math.max(most, busy + waiting.length + 1);
    if (busy < slots) serve(answer);
    else waiting.push(answer);
  });
  return { server, most: () => most };
}

function questionOf(i: number): Question<{ ok: boolean }> {
  return {
    prompt: { name: "pace", version: "1" },
    system: "Answer.",
    user: String(i),
    schemaName: "pace",
    schema: z.object({ ok: z.boolean() }),
    maxTokens: 20,
  };
}
