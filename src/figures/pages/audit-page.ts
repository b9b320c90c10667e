import type {
  Audit,
  AuditEntry,
  AuditEvidence,
  AuditExample,
} from "../../labels/evidence/audit.js";
import { AUDIT_DETAIL_SCRIPT } from "./audit-page-detail.js";
import { AUDIT_LIST_SCRIPT, AUDIT_STYLE } from "./audit-page-list.js";
import { escapeHtml, pageHead, scriptJson } from "../render/html.js";

/** What the page says above the list. */
export interface AuditPageOptions {
  /** Default "Label audit". */
  title?: string;
  /** A sentence below the title, such as what the SAE and the corpus are. */
  about?: string;
}

/** Documents in a block, which the page parses when it needs one of them. */
const BLOCK = 100;

/**
 * Labels with the documents, answers and verdicts behind them as one HTML page that needs no server and no network: search,
 * filter, sort by score, open a label for its evidence; `#latent-12` and `#family-12` in the address open one. What a label
 * needs is parsed when it is opened, so that thousands of labels are no burden. All texts of corpus and models are data,
 * never markup.
 */
export function auditPage(
  { entries, documents, labels }: Audit,
  { title = "Label audit", about = "" }: AuditPageOptions = {},
): string {
  const blocks = Array.from({ length: Math.ceil(documents.length / BLOCK) }, (_, i) =>
    documents.slice(i * BLOCK, (i + 1) * BLOCK).map(({ id, text }) => [id, text ?? null]),
  );
  const data = (id: string, value: unknown): string =>
    `<script type="application/json" id="${id}">${scriptJson(value)}</script>`;
  return `<!doctype html>
<html lang="en">
${pageHead(title, AUDIT_STYLE)}
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(about)}</p>
<form id="controls">
<label>Search <input id="search" type="search" placeholder="words, or a latent's number" autocomplete="off"></label>
<label>Show <select id="show"></select></label>
<label>From <select id="source"></select></label>
<label>Score <select id="measure"></select></label>
<label>at most <input id="most" type="number" step="0.05" min="-1" max="1"></label>
<label>Order <select id="order"></select></label>
<span id="count" role="status"></span>
</form>
</header>
<main>
<nav aria-label="labels"><ol id="list"></ol><p id="more"><button type="button">Show more</button></p></nav>
<section id="detail" aria-live="polite"></section>
</main>
${data("rows", entries.map(listRow))}
${data("names", Object.fromEntries(labels))}
${entries.map((entry, i) => data(`entry-${i}`, detail(entry))).join("\n")}
${blocks.map((block, i) => data(`documents-${i}`, block)).join("\n")}
<script>"use strict";
const BLOCK = ${BLOCK};
${AUDIT_DETAIL_SCRIPT}${AUDIT_LIST_SCRIPT}</script>
</body>
</html>
`;
}

/** A score on the page: name, value, bounds (null where there are none), and on how many it was measured. */
type PageScore = [string, number, number | null, number | null, number];

/** What the list needs of every entry. */
interface ListRow {
  f: 0 | 1;
  i: number;
  l: string;
  src: string;
  s: PageScore[];
  k: string[];
  fam: string[];
  /** Whether a model was asked. */
  e: 0 | 1;
  /** Of the verdicts on the score set: wrong ones, failed ones, all. */
  w: number;
  x: number;
  n: number;
}

function listRow({ label, families, evidence }: AuditEntry): ListRow {
  const verdicts = scored(evidence);
  const failed = verdicts.filter(({ answer }) => answer === null);
  const wrong = verdicts.filter(({ answer, expected }) => answer !== null && answer !== expected);
  return {
    f: label.of === "family" ? 1 : 0,
    i: label.id,
    l: label.text,
    src: label.text === "" ? "none" : label.source,
    s: label.scores
      .filter(({ value }) => Number.isFinite(value))
      .map(({ name, value, n, interval: [low, high] = [null, null] }): PageScore => [
        name,
        value,
        low,
        high,
        n,
      ]),
    k: (label.keywords ?? []).slice(0, 10),
    fam: families,
    e: evidence === undefined ? 0 : 1,
    w: wrong.length,
    x: failed.length,
    n: verdicts.length,
  };
}

/** What is shown of an entry that is opened. */
function detail({ label, active, latents, evidence, examples }: AuditEntry): unknown {
  // A batch's verdicts share one key, which is longer than all the rest of a verdict.
  const keys = [...new Set(evidence?.verdicts.map(({ key }) => key))];
  const places = new Map(keys.map((key, place) => [key, place]));
  return {
    a: active,
    m: latents,
    reason: label.reason,
    notes: label.notes,
    model: evidence?.explainer ?? label.model,
    judge: evidence?.judge ?? label.judge,
    prompt: evidence?.promptVersion ?? label.promptVersion,
    date: evidence?.date ?? label.date,
    cost: label.cost,
    failed: label.failed,
    candidates: label.candidates,
    reasoning: label.reasoning,
    limit: evidence && tellLimit(evidence.limit),
    judged: evidence?.label,
    ex: evidence?.explanations.map(({ key, status, reason, labels, reasoning }) => ({
      key,
      ok: status === "ok",
      reason,
      labels,
      reasoning,
    })),
    shown: (evidence?.shown ?? examples).map(example),
    keys,
    v: evidence?.verdicts.map((verdict) => [
      verdict.document,
      verdict.set,
      verdict.label,
      verdict.expected ? 1 : 0,
      verdict.answer === null ? null : verdict.answer ? 1 : 0,
      verdict.confidence ?? null,
      verdict.probability ?? null,
      places.get(verdict.key),
    ]),
  };
}

function example({ document, set, kind, activation, member }: AuditExample): unknown[] {
  return [document, set, kind, activation, member ?? null];
}

function scored(evidence: AuditEvidence | undefined): AuditEvidence["verdicts"] {
  return (evidence?.verdicts ?? []).filter(
    ({ set, label }) => set === "score" && label === evidence?.label,
  );
}

function tellLimit(limit: AuditEvidence["limit"]): string {
  if ("characters" in limit) return `cut at ${limit.characters} characters`;
  return `the model saw the first ${limit.tokens} tokens, whole here`;
}
