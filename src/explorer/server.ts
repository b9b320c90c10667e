import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { z } from "zod";
import { ArgumentError } from "../core/errors.js";
import { checkJson } from "../files/check-json.js";
import type { ExplorerFiles } from "./data-files.js";
import {
  DATA_FILES,
  type DataFile,
  type ExplorerActions,
  MATCH_FILE,
  OTHER,
  RECORD_KINDS,
} from "./format.js";
import { type PageParts, pageHtml } from "./page.js";
import { requestSchemas } from "./requests.js";

/** What the server shows. */
export interface ServerContent {
  page: PageParts;
  /** The atlas's files as they are now: asked again for every request. */
  files: () => Promise<ExplorerFiles>;
  actions: ExplorerActions;
}

/** How the server listens. */
export interface ServerOptions {
  /** Default any that is free. */
  port?: number;
  /** Names other than this machine's own under which it may be asked, such as a notebook hub's. Default none. */
  allowHosts?: readonly string[];
}

/** A running server. */
export interface ExplorerServer {
  /** The address with the token that opens it. */
  url: string;
  port: number;
  /** What the page said last that is selected. */
  selection(): PageSelection;
  close(): Promise<void>;
}

/** What is selected on a page: latents by number, documents by row. */
export interface PageSelection {
  latents: number[];
  documents: number[];
}

const OWN_NAMES = ["127.0.0.1", "localhost", "[::1]"];
const LARGEST_BODY = 2 << 20;
/** Room for millions of selected documents. */
const LARGEST_SELECTION = 32 << 20;
const TOKEN_HEADER = "x-explorer-token";

/**
 * Serves the page on the loopback address alone. Every request must name a known host, requests for data must bring the
 * token of this start, and no other origin may write. Throws Error where the port is taken.
 */
export async function startServer(
  { page, files, actions }: ServerContent,
  { port = 0, allowHosts = [] }: ServerOptions = {},
): Promise<ExplorerServer> {
  const token = randomBytes(16).toString("hex");
  const hosts = new Set([...OWN_NAMES, ...allowHosts].map((name) => name.toLowerCase()));
  let selected: PageSelection = { latents: [], documents: [] };
  const app = new Hono();

  // A page of another site whose name leads here would else read everything: its requests name that site.
  app.use(async (c, next) => {
    if (!hosts.has(hostName(c.req.header("host")))) return c.text("this host is not served", 403);
    const origin = c.req.header("origin");
    if (origin !== undefined && !hosts.has(hostName(originHost(origin)))) {
      return c.text("this origin is not served", 403);
    }
    return next();
  });
  app.use(
    secureHeaders({
      strictTransportSecurity: false,
      xFrameOptions: false,
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:", "blob:"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        // A notebook shows the page in a frame.
        frameAncestors: ["'self'", "http://127.0.0.1:*", "http://localhost:*", ...allowHosts],
      },
    }),
  );
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  app.get("/", (c) => c.html(pageHtml(page, "server")));
  app.get("/app.js", (c) => c.body(page.script, 200, { "content-type": "text/javascript" }));
  app.get("/app.css", (c) => c.body(page.style, 200, { "content-type": "text/css" }));

  for (const route of ["/data/*", "/api/*"]) {
    app.use(route, async (c, next) =>
      isSame(c.req.header(TOKEN_HEADER) ?? "", token) ? next() : c.text("no token", 401),
    );
  }
  const folders = { "/data": files, [`/data/${OTHER}`]: async () => (await files()).other };
  for (const [folder, open] of Object.entries(folders)) {
    app.get(`${folder}/:name`, async (c) => {
      const name = ([...DATA_FILES, MATCH_FILE] as const).find(
        (one) => one === c.req.param("name"),
      );
      const known = await open();
      if (name === undefined || known === undefined) return c.notFound();
      return sendRange(c, known, name);
    });
    app.get(`${folder}/:kind/:at{[0-9]+}/:part{evidence}?`, async (c) => {
      const kind = RECORD_KINDS.find((one) => one === c.req.param("kind"));
      const read = c.req.param("part") === undefined ? "record" : "evidence";
      const record = kind && (await (await open())?.[read](kind, Number(c.req.param("at"))));
      return record === undefined ? c.notFound() : c.json(record);
    });
  }
  const limit = (maxSize: number): MiddlewareHandler =>
    bodyLimit({
      maxSize,
      onError: (c) => c.json({ error: `a request may have at most ${maxSize >> 20} MiB` }, 413),
    });
  app.get("/api/selection", (c) => c.json(selected));
  app.post("/api/selection", limit(LARGEST_SELECTION), async (c) => {
    selected = checkJson(await c.req.json(), selectionSchema, "selection");
    return c.json({});
  });
  for (const name of Object.keys(requestSchemas) as (keyof ExplorerActions)[]) {
    app.post(`/api/${name}`, limit(LARGEST_BODY), async (c) => {
      const request = checkJson<object>(await c.req.json(), requestSchemas[name], name);
      return c.json(await (actions[name] as (given: unknown) => Promise<object>)(request));
    });
  }
  app.onError((error, c) => {
    const isAsked = error instanceof ArgumentError || error instanceof RangeError;
    const isMalformed = error.name === "FormatError" || error instanceof SyntaxError;
    return c.json({ error: error.message }, isAsked || isMalformed ? 400 : 500);
  });

  const server = createAdaptorServer({ fetch: app.fetch, hostname: "127.0.0.1" });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}/#token=${token}`,
    port: bound,
    selection: () => selected,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

const selectionSchema: z.ZodType<PageSelection> = z.object({
  latents: z.array(z.int().nonnegative()),
  documents: z.array(z.int().nonnegative()),
});

/** The part of a file that was asked for, or all of it. */
async function sendRange(c: Context, files: ExplorerFiles, name: DataFile): Promise<Response> {
  const headers = { "content-type": "application/octet-stream", "accept-ranges": "bytes" };
  const body = (content: Uint8Array): Uint8Array<ArrayBuffer> => content as Uint8Array<ArrayBuffer>;
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(c.req.header("range") ?? "");
  if (wanted === null) return c.body(body(await files.file(name)), 200, headers);
  const size = await files.size(name);
  const start = Number(wanted[1]);
  const end = Math.min(wanted[2] === "" ? Infinity : Number(wanted[2]), size - 1);
  if (start > end) return c.body(null, 416, { ...headers, "content-range": `bytes */${size}` });
  const range = { ...headers, "content-range": `bytes ${start}-${end}/${size}` };
  return c.body(body(await files.part(name, start, end + 1)), 206, range);
}

/** A host without its port, in lower case. */
function hostName(host: string | undefined): string {
  return (host ?? "").replace(/:\d+$/, "").toLowerCase();
}

function originHost(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return "";
  }
}

function isSame(given: string, token: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}
