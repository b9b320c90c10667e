import { runCli } from "./cli/run-cli.js";

/** The message by which the command line refuses a call, with exit code 2. Rejects where the call is taken, or fails otherwise. */
export async function refusal(args: readonly string[]): Promise<string> {
  const { code, stderr } = await runCli(args);
  if (code !== 2) throw new Error(`not refused: ${args.join(" ")}: ${code} ${stderr}`);
  return stderr.slice(stderr.lastIndexOf("feature-families: ") + "feature-families: ".length, -1);
}
