import { z } from "zod";
import type { Question } from "../../llm/types.js";

const SCHEMA = z.object({ query: z.string().min(1).max(2000) });

/** Asks for a query in other words: towards the label `up` and away from the label `down`. */
export function rewriteQuestion(
  query: string,
  up: string,
  down: string,
): Question<{ query: string }> {
  return {
    prompt: { name: "steering-rewrite", version: "1" },
    system:
      "You rewrite search queries of a semantic search engine. Keep what the query is about as far as you can, but " +
      "bring in the wanted topic and take out the unwanted one. Do not mention the unwanted topic, not even to " +
      "exclude it: the engine does not understand negation. Answer with the new query alone.",
    user: `Query: ${query}\n\nWanted topic: ${up}\nUnwanted topic: ${down}`,
    schemaName: "rewritten_query",
    schema: SCHEMA,
    maxTokens: 400,
    check: ({ query: text }) => (text.trim() === "" ? "the query is blank" : undefined),
  };
}
