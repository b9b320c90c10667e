import { type Codes, createCodes, createRandom, invertCodes } from "../../../src/core/index.js";
import type { ExampleSource } from "../../../src/labels/index.js";
import type { LlmCall, LlmReply } from "../servers/llm-server.js";

/** A corpus whose documents each speak of some themes, with latents that stand for a theme or for nothing. */
export interface Planted {
  codes: Codes;
  documents: { id: string; title: string; text: string }[];
  source: ExampleSource;
  /** Latents below this stand for a theme, the others are active at random. */
  themes: number;
}

export interface PlantedOptions {
  documents?: number;
  /** Latents that stand for a theme, and nonsense ones. */
  themes?: number;
  nonsense?: number;
  /** Documents in which a latent is active. */
  active?: number;
  seed?: number;
  /** Latents of which the first is active wherever one of the others is, so that they make a family. */
  groups?: number[][];
  /** More columns of a document, by the latents that are active in it. */
  columns?: (row: number, latents: ReadonlyMap<number, number>) => object;
  /** Replaces the text of a document, which holds its themes' words. */
  text?: (text: string, row: number) => string;
}

/** The word that stands for a theme in texts and labels. */
export function themeWord(theme: number): string {
  return `theme${String.fromCharCode(97 + (theme % 26))}${theme}`;
}

/** Each latent is active in `active` documents; those of a theme hold its word, and no other document does. */
export function plantCorpus({
  documents: count = 600,
  themes = 6,
  nonsense = 0,
  active = 60,
  seed = 1,
  groups = [],
  text: change = (text) => text,
  columns = () => ({}),
}: PlantedOptions = {}): Planted {
  const random = createRandom(seed);
  const n = themes + nonsense;
  const latentsOf = Array.from({ length: count }, () => new Map<number, number>());
  for (let latent = 0; latent < n; latent++) {
    const rows = new Set<number>();
    while (rows.size < Math.min(active, count)) rows.add(Math.floor(random() * count));
    for (const row of rows) latentsOf[row].set(latent, 0.1 + random());
  }
  for (const [parent, ...children] of groups) {
    for (const latents of latentsOf) {
      if (children.some((child) => latents.has(child))) latents.set(parent, 0.5 + random());
    }
  }
  const k = Math.max(1, ...latentsOf.map(({ size }) => size));
  const indices = new Uint32Array(count * k);
  const values = new Float32Array(count * k);
  latentsOf.forEach((latents, row) => {
    const sorted = [...latents].sort(([, a], [, b]) => b - a);
    // Empty slots name latents that are not active, with value 0.
    let filler = 0;
    for (let slot = 0; slot < k; slot++) {
      const [latent, value] = sorted[slot] ?? [nextFree(latents, () => filler++), 0];
      indices[row * k + slot] = latent % n;
      values[row * k + slot] = value;
    }
  });
  const documents = latentsOf.map((latents, row) => {
    const words = Array.from({ length: 14 }, () => `w${Math.floor(random() * 1e7)}`);
    for (const latent of latents.keys()) {
      if (latent < themes) words.splice(Math.floor(random() * 14), 0, themeWord(latent));
    }
    const text = change(words.join(" "), row);
    return { id: `doc-${row}`, title: `Document ${row}`, text, ...columns(row, latents) };
  });
  const codes = createCodes(count, k, n, indices, values);
  return { codes, documents, themes, source: { postings: invertCodes(codes), documents } };
}

function nextFree(latents: ReadonlyMap<number, number>, next: () => number): number {
  let found = next();
  while (latents.has(found)) found = next();
  return found;
}

interface Shown {
  id: string;
  text: string;
  strength?: number;
}

/** The documents of a prompt, read as a model that keeps to the data block reads them. */
export function readShown(user: string): Shown[] {
  const lines = user.split("\n");
  const [from, to] = [lines.indexOf("BEGIN DOCUMENTS"), lines.indexOf("END DOCUMENTS")];
  const shown =
    from < 0 ? lines.filter((line) => line.startsWith('{"text"')) : lines.slice(from + 1, to);
  return shown.map((line) => JSON.parse(line) as Shown);
}

/** The label that a judge's prompt is about. */
export function labelAsked(user: string): string {
  const [, label] = /^(\{"label":.*\})$/m.exec(user) ?? [];
  return (JSON.parse(label) as { label: string }).label;
}

/** Answers the labeller's prompts from what the texts hold; a label that names no theme is right by chance. */
export function answerPlanted({ body }: LlmCall): LlmReply {
  const { content: user } = body.messages[1];
  const { name } = (body.response_format?.json_schema ?? {}) as { name?: string };
  if (name === "explanation") return explain(user);
  if (name === "family_name") return nameFamily(user);
  const label = labelAsked(user);
  if (name === undefined) {
    const { text } = JSON.parse(user.split("\n")[1]) as { text: string };
    const content = holds(label, text) ? "Yes" : "No";
    return { content, finish: "length", logprobs: [verdictToken(content, content === "Yes")] };
  }
  const shown = readShown(user);
  if (name === "confidence") {
    return JSON.stringify({ confidence: holds(label, shown[0].text) ? 0.9 : -0.8 });
  }
  const verdicts = shown.map(({ id, text }) => [id, holds(label, text) ? "yes" : "no"]);
  const content = JSON.stringify(Object.fromEntries(verdicts));
  return { content, ...(body.logprobs === true ? { logprobs: logprobsOf(content) } : {}) };
}

function holds(label: string, text: string): boolean {
  const themes = label.match(/theme[a-z]\d+/g);
  const words = new Set(text.match(/theme[a-z]\d+/g));
  if (themes !== null) return themes.some((theme) => words.has(theme));
  // As good as a coin, and always the same for a text.
  let hash = 7;
  for (const letter of label + text) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return ((hash >>> 7) & 1) === 1;
}

function explain(user: string): string {
  const shown = readShown(user);
  const wordsOf = ({ text }: Shown): Set<string> => new Set(text.match(/theme[a-z]\d+/g));
  const active = shown.filter(({ strength = 1 }) => strength > 0).map(wordsOf);
  const silent = shown.filter(({ strength }) => strength === 0).map(wordsOf);
  const [first = new Set<string>()] = active;
  const shared = [...first].filter(
    (word) => active.every((set) => set.has(word)) && !silent.some((set) => set.has(word)),
  );
  // Different for every latent, as the labels of a model are.
  const odd = /\bw\d+/.exec(shown[0]?.text ?? "")?.[0] ?? "matters";
  const right = shared.length > 0 ? `matters of ${shared[0]}` : `assorted ${odd}`;
  const wanted = Number(/^Give (\d+) labels/m.exec(user)?.[1] ?? 1);
  const steps = {
    hypotheses: `things in general; ${right}`,
    struck: "things in general",
    granularity: "The narrower one fits.",
  };
  if (wanted === 1)
    return JSON.stringify({ ...(user.includes('"struck"') && steps), label: right });
  // The right one is not the first of several, so that choosing matters.
  const [decoy, ...others] = [`${odd} in general`, `other ${odd} in general`].slice(0, wanted - 1);
  const labels = [decoy, right, ...others].map((label, i) => [`label_${i + 1}`, label]);
  return JSON.stringify({ ...steps, ...Object.fromEntries(labels) });
}

function nameFamily(user: string): string {
  const themes = [...new Set(user.match(/theme[a-z]\d+/g) ?? [])];
  const name = themes.length > 0 ? `any of ${themes.slice(0, 6).join(" ")}` : "assorted matters";
  const others = /^Give \d/m.test(user) ? { name_1: name, name_2: "n", name_3: "n" } : { name };
  return JSON.stringify({ common: "They are all themes.", ...others });
}

// A token a character but for the verdicts, as odd as servers may be.
function logprobsOf(content: string): unknown[] {
  return (content.match(/":"(?:yes|no)(?=")|[\s\S]/g) ?? []).map((token) => {
    if (!/(yes|no)$/.test(token) || token.length < 4)
      return { token, logprob: 0, top_logprobs: [] };
    return verdictToken(token, token.endsWith("yes"));
  });
}

function verdictToken(token: string, isYes: boolean): object {
  const before = token.replace(/(yes|no)$/i, "");
  const [yes, no] = [Math.log(isYes ? 0.9 : 0.2), Math.log(isYes ? 0.1 : 0.8)];
  const top_logprobs = [
    { token: `${before}yes`, logprob: yes },
    { token: `${before}no`, logprob: no },
    { token: `${before}maybe`, logprob: -20 },
  ];
  return { token: before + (isYes ? "yes" : "no"), logprob: isYes ? yes : no, top_logprobs };
}
