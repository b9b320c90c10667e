import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type Socket, connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PROGRAMS = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** A real Firefox, driven by its own Marionette protocol: https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html */
export interface Firefox {
  /** Sends a WebDriver command, such as "WebDriver:Navigate", and gives its value. */
  command(name: string, parameters?: object): Promise<unknown>;
  /** The value of a function's body in the page. */
  evaluate(script: string): Promise<unknown>;
  /** Waits until a body's value is true. */
  until(script: string): Promise<void>;
  /** Clicks the first element that fits. */
  click(selector: string): Promise<void>;
  /** Types into the element that has the focus. */
  keys(selector: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts Firefox without a window; undefined where the system has none. */
export async function startFirefox(): Promise<Firefox | undefined> {
  const program = PROGRAMS.find((file) => existsSync(file));
  if (program === undefined) return undefined;
  const profile = await mkdtemp(path.join(tmpdir(), "firefox-"));
  // Port 0 lets it choose one, which it then writes into its profile.
  await writeFile(path.join(profile, "user.js"), 'user_pref("marionette.port", 0);\n');
  const child = spawn(program, ["--headless", "--marionette", "--profile", profile], {
    stdio: "ignore",
    env: { ...process.env, HOME: profile },
  });
  const socket = connect(await readPort(path.join(profile, "MarionetteActivePort"), child));
  const next = readMessages(socket);
  await next();
  let id = 0;
  const command = async (name: string, parameters: object = {}): Promise<unknown> => {
    const message = JSON.stringify([0, ++id, name, parameters]);
    socket.write(`${Buffer.byteLength(message)}:${message}`);
    const [, , error, result] = (await next()) as [number, number, object | null, unknown];
    if (error !== null) throw new Error(`${name}: ${JSON.stringify(error).slice(0, 300)}`);
    return (result as { value?: unknown } | null)?.value ?? result;
  };
  await command("WebDriver:NewSession", { capabilities: { alwaysMatch: {} } });
  const evaluate = (script: string): Promise<unknown> =>
    command("WebDriver:ExecuteScript", { script, args: [] });
  const find = async (selector: string): Promise<string> => {
    const found = await command("WebDriver:FindElement", {
      ...{ using: "css selector", value: selector },
    });
    return (found as Record<string, string>)[ELEMENT];
  };
  return {
    command,
    evaluate,
    async until(script) {
      while ((await evaluate(`return ${script}`)) !== true) await sleep(100);
    },
    async click(selector) {
      await command("WebDriver:ElementClick", { id: await find(selector) });
    },
    async keys(selector, text) {
      await command("WebDriver:ElementSendKeys", { id: await find(selector), text });
    },
    async close() {
      socket.destroy();
      child.kill();
      await new Promise((resolve) => child.once("exit", resolve));
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function readPort(file: string, child: ChildProcess): Promise<number> {
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (/^\d+/.test(text)) return Number.parseInt(text, 10);
    if (child.exitCode !== null) throw new Error(`firefox ended with code ${child.exitCode}`);
    await sleep(100);
  }
}

/** Messages come as their length, a colon and JSON. */
function readMessages(socket: Socket): () => Promise<unknown> {
  let rest = Buffer.alloc(0);
  const read: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  socket.on("data", (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const colon = rest.indexOf(":");
      const length = Number(rest.subarray(0, Math.max(0, colon)).toString());
      if (colon < 0 || rest.length < colon + 1 + length) return;
      const message: unknown = JSON.parse(rest.subarray(colon + 1, colon + 1 + length).toString());
      rest = rest.subarray(colon + 1 + length);
      const take = waiting.shift();
      if (take) take(message);
      else read.push(message);
    }
  });
  return () =>
    read.length > 0
      ? Promise.resolve(read.shift())
      : new Promise((resolve) => waiting.push(resolve));
}
