import { spawn } from "node:child_process";
import { once } from "node:events";
import { atlasOption, chooseAtlas, movedOptions } from "../atlas-option.js";
import type { Command, CommandContext, CommandOutput, OptionValues } from "../command.js";
import { defineCommand } from "../command.js";
import { embedderOptions, keepLast, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import * as option from "../option-kinds.js";
import { timeoutOption, withOption } from "../options.js";

const options = {
  ...atlasOption,
  ...movedOptions,
  ...withOption,
  port: option.integer("port of the server (default: any free port)", { least: 0, most: 65535 }),
  open: option.flag("open the page in the default browser"),
  "allow-host": option.list("further host name that requests may use, such as a notebook hub's", {
    value: "HOST",
  }),
  parent: option.flag("print only the address, and end when standard input closes (for notebooks)"),
  ...embedderOptions,
  ...timeoutOption,
};

const SERVER =
  "Starts a server that only this machine can reach, and prints its address with the token that opens it. Stop it with Ctrl-C.";

export const exploreCommand: Command = defineCommand({
  name: "explore",
  group: "explore",
  summary: "Open an atlas in the browser: maps, families, search, steering and labels.",
  details: SERVER,
  example: "feature-families explore --open",
  options,
  run: (values, _positionals, context) => serve("explore", values, context, ""),
});

export const auditCommand: Command = defineCommand({
  name: "audit",
  group: "label",
  summary: "Open the explorer on doubtful labels, to check and correct them.",
  details:
    "Shows the most doubtful labels first, each with the reason. A label opens with the documents that the model saw, its answer, and the judge's verdict on each document beside the truth; " +
    `a label that no model wrote opens with documents in which the latent is active, from strong to weak. ${SERVER}`,
  example: "feature-families audit --open",
  options,
  run: (values, _positionals, context) =>
    serve(
      "audit",
      values,
      context,
      "&view=catalog&only=doubtful&columns=label~doubt~label_source~score~judged~wrong~failed~active",
    ),
});

async function serve(
  command: string,
  { with: other, port, open, allowHost, parent, ...values }: OptionValues<typeof options>,
  context: CommandContext,
  view: string,
): Promise<CommandOutput> {
  const { onProgress, onWarning, signal } = context;
  const costs = remoteEmbedder(values) !== undefined;
  const folder = await chooseAtlas(command, values, { costs });
  const { openAtlas } = await import("../../atlas/open.js");
  const { exploreAtlas } = await import("../../atlas/explorer/explore.js");
  const atlas = await openAtlas(folder, {
    onProgress,
    onWarning,
    embedder: async () => keepLast((await openEmbedder(values, signal)).embedder),
  });
  try {
    const server = await exploreAtlas(atlas, { port, allowHosts: allowHost, other, onWarning });
    const url = server.url + view;
    context.note(parent ? url : `${atlas.name}: ${url}`);
    if (open) openBrowser(url);
    const stopped = signal.aborted ? undefined : once(signal, "abort");
    const input = parent && context.input().resume();
    await (input ? Promise.race([stopped, once(input, "end")]) : stopped);
    await server.close();
    return { json: { url }, lines: [] };
  } finally {
    await atlas.close();
  }
}

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
