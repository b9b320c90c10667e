import { spawn } from "node:child_process";
import { once } from "node:events";
import { atlasOption, chooseAtlas } from "../atlas-option.js";
import { type Command, defineCommand } from "../command.js";

export const exploreCommand: Command = defineCommand({
  name: "explore",
  group: "explore",
  summary: "Open an atlas in the browser: maps, families, search, steering and labels.",
  details:
    "Starts a server that only this machine reaches and prints its address, whose token opens it. Ends with Ctrl-C.",
  example: "feature-families explore --open",
  options: {
    ...atlasOption,
    port: {
      type: "integer",
      least: 0,
      most: 65535,
      about: "port of the server (default any free)",
    },
    open: { type: "boolean", about: "open the page in the default browser" },
    "allow-host": {
      type: "list",
      value: "HOST",
      about: "further host names that may ask, such as a notebook hub's",
    },
  },
  async run({ atlas: dir, port, open, allowHost }, _positionals, context) {
    const { onProgress, signal } = context;
    const { openAtlas } = await import("../../atlas/open.js");
    const { exploreAtlas } = await import("../../atlas/explorer/explore.js");
    const atlas = await openAtlas(await chooseAtlas("explore", dir), { onProgress });
    try {
      const server = await exploreAtlas(atlas, { port, allowHosts: allowHost });
      context.note(`${atlas.name}: ${server.url}`);
      if (open) openBrowser(server.url);
      if (!signal.aborted) await once(signal, "abort");
      await server.close();
      return { json: { url: server.url }, lines: [] };
    } finally {
      await atlas.close();
    }
  },
});

/** Opens an address in the default browser; where there is none, the reader has the printed address. */
function openBrowser(url: string): void {
  const programs: Partial<Record<NodeJS.Platform, [string, string[]]>> = {
    darwin: ["open", [url]],
    win32: ["explorer", [url]],
  };
  const [program, args] = programs[process.platform] ?? ["xdg-open", [url]];
  spawn(program, args, { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
