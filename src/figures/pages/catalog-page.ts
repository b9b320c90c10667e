import type { CatalogRow } from "../../catalog/row.js";
import { escapeHtml, pageHead, scriptJson } from "../render/html.js";
import { PAGE_SCRIPT, PAGE_STYLE } from "./catalog-page-parts.js";

/** What the page says above the table. */
export interface CatalogPageOptions {
  /** Default "Feature catalog". */
  title?: string;
  /** A sentence below the title, such as what the SAE and the corpus are. */
  about?: string;
  /** Documents shown of each latent. Default 5. */
  documents?: number;
}

/**
 * The catalog as one HTML page that needs no server and no network: search by words, sort by a column, open a latent
 * for its keywords, families, neighbours and strongest documents; `#latent-12` in the address opens one. All texts of
 * corpus and models are data, never markup.
 */
export function catalogPage(
  rows: readonly CatalogRow[],
  { title = "Feature catalog", about = "", documents = 5 }: CatalogPageOptions = {},
): string {
  const data = rows.map((row) => ({
    i: row.index,
    l: row.label,
    o: row.label_note,
    src: row.label_source,
    s: row.score,
    sn: row.score_name,
    n: row.score_n,
    lo: row.score_low,
    hi: row.score_high,
    a: row.active,
    d: row.density,
    m: row.max_activation,
    k: row.keywords,
    f: row.families.map(({ id, name, role }) => [id, name, role]),
    c: row.class_name ?? row.class,
    cf: row.class_f1,
    near: row.nearest.slice(0, documents).map(({ index, cosine }) => [index, cosine]),
    co: row.coactive.slice(0, documents).map(({ index, cosine }) => [index, cosine]),
    t: row.top_documents
      .slice(0, documents)
      .map((document) => [document.id, document.title, document.value]),
  }));
  return `<!doctype html>
<html lang="en">
${pageHead(title, PAGE_STYLE)}
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(about)}</p>
<label>Search <input id="search" type="search" placeholder="words of labels, keywords, families, titles" autocomplete="off"></label>
<span id="count" role="status"></span>
</header>
<main>
<table>
<thead><tr id="head"></tr></thead>
<tbody id="body"></tbody>
</table>
<p id="more"><button type="button">Show more</button></p>
</main>
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}
