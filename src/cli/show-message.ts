import type { ShownMessage } from "./call-messages.js";
import { printJson, printLines, printPrompt } from "./print.js";
import type { ProgressDisplay } from "./progress-display.js";

/** Prints what a call shows, progress by `display`. */
export function showMessage(
  message: ShownMessage,
  streams: Record<"stdout" | "stderr", NodeJS.WritableStream>,
  display: ProgressDisplay,
): void {
  if (message.kind === "progress") return display.onProgress(message.progress);
  display.pause();
  switch (message.kind) {
    case "lines":
      return printLines(streams[message.to], message.lines);
    case "prompt":
      return printPrompt(streams[message.to], message.prompt);
    case "json":
      return printJson(streams.stdout, message.json);
  }
}
