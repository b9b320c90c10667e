import { createChatModel, openLedger } from "../../../src/llm/index.js";
import { doubleOf } from "../doubles.js";

/** Asks a server for doubles, with a ledger, until it is done or killed: child of ledger.test.ts. */
const [baseUrl, file, count] = process.argv.slice(2);
const ledger = await openLedger(file);
const model = await createChatModel({
  model: "gpt-4o-mini",
  baseUrl,
  ledger,
  waitMs: 5,
  parallel: 8,
});
const all = await Promise.all(
  Array.from({ length: Number(count) }, (_, i) => model.ask(doubleOf(i))),
);
await ledger.close();
process.stdout.write(String(all.filter(({ status }) => status === "ok").length));
