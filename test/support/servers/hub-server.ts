import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A file that the server has, and what it says of it where that is a lie. */
export interface ServedFile {
  path: string;
  bytes: Buffer;
  /** Large files have a SHA-256 and lie at another host. */
  large?: boolean;
  listed?: { path?: string; size?: number; hex?: string };
}

/** One request for bytes as the server saw it. */
export interface ServedRange {
  start: number;
  /** Bytes that were written to the connection. */
  sent: number;
}

/** How the server misbehaves. */
export interface HubBehaviour {
  /** The connection is cut after that many bytes of an answer, for the first requests of bytes. */
  cuts?: number[];
  /** HTTP statuses of the first requests of bytes. */
  statuses?: number[];
  /** Ranges are ignored: every answer is the whole file. */
  noRanges?: boolean;
  /** Bytes sent in place of the file's. */
  wrongBytes?: boolean;
  /** Content-Range of a ranged answer. */
  contentRange?: string;
  /** Where large files are redirected to, instead of the second server. */
  redirectTo?: string;
  /** Never sends a byte of a file. */
  stalls?: boolean;
  /** Files a page of the listing. Default all. */
  pageSize?: number;
  /** The next page's address, instead of its own. */
  nextPage?: string;
}

/** A hub on loopback with a second server for large files, as the real one has. */
export interface HubServer {
  endpoint: string;
  behaviour: HubBehaviour;
  ranges: ServedRange[];
  /** Path and authorization header of all requests, by server. */
  seen: { server: "hub" | "storage"; url: string; authorization: string | undefined }[];
  close(): Promise<void>;
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export async function startHub(
  repos: Record<string, ServedFile[]>,
  behaviour: HubBehaviour = {},
): Promise<HubServer> {
  const state: HubServer = {
    endpoint: "",
    behaviour,
    ranges: [],
    seen: [],
    close: async () => {
      await Promise.all([stop(hub), stop(storage)]);
    },
  };
  const storage = await start((request, response) => {
    state.seen.push(note("storage", request));
    const file = repos[
      decodeURIComponent(request.url ?? "")
        .split("::")[0]
        .slice(1)
    ]?.find(({ path }) => request.url?.endsWith(`::${encodeURIComponent(path)}`));
    if (file) sendBytes(state, file, request, response);
    else response.writeHead(404).end();
  });
  const hub = await start((request, response) => {
    state.seen.push(note("hub", request));
    answer(state, repos, origin(storage), request, response);
  });
  state.endpoint = origin(hub);
  return state;
}

function answer(
  state: HubServer,
  repos: Record<string, ServedFile[]>,
  storage: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? "/", state.endpoint);
  const [, , , id, what] =
    /^\/(?:(api)\/)?(?:(models|datasets)\/)?([\w.-]+\/[\w.-]+)\/(revision|tree|resolve)\//.exec(
      url.pathname,
    ) ?? [];
  const files = id === undefined ? undefined : repos[id];
  if (!files) return void response.writeHead(404).end('{"error":"Repository not found"}');
  if (what === "revision") return json(response, { sha: COMMIT, siblings: [] });
  if (what === "tree") return sendTree(state, files, url, response);
  const path = decodeURIComponent(url.pathname.split(`/resolve/${COMMIT}/`)[1] ?? "");
  const file = files.find((candidate) => (candidate.listed?.path ?? candidate.path) === path);
  if (!file) return void response.writeHead(404).end("Entry not found");
  if (!file.large) return sendBytes(state, file, request, response);
  const location =
    state.behaviour.redirectTo ?? `${storage}/${id}::${encodeURIComponent(file.path)}`;
  response.writeHead(302, { location }).end();
}

function sendTree(state: HubServer, files: ServedFile[], url: URL, response: ServerResponse): void {
  const { pageSize = files.length, nextPage } = state.behaviour;
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const page = files.slice(from, from + pageSize).map(({ path, bytes, large, listed }) => {
    const size = listed?.size ?? bytes.length;
    const oid = listed?.hex ?? (large ? sha256(bytes) : gitHash(bytes));
    const entry = { type: "file", path: listed?.path ?? path, size, oid: gitHash(bytes) };
    return large ? { ...entry, lfs: { oid, size, pointerSize: 134 } } : { ...entry, oid };
  });
  const next = new URL(url);
  next.searchParams.set("cursor", String(from + pageSize));
  const more = from + pageSize < files.length;
  json(
    response,
    [{ type: "directory", path: "folder", oid: "0", size: 0 }, ...page],
    more ? { link: `<${nextPage ?? next.href}>; rel="next"` } : {},
  );
}

function sendBytes(
  state: HubServer,
  file: ServedFile,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { behaviour, ranges } = state;
  const status = behaviour.statuses?.shift();
  if (status !== undefined) return void response.writeHead(status).end("busy");
  if (behaviour.stalls) return;
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const ranged = asked !== undefined && !behaviour.noRanges;
  const start = ranged ? Number(asked) : 0;
  const whole = behaviour.wrongBytes ? Buffer.alloc(file.bytes.length, 7) : file.bytes;
  const body = whole.subarray(start);
  const range = { start, sent: 0 };
  ranges.push(range);
  response.writeHead(ranged ? 206 : 200, {
    "content-length": body.length,
    ...(ranged && {
      "content-range":
        behaviour.contentRange ?? `bytes ${start}-${whole.length - 1}/${whole.length}`,
    }),
  });
  const cut = behaviour.cuts?.shift();
  if (cut === undefined || cut >= body.length) {
    range.sent = body.length;
    response.end(body);
    return;
  }
  range.sent = cut;
  // The bytes leave before the connection does, as when a proxy's time is up.
  response.write(body.subarray(0, cut), () => response.socket?.destroySoon());
}

function json(
  response: ServerResponse,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

function note(server: "hub" | "storage", request: IncomingMessage): HubServer["seen"][number] {
  return { server, url: request.url ?? "", authorization: request.headers.authorization };
}

async function start(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function origin(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function gitHash(bytes: Buffer): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
