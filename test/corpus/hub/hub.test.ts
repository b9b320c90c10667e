import test from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { lstatSync, readFileSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { ApiError, FormatError, createRandom } from "../../../src/core/index.js";
import {
  type Hub,
  type HubRepo,
  defaultHubCache,
  defaultHubToken,
  openHub,
} from "../../../src/corpus/index.js";
import { inFolder } from "../../support/folder.js";
import {
  COMMIT,
  type HubBehaviour,
  type HubServer,
  type ServedFile,
  startHub,
} from "../../support/servers/hub-server.js";

const REPO: HubRepo = { kind: "model", id: "someone/saes" };
const TOKEN = "hf_secretSecretSecret";

function randomBytes(length: number, seed: number): Buffer {
  const random = createRandom(seed);
  return Buffer.from(Uint8Array.from({ length }, () => Math.floor(random() * 256)));
}

async function withHub(
  files: ServedFile[],
  behaviour: HubBehaviour,
  use: (hub: Hub, server: HubServer, folder: string) => Promise<void>,
): Promise<void> {
  const server = await startHub({ [REPO.id]: files }, behaviour);
  try {
    await inFolder(async (folder) => {
      const hub = openHub({
        endpoint: server.endpoint,
        token: TOKEN,
        cache: path.join(folder, "cache"),
        waitMs: 2,
        stallMs: 60_000,
        offline: false,
      });
      await use(hub, server, folder);
    });
  } finally {
    await server.close();
  }
}

const small: ServedFile = { path: "config.json", bytes: Buffer.from('{"k":4}\n') };
const large: ServedFile = {
  path: "weights/a b.safetensors",
  bytes: randomBytes(300_000, 1),
  large: true,
};

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

test("a file lands in the layout that the hub's own tools share", async (t) => {
  await withHub([small, large], {}, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    t.is(snapshot.commit, COMMIT);
    t.deepEqual(
      snapshot.files.map(({ path: name, size }) => [name, size]),
      [
        ["config.json", small.bytes.length],
        ["weights/a b.safetensors", large.bytes.length],
      ],
    );
    const places = [];
    for (const file of snapshot.files) places.push(await hub.fetch(snapshot, file));
    t.deepEqual(readFileSync(places[0]), small.bytes);
    t.deepEqual(readFileSync(places[1]), large.bytes);
    const [{ hash: first }, { hash: second }] = snapshot.files;
    t.deepEqual(
      filesUnder(hub.cache),
      [
        `models--someone--saes/blobs/${first.hex}`,
        `models--someone--saes/blobs/${second.hex}`,
        `models--someone--saes/listings/${COMMIT}.json`,
        "models--someone--saes/refs/main",
        `models--someone--saes/snapshots/${COMMIT}/config.json`,
        `models--someone--saes/snapshots/${COMMIT}/weights/a b.safetensors`,
      ].sort(),
    );
    t.is(readlinkSync(places[1]), path.join("..", "..", "..", "blobs", second.hex));
    const asked = server.ranges.length;
    await hub.fetch(snapshot, snapshot.files[1]);
    t.is(server.ranges.length, asked, "a file that is there is not asked for again");
  });
});

test("150 MB that are cut 20 times end in the right bytes, and no byte is fetched twice", async (t) => {
  const block = randomBytes(1_000_003, 2);
  const bytes = Buffer.concat(Array.from({ length: 150 }, () => block)).subarray(0, 150_000_000);
  const random = createRandom(3);
  const cuts = Array.from({ length: 20 }, () => Math.floor(random() * 7_000_000));
  await withHub([{ path: "sae.pth", bytes, large: true }], { cuts }, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    const done: number[] = [];
    const place = await hub.fetch(snapshot, snapshot.files[0], {
      onProgress: (progress) => done.push(progress.done),
    });
    t.true(readFileSync(place).equals(bytes));
    t.is(server.ranges.length, 21);
    let expected = 0;
    for (const { start, sent } of server.ranges) {
      t.is(start, expected);
      expected += sent;
    }
    t.is(expected, bytes.length);
    t.is(done.at(-1), bytes.length);
  });
});

test("the token goes to the hub and never to the host that it redirects to", async (t) => {
  await withHub([large], {}, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    await hub.fetch(snapshot, snapshot.files[0]);
    const at = (name: string): unknown[] =>
      server.seen.filter((seen) => seen.server === name).map((seen) => seen.authorization);
    t.true(at("hub").every((header) => header === `Bearer ${TOKEN}`));
    t.deepEqual(at("storage"), [undefined]);
    for (const file of filesUnder(hub.cache)) {
      t.false(readFileSync(path.join(hub.cache, file)).includes(TOKEN), file);
    }
  });
});

test("a redirect to something else than http is refused without showing the token", async (t) => {
  await withHub([large], { redirectTo: "file:///etc/passwd" }, async (hub) => {
    const snapshot = await hub.list(REPO);
    const error = await t.throwsAsync(hub.fetch(snapshot, snapshot.files[0]), {
      instanceOf: ApiError,
    });
    t.regex(error.message, /redirects to file:/);
    t.notRegex(error.message, /hf_secret/);
  });
});

test("redirects in a circle end", async (t) => {
  await withHub([large], {}, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    server.behaviour.redirectTo = `${server.endpoint}/${REPO.id}/resolve/${COMMIT}/weights/a%20b.safetensors`;
    await t.throwsAsync(hub.fetch(snapshot, snapshot.files[0]), {
      message: /more than 5 redirects/,
    });
  });
});

test("other bytes than those that were listed are refused and deleted", async (t) => {
  await withHub([large], { wrongBytes: true }, async (hub) => {
    const snapshot = await hub.list(REPO);
    const error = await t.throwsAsync(hub.fetch(snapshot, snapshot.files[0]), {
      instanceOf: FormatError,
    });
    t.regex(
      error.message,
      /weights\/a b\.safetensors: the downloaded bytes hash to .* but the hub/,
    );
    t.false(filesUnder(hub.cache).some((name) => name.includes("blobs")));
  });
});

test("a size that is not the listed one is refused before it is fetched", async (t) => {
  const lie = { ...large, listed: { size: large.bytes.length - 1 } };
  await withHub([lie], {}, async (hub) => {
    const snapshot = await hub.list(REPO);
    await t.throwsAsync(hub.fetch(snapshot, snapshot.files[0]), {
      message: /expected 299999 bytes as listed, but the server announces 300000/,
    });
  });
});

for (const climbing of ["../evil", "a/../../evil", "/etc/evil", "a//b", "a/."]) {
  test(`a listing with the path ${JSON.stringify(climbing)} is refused`, async (t) => {
    await withHub([{ ...small, listed: { path: climbing } }], {}, async (hub) => {
      await t.throwsAsync(hub.list(REPO), {
        instanceOf: FormatError,
        message: /leads out of its folder/,
      });
    });
  });
}

test("odd names of files make no repository unreadable, and are fetched where the system has them", async (t) => {
  const names = ["a:b.txt", "C:evil", "a\\..\\b", "tab\there", "line\nbreak", "folder/ö % ?#&.txt"];
  const files = names.map((name, i) => ({ path: name, bytes: Buffer.from(`content ${i}`) }));
  await withHub([small, ...files], {}, async (hub) => {
    const snapshot = await hub.list(REPO);
    t.deepEqual(
      snapshot.files.map((file) => file.path),
      ["config.json", ...names],
    );
    t.deepEqual(readFileSync(await hub.fetch(snapshot, snapshot.files[0])), small.bytes);
    if (process.platform === "win32") {
      await t.throwsAsync(hub.fetch(snapshot, snapshot.files[1]), {
        message: /not a valid file name on Windows/,
      });
      return;
    }
    for (const [i, file] of files.entries()) {
      const place = await hub.fetch(snapshot, snapshot.files[i + 1]);
      t.true(place.startsWith(path.join(hub.cache, "models--someone--saes", "snapshots")));
      t.deepEqual(readFileSync(place), file.bytes);
    }
  });
});

test("the token is that of the hub's own tools", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "token");
    const other = path.join(folder, "elsewhere");
    await writeFile(file, " hf_fromFile\n");
    await writeFile(other, "hf_elsewhere");
    const cases: [NodeJS.ProcessEnv, string | undefined][] = [
      [{ HF_HOME: folder }, "hf_fromFile"],
      [{ HF_HOME: folder, HF_TOKEN_PATH: other }, "hf_elsewhere"],
      [{ HF_HOME: folder, HF_TOKEN: "hf_set" }, "hf_set"],
      [{ HF_HOME: folder, HF_TOKEN: "" }, "hf_fromFile"],
      [{ HF_HOME: folder, HUGGING_FACE_HUB_TOKEN: "hf_old" }, "hf_old"],
      [{ HF_HOME: path.join(folder, "none") }, undefined],
      [{ XDG_CACHE_HOME: path.join(folder, "none") }, undefined],
      [{ HF_HOME: folder, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }, undefined],
    ];
    for (const [env, expected] of cases) t.is(defaultHubToken(env), expected);
    const server = await startHub({ [REPO.id]: [small] });
    const before = { ...process.env };
    try {
      Object.assign(process.env, { HF_TOKEN: "", HF_TOKEN_PATH: file });
      await openHub({ endpoint: server.endpoint, cache: folder }).list(REPO);
      t.true(server.seen.every(({ authorization }) => authorization === "Bearer hf_fromFile"));
    } finally {
      process.env = before;
      await server.close();
    }
  });
});

test("the hub is called through the proxy of the environment", async (t) => {
  const server = await startHub({ [REPO.id]: [small] });
  const { port } = new URL(server.endpoint);
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on("connect", ({ url = "" }, client) => {
    asked.push(url);
    const target = connect(Number(port), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) socket.on("error", () => socket.destroy());
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const before = { ...process.env };
  try {
    await inFolder(async (folder) => {
      const address = proxy.address() as AddressInfo;
      process.env.http_proxy = `http://127.0.0.1:${address.port}`;
      const hub = openHub({ endpoint: "http://hub.invalid", token: TOKEN, cache: folder });
      t.deepEqual((await hub.list(REPO)).files.length, 1);
      t.true(asked.length > 0 && asked.every((url) => url === "hub.invalid:80"));
    });
  } finally {
    process.env = before;
    proxy.closeAllConnections();
    proxy.close();
    await server.close();
  }
});

test("a link that was laid into the cache does not lead a download out of it", async (t) => {
  await withHub([large], {}, async (hub, _server, folder) => {
    const outside = path.join(folder, "outside");
    const commit = path.join(hub.cache, "models--someone--saes", "snapshots", COMMIT);
    await mkdir(outside);
    await mkdir(commit, { recursive: true });
    symlinkSync(outside, path.join(commit, "weights"));
    const snapshot = await hub.list(REPO);
    await t.throwsAsync(hub.fetch(snapshot, snapshot.files[0]), { message: /is a link/ });
    t.deepEqual(filesUnder(outside), []);
  });
});

test("a busy hub is asked again, a refusing one is not", async (t) => {
  await withHub([small], { statuses: [503, 429, 500] }, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    t.deepEqual(readFileSync(await hub.fetch(snapshot, snapshot.files[0])), small.bytes);
    t.is(server.seen.filter(({ url }) => url.includes("/resolve/")).length, 4);
  });
  await withHub([small], { statuses: [403] }, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    const error = await t.throwsAsync(hub.fetch(snapshot, snapshot.files[0]), {
      instanceOf: ApiError,
    });
    t.is(error.status, 403);
    t.regex(error.message, /set HF_TOKEN/);
    t.is(server.seen.filter(({ url }) => url.includes("/resolve/")).length, 1);
  });
});

test("a hub that brings no byte any more is given up with what it said", async (t) => {
  await withHub([small], { statuses: Array<number>(20).fill(503) }, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    await t.throwsAsync(hub.fetch(snapshot, snapshot.files[0]), { message: /HTTP 503.*busy/ });
    t.is(server.seen.filter(({ url }) => url.includes("/resolve/")).length, 6);
  });
});

test("a stalled connection is given up", async (t) => {
  await withHub([small], { stalls: true }, async (hub, server, folder) => {
    const cache = path.join(folder, "other");
    const hasty = openHub({
      endpoint: server.endpoint,
      cache,
      stallMs: 80,
      attempts: 2,
      waitMs: 2,
    });
    const snapshot = await hub.list(REPO);
    await t.throwsAsync(hasty.fetch(snapshot, snapshot.files[0]), { message: /no data arrived/ });
  });
});

test("a server without ranges starts again and still ends in the right bytes", async (t) => {
  await withHub([large], { cuts: [1000, 2000], noRanges: true }, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    t.deepEqual(readFileSync(await hub.fetch(snapshot, snapshot.files[0])), large.bytes);
    t.deepEqual(
      server.ranges.map(({ start }) => start),
      [0, 0, 0],
    );
  });
});

test("a range that is not the one asked for is refused", async (t) => {
  const behaviour = { cuts: [1000], contentRange: "bytes 0-299999/300000" };
  await withHub([large], behaviour, async (hub) => {
    const snapshot = await hub.list(REPO);
    await t.throwsAsync(hub.fetch(snapshot, snapshot.files[0]), {
      message: /expected bytes from 1000 of 300000, got the content-range/,
    });
  });
});

test("an aborted download stops, and the next call goes on behind it", async (t) => {
  await withHub([large], { cuts: [100_000] }, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    const controller = new AbortController();
    const first = hub.fetch(snapshot, snapshot.files[0], {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done >= 100_000) controller.abort(new Error("enough"));
      },
    });
    await t.throwsAsync(first, { message: "enough" });
    t.deepEqual(readFileSync(await hub.fetch(snapshot, snapshot.files[0])), large.bytes);
    t.deepEqual(
      server.ranges.map(({ start }) => start),
      [0, 100_000],
    );
  });
});

test("a long listing is followed page by page, but not to another host", async (t) => {
  const files = Array.from({ length: 7 }, (_, i) => ({ ...small, path: `file-${i}` }));
  await withHub(files, { pageSize: 3 }, async (hub) => {
    const { files: listed } = await hub.list(REPO);
    t.deepEqual(
      listed.map((file) => file.path),
      files.map((file) => file.path),
    );
  });
  await withHub(files, { pageSize: 3, nextPage: "http://127.0.0.1:1/x" }, async (hub) => {
    await t.throwsAsync(hub.list(REPO), { message: /continues on another host/ });
  });
});

test("offline, what was fetched is there and what was not is an error", async (t) => {
  await withHub([small, large], {}, async (hub, server) => {
    const snapshot = await hub.list(REPO);
    await hub.fetch(snapshot, snapshot.files[0]);
    const asked = server.seen.length;
    const offline = openHub({ endpoint: server.endpoint, cache: hub.cache, offline: true });
    const again = await offline.list(REPO);
    t.is(again.commit, COMMIT);
    t.deepEqual(readFileSync(await offline.fetch(again, again.files[0])), small.bytes);
    await t.throwsAsync(offline.fetch(again, again.files[1]), { message: /offline, and weights/ });
    await t.throwsAsync(offline.list({ kind: "dataset", id: "a/b" }), { message: /no listing of/ });
    t.is(server.seen.length, asked);
  });
});

test("a second process that downloads the same file is refused", async (t) => {
  await withHub([large], {}, async (hub) => {
    const snapshot = await hub.list(REPO);
    const other = spawn("sleep", ["3600"]);
    try {
      await once(other, "spawn");
      const blobs = path.join(hub.cache, "models--someone--saes", "blobs");
      await mkdir(blobs, { recursive: true });
      await writeFile(path.join(blobs, `${snapshot.files[0].hash.hex}.lock`), `${other.pid}\n`);
      await t.throwsAsync(hub.fetch(snapshot, snapshot.files[0]), {
        message: new RegExp(`process ${other.pid} is downloading it`),
      });
    } finally {
      other.kill("SIGKILL");
    }
  });
});

test("names that are no repository's and endpoints with a password are refused", async (t) => {
  const hub = openHub({ endpoint: "http://127.0.0.1:1", cache: "unused" });
  for (const id of ["../x", "a/b/c", "a", "a/..", "a--b/c", "a/b?x"]) {
    await t.throwsAsync(hub.list({ kind: "model", id }), { instanceOf: RangeError }, id);
  }
  await t.throwsAsync(hub.list(REPO, "../../x"), { instanceOf: RangeError });
  const error = t.throws(() => openHub({ endpoint: "http://user:pass@host" }), {
    instanceOf: RangeError,
  });
  t.notRegex(error.message, /pass@/);
});

test("the cache's folder follows the variables of the hub's own tools", (t) => {
  t.is(defaultHubCache({ HF_HUB_CACHE: "/a", HF_HOME: "/b" }), "/a");
  t.is(defaultHubCache({ HUGGINGFACE_HUB_CACHE: "/c", HF_HOME: "/b" }), "/c");
  t.is(defaultHubCache({ HF_HOME: "/b" }), path.join("/b", "hub"));
  t.is(defaultHubCache({ XDG_CACHE_HOME: "/d" }), path.join("/d", "huggingface", "hub"));
});

test("an empty file is fetched too", async (t) => {
  await withHub([{ path: "empty", bytes: Buffer.alloc(0) }], {}, async (hub) => {
    const snapshot = await hub.list(REPO);
    const place = await hub.fetch(snapshot, snapshot.files[0]);
    t.is((await stat(place)).size, 0);
    t.true(lstatSync(place).isSymbolicLink());
  });
});
