import {
  type DataFile,
  type ExplorerActions,
  OTHER,
  type RecordKind,
} from "../../src/explorer/format.js";
import type { Source } from "./source.js";

/** Most bytes of a file that are read as a whole for one part of it. */
const LARGEST_WHOLE = 200_000_000;
const ACTIONS = ["search", "explain", "document", "correct", "withdraw"] as const;

/** Files beside the page, read by range; with a token, those of the explorer's own server and its actions. */
export function httpSource(token?: string): Source {
  const headers: Record<string, string> = token === undefined ? {} : { "x-explorer-token": token };
  const files = { ...filesIn("./data", headers), other: filesIn(`./data/${OTHER}`, headers) };
  if (token === undefined) return files;
  const post = async (route: string, request: unknown): Promise<unknown> => {
    const response = await fetch(`./api/${route}`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    const answer = (await response.json()) as { error?: string };
    if (!response.ok) throw new Error(answer.error ?? `the server answered ${response.status}`);
    return answer;
  };
  // One after the other: an earlier selection must not arrive last.
  let reported: Promise<unknown> = Promise.resolve();
  return {
    ...files,
    actions: Object.fromEntries(
      ACTIONS.map((name) => [name, (request: unknown) => post(name, request)]),
    ) as unknown as ExplorerActions,
    report(selection) {
      reported = reported.then(() => post("selection", selection)).catch(() => undefined);
    },
  };
}

/** The files of a folder; the explorer's own server, which wants a token, has records one by one, too. */
function filesIn(folder: string, headers: Record<string, string>): Source {
  const isServer = "x-explorer-token" in headers;
  // A server that knows no ranges sends the whole file, which is then kept: until one has sent a part, parts are asked for
  // one after the other.
  const wholes = new Map<DataFile, ArrayBuffer>();
  let hasRanges = false;
  let first: Promise<unknown> = Promise.resolve();
  const read = async (file: string, range?: string): Promise<Response> => {
    const response = await fetch(`${folder}/${file}`, {
      headers: range === undefined ? headers : { ...headers, range },
    });
    if (!response.ok) throw new Error(`${file}: the server answered ${response.status}`);
    return response;
  };
  const whole = (file: DataFile): Promise<ArrayBuffer> =>
    read(file).then((response) => response.arrayBuffer());
  const readPart = async (file: DataFile, start: number, end: number): Promise<ArrayBuffer> => {
    const known = wholes.get(file);
    if (known !== undefined) return known.slice(start, end);
    const response = await read(file, `bytes=${start}-${end - 1}`);
    hasRanges = response.status === 206;
    if (hasRanges) return response.arrayBuffer();
    const size = Number(response.headers.get("content-length"));
    if (size > LARGEST_WHOLE) {
      await response.body?.cancel();
      throw new Error(
        `${file} has ${Math.round(size / 1e6)} MB, but this web server does not answer Range requests: use one that does`,
      );
    }
    const content = await response.arrayBuffer();
    wholes.set(file, content);
    return content.slice(start, end);
  };
  return {
    kind: isServer ? "server" : "static",
    whole,
    ...(isServer && {
      record: async (kind: RecordKind, at: number, part?: "evidence"): Promise<unknown> =>
        (await read([kind, at, part].filter((one) => one !== undefined).join("/"))).json(),
    }),
    part(file, start, end) {
      if (start >= end) return Promise.resolve(new ArrayBuffer(0));
      const ask = (): Promise<ArrayBuffer> => readPart(file, start, end);
      if (hasRanges) return ask();
      const turn = first.then(ask);
      first = turn.catch(() => undefined);
      return turn;
    },
  };
}
