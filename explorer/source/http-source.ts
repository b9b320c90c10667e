import {
  type DataFile,
  type ExplorerActions,
  OTHER,
  type RecordKind,
} from "../../src/explorer/format.js";
import type { Source } from "./source.js";

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
  return {
    ...files,
    actions: Object.fromEntries(
      ACTIONS.map((name) => [name, (request: unknown) => post(name, request)]),
    ) as unknown as ExplorerActions,
    report: (selection) => void post("selection", selection).catch(() => undefined),
  };
}

/** The files of a folder; the explorer's own server, which wants a token, has records one by one, too. */
function filesIn(folder: string, headers: Record<string, string>): Source {
  const isServer = "x-explorer-token" in headers;
  // A server that knows no ranges sends the whole file, which is then kept.
  const wholes = new Map<DataFile, Promise<ArrayBuffer>>();
  const read = async (file: string, range?: string): Promise<Response> => {
    const response = await fetch(`${folder}/${file}`, {
      headers: range === undefined ? headers : { ...headers, range },
    });
    if (!response.ok) throw new Error(`${file}: the server answered ${response.status}`);
    return response;
  };
  const whole = (file: DataFile): Promise<ArrayBuffer> =>
    read(file).then((response) => response.arrayBuffer());
  return {
    kind: isServer ? "server" : "static",
    whole,
    ...(isServer && {
      record: async (kind: RecordKind, at: number): Promise<unknown> =>
        (await read(`${kind}/${at}`)).json(),
    }),
    async part(file, start, end) {
      if (start >= end) return new ArrayBuffer(0);
      const known = wholes.get(file);
      if (known !== undefined) return (await known).slice(start, end);
      const response = await read(file, `bytes=${start}-${end - 1}`);
      const content = response.arrayBuffer();
      if (response.status === 206) return content;
      wholes.set(file, content);
      return (await content).slice(start, end);
    },
  };
}
