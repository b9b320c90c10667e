import { ArgumentError } from "../../src/core/index.js";
import { commands, parseCall, runCall, UsageError } from "../../src/cli/index.js";

/**
 * The message by which the command line refuses a call, with exit code 2, in this process: no start of Node for each of
 * many calls. Rejects where the call is taken, or fails otherwise.
 */
export async function refusal(args: readonly string[]): Promise<string> {
  try {
    const call = parseCall(args, commands, "1.0.0");
    const failure = call && (await runCall(call, process.cwd()));
    if (failure?.isUsage) return failure.text;
    if (failure !== undefined) throw new Error(failure.text);
  } catch (error) {
    if (error instanceof UsageError || error instanceof ArgumentError) return error.message;
    throw error;
  }
  throw new Error(`not refused: ${args.join(" ")}`);
}
