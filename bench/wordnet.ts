import { FormatError, addToList } from "../src/core/index.js";

/** Names of WordNet's lexicographer files, by their number in the data files (lexnames(5WN)); nouns are 3 to 28, verbs 29 to 43. */
const LEXICAL_FILES: readonly string[] = [
  "adj.all",
  "adj.pert",
  "adv.all",
  "Tops",
  "act",
  "animal",
  "artifact",
  "attribute",
  "body",
  "cognition",
  "communication",
  "event",
  "feeling",
  "food",
  "group",
  "location",
  "motive",
  "object",
  "person",
  "phenomenon",
  "plant",
  "possession",
  "process",
  "quantity",
  "relation",
  "shape",
  "state",
  "substance",
  "time",
  ...["body", "change", "cognition", "communication", "competition", "consumption", "contact"].map(
    (name) => `verb.${name}`,
  ),
  ...["creation", "emotion", "motion", "perception", "possession", "social", "stative"].map(
    (name) => `verb.${name}`,
  ),
  "verb.weather",
];

/** The parts of speech that have a hierarchy. */
export type PartOfSpeech = "n" | "v";

/** One synset. */
export interface Synset {
  /** Its part of speech and the eight digits of its byte offset in the data file, such as "n02086723". */
  id: string;
  /** Its lexicographer file, such as "animal". */
  lexicalFile: string;
  /** The synonyms, with spaces for underscores. */
  words: string[];
  /** Ids of its hypernyms, and of the classes that it is an instance of. */
  parents: string[];
  /** Definition without the quoted examples after it. */
  definition: string;
}

/** What to take from WordNet: whole lexical files, single subtrees (including the root), and subtrees to exclude. */
export interface SynsetSelection {
  lexicalFiles: readonly string[];
  subtrees: readonly string[];
  without: readonly string[];
}

/**
 * The synsets of WordNet's `data.noun` or `data.verb` (wndb(5WN)) in file order. Errors refer to the file as
 * `name`. Throws FormatError with the line number if a line is malformed or a hypernym is not in the file.
 */
export function parseSynsets(text: string, name: string, part: PartOfSpeech): Synset[] {
  const synsets: Synset[] = [];
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    // The licence at the top is indented.
    if (lines[i] === "" || lines[i].startsWith(" ")) continue;
    const synset = parseSynset(lines[i], part);
    if (synset === undefined) {
      const wanted = part === "n" ? "noun" : "verb";
      throw new FormatError(
        name,
        `line ${i + 1}: expected a ${wanted} synset, got ${quote(lines[i])}`,
      );
    }
    synsets.push(synset);
  }
  const ids = new Set(synsets.map((synset) => synset.id));
  for (const { id, parents } of synsets) {
    const missing = parents.find((parent) => !ids.has(parent));
    if (missing !== undefined) {
      throw new FormatError(name, `synset ${id} has the hypernym ${missing}, which is not there`);
    }
  }
  return synsets;
}

/** The ids of `root` and of everything below it; empty if `root` is not a synset's id. */
export function subtreeIds(synsets: readonly Synset[], root: string): Set<string> {
  const children = new Map<string, string[]>();
  for (const { id, parents } of synsets) {
    for (const parent of parents) addToList(children, parent, id);
  }
  const seen = new Set<string>();
  const open = synsets.some(({ id }) => id === root) ? [root] : [];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(children.get(id) ?? []));
  }
  return seen;
}

/** The selected synsets in their given order. Throws RangeError for an unknown lexical file or root. */
export function selectSynsets(
  synsets: readonly Synset[],
  { lexicalFiles, subtrees, without }: SynsetSelection,
): Synset[] {
  const unknown = lexicalFiles.find((file) => !LEXICAL_FILES.includes(file));
  if (unknown !== undefined) {
    throw new RangeError(`selectSynsets: no lexical file is called ${quote(unknown)}`);
  }
  const union = (roots: readonly string[]): Set<string> => {
    const ids = new Set<string>();
    for (const root of roots) {
      const below = subtreeIds(synsets, root);
      if (below.size === 0) throw new RangeError(`selectSynsets: no synset is called ${root}`);
      for (const id of below) ids.add(id);
    }
    return ids;
  };
  const inside = union(subtrees);
  const outside = union(without);
  return synsets.filter(
    ({ id, lexicalFile }) =>
      (lexicalFiles.includes(lexicalFile) || inside.has(id)) && !outside.has(id),
  );
}

/** Every ancestor of the given synsets, excluding the synsets themselves unless they are ancestors of another one. */
export function ancestorIds(synsets: readonly Synset[], of: readonly Synset[]): Set<string> {
  const byId = new Map(synsets.map((synset) => [synset.id, synset]));
  const seen = new Set<string>();
  const open = of.flatMap(({ parents }) => parents);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(byId.get(id)?.parents ?? []));
  }
  return seen;
}

/**
 * A short name for each synset: its first word; if several share that, with the lexical file in parentheses; if that is
 * shared too, all its words; if even that is shared, with the id.
 */
export function nameSynsets(synsets: readonly Synset[]): Map<string, string> {
  const forms: ((synset: Synset) => string)[] = [
    ({ words }) => words[0],
    ({ words, lexicalFile }) => `${words[0]} (${lexicalFile})`,
    ({ words }) => words.join(", "),
    ({ words, id }) => `${words.join(", ")} (${id})`,
  ];
  const names = new Map<string, string>();
  let open = [...synsets];
  for (const form of forms) {
    const uses = new Map<string, number>();
    for (const synset of open) uses.set(form(synset), (uses.get(form(synset)) ?? 0) + 1);
    for (const synset of open) if (uses.get(form(synset)) === 1) names.set(synset.id, form(synset));
    open = open.filter(({ id }) => !names.has(id));
  }
  return names;
}

// offset lexfile type words(hex) (word lex_id)* pointers (symbol offset pos source/target)* [frames] | gloss
function parseSynset(line: string, part: PartOfSpeech): Synset | undefined {
  const bar = line.indexOf(" | ");
  if (bar < 0) return undefined;
  const fields = line.slice(0, bar).trim().split(" ");
  const lexicalFile = LEXICAL_FILES[Number(fields[1])];
  if (!/^\d{8}$/.test(fields[0]) || lexicalFile === undefined || fields[2] !== part)
    return undefined;
  const wordCount = Number.parseInt(fields[3], 16);
  const pointersAt = 4 + 2 * wordCount;
  const pointerCount = Number(fields[pointersAt]);
  const end = pointersAt + 1 + 4 * pointerCount;
  // After a verb's pointers come its sentence frames: their number, then three fields each.
  const frames = part === "v" ? 1 + 3 * Number(fields[end]) : 0;
  if (!(wordCount > 0) || fields.length !== end + frames) return undefined;
  const words: string[] = [];
  for (let i = 4; i < pointersAt; i += 2) words.push(fields[i].replaceAll("_", " "));
  const parents: string[] = [];
  for (let i = pointersAt + 1; i < end; i += 4) {
    const isUp = fields[i] === "@" || fields[i] === "@i";
    if (isUp && fields[i + 2] === part) parents.push(`${part}${fields[i + 1]}`);
  }
  const definition = line
    .slice(bar + 3)
    .split(/[;:] ?"/)[0]
    .trim();
  return { id: `${part}${fields[0]}`, lexicalFile, words, parents, definition };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
