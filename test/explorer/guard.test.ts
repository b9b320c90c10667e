import anyTest, { type TestFn } from "ava";
import { existsSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type Explored, explore } from "../support/explorer.js";

const test = anyTest as TestFn<Explored>;

test.before(async (t) => {
  t.context = await explore();
});
test.after.always(async (t) => {
  await t.context.close();
});

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** A request whose path and headers go out as they are, which fetch would tidy up. */
function ask(
  url: string,
  target: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  body = "",
): Promise<Answer> {
  const { port, hash } = new URL(url);
  const own = { "x-explorer-token": hash.replace("#token=", ""), ...headers };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path: target, method, headers: own, agent: false },
      (answer) => {
        let text = "";
        answer.on("data", (part) => (text += String(part)));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

test("a name that leads here but is not this machine's gets nothing, not even the page", async (t) => {
  const { url } = t.context;
  const { port } = new URL(url);
  const foreign = [
    "evil.example",
    `evil.example:${port}`,
    "127.0.0.1.evil.example",
    `localhost.evil.example:${port}`,
    `127.0.0.1:${port}.evil.example`,
    `127.0.0.1:${port}@evil.example`,
    "localhost.",
    "[::1].evil.example",
  ];
  for (const host of foreign) {
    for (const target of ["/", "/app.js", "/data/index.json", "/api/selection"]) {
      // 400 for what is no host at all.
      const { status, body } = await ask(url, target, { headers: { host } });
      t.true(status === 403 || status === 400, `${host} ${target}: ${status}`);
      t.false(/<html|function|"latents"/i.test(body), `${host} ${target}: ${body.slice(0, 200)}`);
    }
  }
  for (const host of [`127.0.0.1:${port}`, "LOCALHOST", `[::1]:${port}`]) {
    t.is((await ask(url, "/data/index.json", { headers: { host } })).status, 200, host);
  }
});

test("no other origin may ask, and no answer lets it read", async (t) => {
  const { url } = t.context;
  for (const origin of [
    "http://evil.example",
    "null",
    "http://127.0.0.1.evil.example",
    "file://",
  ]) {
    for (const [method, target] of [
      ["GET", "/data/index.json"],
      ["POST", "/api/search"],
      ["OPTIONS", "/api/correct"],
    ]) {
      const { status, headers } = await ask(url, target, { method, headers: { origin } });
      t.is(status, 403, `${origin} ${method} ${target}`);
      t.is(headers["access-control-allow-origin"], undefined);
    }
  }
  const { headers } = await ask(url, "/data/index.json", {
    headers: { origin: new URL(url).origin },
  });
  t.is(headers["access-control-allow-origin"], undefined);
  t.is(headers["x-content-type-options"], "nosniff");
  t.is(headers["cross-origin-resource-policy"], "same-origin");
  t.is(headers["cache-control"], "no-store");
});

test("the token counts in its header alone", async (t) => {
  const { url } = t.context;
  const token = new URL(url).hash.replace("#token=", "");
  const headers = { "x-explorer-token": "" };
  for (const target of [
    `/data/index.json?token=${token}`,
    `/data/index.json?x-explorer-token=${token}`,
  ]) {
    t.is((await ask(url, target, { headers })).status, 401);
  }
  t.is(
    (await ask(url, "/data/index.json", { headers: { ...headers, cookie: `token=${token}` } }))
      .status,
    401,
  );
  t.is(
    (
      await ask(url, "/data/index.json", {
        headers: { "x-explorer-token": token.toUpperCase() + " " },
      })
    ).status,
    401,
  );
  t.is((await ask(url, "/", { headers })).body.includes(token), false);
});

test("only data files and records have addresses", async (t) => {
  const { url } = t.context;
  for (const target of [
    "/data/../package.json",
    "/data/../../../../etc/passwd",
    "/data/%2e%2e/%2e%2e/etc/passwd",
    "/data/..%2f..%2fetc%2fpasswd",
    "/data/..%5c..%5cmanifest.json",
    "/data/index.json%00",
    "/data//etc/passwd",
    "/data/manifest.json",
    "/data/__proto__",
    "/data/constructor",
    "/data/__proto__/1",
    "/data/documents/-1",
    "/data/documents/1e3",
    "/data/documents/999999",
    "/data/documents/99999999999999999999999",
    "/data/other/index.json",
    "/data/other/../index.json/x",
    "/api/constructor",
    "/api/__proto__",
    "/app.js/../../package.json",
  ]) {
    t.is((await ask(url, target)).status, 404, target);
  }
  for (const method of ["PUT", "DELETE", "PATCH"]) {
    t.is((await ask(url, "/data/index.json", { method })).status, 404, method);
  }
});

test("a range gives that part, and one that makes no sense neither more than the file nor an error", async (t) => {
  const { url } = t.context;
  const whole = await ask(url, "/data/index.json");
  const size = whole.body.length;
  const ranges: [string, number, number][] = [
    ["bytes=0-0", 206, 1],
    ["bytes=2-", 206, size - 2],
    ["bytes=0-999999999999", 206, size],
    [`bytes=0-${"9".repeat(400)}`, 206, size],
    ["bytes=5-2", 416, 0],
    [`bytes=${size}-`, 416, 0],
    [`bytes=${"9".repeat(400)}-`, 416, 0],
    ["bytes=-5", 200, size],
    [`bytes=${Array.from({ length: 800 }, () => "0-").join(",")}`, 200, size],
    ["bytes=a-b", 200, size],
    ["items=0-5", 200, size],
  ];
  for (const [range, status, length] of ranges) {
    const answer = await ask(url, "/data/index.json", { headers: { range } });
    t.deepEqual([answer.status, answer.body.length], [status, length], range.slice(0, 40));
  }
});

test("what is not a request of the known form is refused, and the server lives on", async (t) => {
  const { url, atlas } = t.context;
  const post = (target: string, body: string): Promise<Answer> =>
    ask(url, target, { method: "POST", headers: { "content-type": "application/json" } }, body);
  for (const body of [
    "",
    "[",
    "null",
    "[]",
    `{"of":"latent","latent":-1,"label":"x"}`,
    `{"of":"latent","latent":1.5,"label":"x"}`,
    `{"of":"document","latent":1,"label":"x"}`,
    `{"of":"latent","latent":1,"label":"${"x".repeat(501)}"}`,
    `{"__proto__":{"of":"latent","latent":1,"label":"x"}}`,
    "[".repeat(100_000),
  ]) {
    const { status, body: said } = await post("/api/correct", body);
    t.is(status, 400, `${body.slice(0, 60)}: ${said.slice(0, 200)}`);
  }
  // The server may close before all of it was sent.
  const large = post("/api/correct", `"${"x".repeat(3 << 20)}"`);
  t.is(await large.then(({ status }) => status).catch(() => 413), 413);
  t.is((await post("/api/search", `{"latents":[99999999]}`)).status, 400);
  t.is((await post("/api/search", `{"document":99999999}`)).status, 400);
  t.is((await post("/api/explain", `{"document":1,"row":99999999}`)).status, 400);
  t.is((await post("/api/document", `{"row":99999999}`)).status, 400);
  t.false(existsSync(path.join(atlas.dir, "labels.overrides.jsonl")));
  t.is((await ask(url, "/data/index.json")).status, 200);
});

test("a page of another origin can neither read nor write, whatever it tries", async (t) => {
  const { browser, url, atlas } = t.context;
  if (!browser) return void t.pass("no browser");
  const { origin, hash } = new URL(url);
  const token = hash.replace("#token=", "");
  const other = createServer((_, response) =>
    response
      .writeHead(200, { "content-type": "text/html" })
      .end("<!doctype html><title>other</title>"),
  );
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    // Even with the token, which it could only know from the person.
    const got = await page.evaluate(`(async () => {
      const [origin, token] = ${JSON.stringify([origin, token])};
      const correction = JSON.stringify({ of: "latent", latent: 1, label: "stolen" });
      const tries = {
        read: () => fetch(origin + "/data/index.json").then((answer) => answer.text()),
        readWithToken: () =>
          fetch(origin + "/data/index.json", { headers: { "x-explorer-token": token } }).then((answer) => answer.text()),
        opaque: () =>
          fetch(origin + "/data/index.json", { mode: "no-cors", headers: { "x-explorer-token": token } })
            .then((answer) => answer.text()).then((text) => text || Promise.reject("nothing")),
        write: () => fetch(origin + "/api/correct", { method: "POST", body: correction }).then((answer) => answer.text()),
        writeWithToken: () =>
          fetch(origin + "/api/correct", { method: "POST", body: correction, headers: { "x-explorer-token": token } })
            .then((answer) => answer.text()),
        script: () => new Promise((done, failed) => {
          const script = Object.assign(document.createElement("script"), { src: origin + "/app.js", onload: () => done("ran"), onerror: failed });
          document.head.append(script);
        }),
      };
      const results = [];
      for (const [name, attempt] of Object.entries(tries)) {
        await attempt().then((text) => results.push(name + ": " + text), () => undefined);
      }
      navigator.sendBeacon(origin + "/api/correct", correction);
      return results;
    })()`);
    t.deepEqual(got, []);
    await page.waitForTimeout(200);
    t.false(existsSync(path.join(atlas.dir, "labels.overrides.jsonl")));
    await page.close();
  } finally {
    other.close();
    other.closeAllConnections();
  }
});
