import { createInterface } from "node:readline";
import type { Atlas } from "../atlas/atlas.js";
import { namesOf } from "../atlas/search/search.js";
import type { SearchOptions, SearchResults } from "../atlas/search/search.js";
import type { SteeringEdit } from "../search/edits.js";
import { sharedLatents } from "../search/explain.js";
import { type NamedEdit, readEdit } from "../search/names/names.js";
import { type SteeringSession, startSteering } from "../search/steering-session.js";
import { describeResults, describeShared, explainResults } from "./results/search-results.js";

const HELP = `QUERY                 search for a text
more TERM [STRENGTH]  more of a latent (its number or words of its label) or family:NAME
less, set TERM [STRENGTH], remove TERM
undo, redo            take back the latest edit, or make it again
why RANK              which latents make up that result's score
shared RANK RANK      which latents are active in both results
history               the edits in force
clear                 remove all edits
"QUERY"               search for a text that begins with one of these words
help, quit`;

const KINDS = new Map<string, SteeringEdit["kind"]>([
  ["more", "up"],
  ["less", "down"],
  ["set", "set"],
  ["remove", "remove"],
]);

const INCOMPLETE = /^(more|less|set|remove|why|shared)[\s\d]*$/;

/** Where a session reads and writes. */
export interface SessionStreams {
  input: NodeJS.ReadableStream;
  print: (lines: readonly string[]) => void;
  prompt: (prompt: string) => void;
  signal: AbortSignal;
}

/** What a session knows between two lines. */
interface State {
  text?: string;
  found?: SearchResults;
  session: SteeringSession;
  searches: number;
}

interface OpenSearch {
  atlas: Atlas;
  options: SearchOptions;
}

/**
 * Reads lines until the input ends or says quit: queries, and words that steer. What is wrong with a line is reported, and
 * the session continues. Gives the number of searches.
 */
export async function runSearchSession(
  atlas: Atlas,
  edits: readonly NamedEdit[],
  options: SearchOptions,
  { input, print, prompt, signal }: SessionStreams,
): Promise<number> {
  const state: State = { session: startSteering(edits), searches: 0 };
  const lines = createInterface({ input, signal });
  prompt("> ");
  for await (const raw of lines) {
    const line = raw.trim();
    if (line === "quit" || line === "exit") break;
    if (line !== "") {
      try {
        print(await obey({ atlas, options }, state, line));
      } catch (error) {
        if (signal.aborted || !(error instanceof Error)) throw error;
        print([error.message]);
      }
    }
    prompt("> ");
  }
  print([""]);
  signal.throwIfAborted();
  return state.searches;
}

async function obey(open: OpenSearch, state: State, line: string): Promise<string[]> {
  const edit = /^(more|less|set|remove)\s+(.+)$/.exec(line);
  const kind = KINDS.get(edit?.[1] ?? "");
  if (edit && kind) {
    state.session = state.session.add(await parseEdit(open, kind, edit[2].trim()));
    return search(open, state);
  }
  const why = /^why\s+(\d+)$/.exec(line);
  if (why) return explain(open, state, Number(why[1]));
  const both = /^shared\s+(\d+)\s+(\d+)$/.exec(line);
  if (both) return shared(open, state, [Number(both[1]), Number(both[2])]);
  if (INCOMPLETE.test(line))
    return [`"${line}" is incomplete: see help, or put it in quotes to search for it`];
  switch (line) {
    case "help":
      return HELP.split("\n");
    case "history":
      return editsOf(state).length === 0 ? ["no edits"] : editsOf(state).map(({ name }) => name);
    case "undo":
    case "redo": {
      const next = state.session[line]();
      if (next === state.session) return [`nothing to ${line}`];
      state.session = next;
      return search(open, state);
    }
    case "clear":
      state.session = startSteering();
      return search(open, state);
    default: {
      const text = line.replace(/^"(.*)"$/, "$1").trim();
      if (text === "") return ["the query is empty"];
      state.text = text;
      return search(open, state);
    }
  }
}

// The strength is the last word where that is a number and something stands before it.
async function parseEdit(
  { atlas }: OpenSearch,
  kind: SteeringEdit["kind"],
  text: string,
): Promise<NamedEdit> {
  const [, term, strength] = /^(.+?)(?:\s+(-?[\d.]+))?$/.exec(text) ?? ["", text];
  return readEdit(await namesOf(atlas.store), kind, term, strength);
}

async function search({ atlas, options }: OpenSearch, state: State): Promise<string[]> {
  if (state.text === undefined) return ["saved for the first query"];
  state.found = await atlas.search(state.text, { ...options, edits: editsOf(state) });
  state.searches++;
  return [...describeResults(state.found), ...explainResults(state.found.hits)];
}

async function explain({ atlas }: OpenSearch, { found }: State, rank: number): Promise<string[]> {
  const hit = found?.hits[rank - 1];
  if (!found || !hit) return [`no result ${rank}`];
  const explanation = await atlas.explain(found.query, hit.row);
  return explainResults([{ ...hit, explanation }]);
}

async function shared(
  { atlas }: OpenSearch,
  { found }: State,
  ranks: readonly [number, number],
): Promise<string[]> {
  const [a, b] = ranks.map((rank) => found?.hits[rank - 1]);
  if (!a || !b) return [`no results ${ranks.join(" and ")}`];
  return describeShared(await atlas.labels(), sharedLatents(await atlas.codes(), a.row, b.row));
}

function editsOf({ session }: State): readonly NamedEdit[] {
  return session.edits as readonly NamedEdit[];
}
