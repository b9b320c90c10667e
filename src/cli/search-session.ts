import { createInterface } from "node:readline";
import type { DocumentSearch } from "../atlas/document-search.js";
import type { AtlasStore } from "../atlas/store.js";
import type { SteeringEdit } from "../search/edits.js";
import { sharedLatents } from "../search/explain.js";
import type { SteeringMethod } from "../search/steering-methods.js";
import { type SteeringSession, startSteering } from "../search/steering-session.js";
import { type NamedEdit, type Names, readEdit } from "../search/names.js";
import {
  type Found,
  describeResults,
  describeShared,
  explainResults,
  toFound,
} from "./text/search-results.js";

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

const KINDS: Record<string, SteeringEdit["kind"]> = {
  more: "up",
  less: "down",
  set: "set",
  remove: "remove",
};

const INCOMPLETE = /^(more|less|set|remove|why|shared)[\s\d]*$/;

/** Everything that searches of an atlas need, open. */
export interface OpenSearch {
  atlas: DocumentSearch;
  data: AtlasStore;
  names: Names;
  limit: number;
  method: SteeringMethod | undefined;
  accept: ((row: number) => boolean) | undefined;
  explain: boolean;
  /** The text as a vector of the embeddings' width. */
  embed(text: string): Promise<Float32Array>;
}

/** Where a session reads and writes. */
export interface SessionStreams {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}

/** What a session knows between two lines. */
interface State {
  query?: Float32Array;
  /** What results are scored with. */
  searched?: Float32Array;
  found?: Found;
  session: SteeringSession;
  searches: number;
}

/**
 * Reads lines until the input ends or says quit: queries, and words that steer. What is wrong with a line is reported, and
 * the session continues. Gives the number of searches.
 */
export async function runSearchSession(
  open: OpenSearch,
  edits: readonly NamedEdit[],
  { input, output, signal }: SessionStreams,
): Promise<number> {
  const state: State = { session: startSteering(edits), searches: 0 };
  const lines = createInterface({ input, signal });
  const prompt = (): boolean => output.write("> ");
  prompt();
  for await (const raw of lines) {
    const line = raw.trim();
    if (line === "quit" || line === "exit") break;
    if (line !== "") {
      try {
        for (const text of await obey(open, state, line)) output.write(`${text}\n`);
      } catch (error) {
        if (signal.aborted || !(error instanceof Error)) throw error;
        output.write(`${error.message}\n`);
      }
    }
    prompt();
  }
  output.write("\n");
  signal.throwIfAborted();
  return state.searches;
}

async function obey(open: OpenSearch, state: State, line: string): Promise<string[]> {
  const edit = /^(more|less|set|remove)\s+(.+)$/.exec(line);
  if (edit) {
    state.session = state.session.add(parseEdit(open, KINDS[edit[1]], edit[2].trim()));
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
    default:
      return await searchText(open, state, line.replace(/^"(.*)"$/, "$1").trim());
  }
}

// The strength is the last word where that is a number and something stands before it.
function parseEdit({ names }: OpenSearch, kind: SteeringEdit["kind"], text: string): NamedEdit {
  const [, term, strength] = /^(.+?)(?:\s+(-?[\d.]+))?$/.exec(text) ?? ["", text];
  return readEdit(names, kind, term, strength);
}

async function searchText(open: OpenSearch, state: State, text: string): Promise<string[]> {
  if (text === "") return ["the query is empty"];
  state.query = await open.embed(text);
  return search(open, state);
}

async function search(open: OpenSearch, state: State): Promise<string[]> {
  if (!state.query) return ["saved for the first query"];
  const edits = editsOf(state);
  const { atlas, limit, method, accept, explain: always } = open;
  const results = await atlas.search(state.query, { count: limit, edits, method, accept });
  state.searched = results.steered?.query ?? state.query;
  state.found = await toFound(open, results, always ? state.searched : undefined);
  state.searches++;
  return [...describeResults(state.found, edits), ...explainResults(state.found)];
}

async function explain(open: OpenSearch, state: State, rank: number): Promise<string[]> {
  const document = state.found?.results[rank - 1];
  if (!document || !state.searched) return [`no result ${rank}`];
  const explanation = await open.atlas.explain(state.searched, document.row);
  const labels = explanation.latents.map(({ latent }) => open.atlas.labels[latent]);
  return explainResults({ results: [{ ...document, explanation: { ...explanation, labels } }] });
}

async function shared(
  { atlas, data }: OpenSearch,
  { found }: State,
  ranks: readonly [number, number],
): Promise<string[]> {
  const [a, b] = ranks.map((rank) => found?.results[rank - 1]);
  if (!a || !b) return [`no results ${ranks.join(" and ")}`];
  return describeShared(atlas.labels, sharedLatents(await data.codes(), a.row, b.row));
}

function editsOf({ session }: State): readonly NamedEdit[] {
  return session.edits as readonly NamedEdit[];
}
