import { z } from "zod";
import type { Question } from "../../llm/types.js";

const SCHEMA = z.object({ query: z.string().min(1).max(2000) });

/** The question that asks to reword a query towards the label `up` and away from the label `down`. */
export function rewriteQuestion(
  query: string,
  up: string,
  down: string,
): Question<{ query: string }> {
  return {
    prompt: { name: "steering-rewrite", version: "2" },
    system:
      "You rewrite queries for a semantic search engine. Preserve the subject of the query as far as possible, but add " +
      "the wanted topic and remove the unwanted one. Do not mention the unwanted topic, even to exclude it: the engine " +
      "does not understand negation. Answer with the new query only.",
    user: `Query: ${query}\n\nWanted topic: ${up}\nUnwanted topic: ${down}`,
    schemaName: "rewritten_query",
    schema: SCHEMA,
    maxTokens: 400,
    check: ({ query: text }) => (text.trim() === "" ? "the query is blank" : undefined),
  };
}
