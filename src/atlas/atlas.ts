import type { Codes, Matrix, OnProgress, Postings } from "../core/index.js";
import type { PresentationPart } from "../core/presentation.js";
import { showsItself } from "../core/self-showing.js";
import type { CatalogRow } from "../catalog/row.js";
import type { StabilityReport } from "../compare/stability-report.js";
import { type Document } from "../corpus/corpus.js";
import type { Engine } from "../engine/engine.js";
import type { Coactivation, Forest } from "../families/index.js";
import type { Figure } from "../figures/figure.js";
import type { MapQuality } from "../projection/map-quality.js";
import type { Family, Label } from "../records/index.js";
import { encodeEmbeddings } from "../sae/encode.js";
import type { Sae, SaeMetrics } from "../sae/index.js";
import type { SteeredQuery } from "../search/index.js";
import { type Term, findFamily, findLatent } from "../search/names/names.js";
import type { TaxonomyReport } from "../taxonomy/taxonomy-report.js";
import { readAtlasOptions } from "./files/atlas-options.js";
import { type AtlasAudit, type AtlasAuditOptions, auditAtlas } from "./labels/audit-atlas.js";
import type { CompareOptions, ComparedSae, SaeComparison } from "./compare.js";
import { compareSaes, comparedSide } from "./compare.js";
import type { ContrastReport } from "./contrast/contrast-report.js";
import { type ContrastStoreOptions, contrastStore } from "./contrast/contrast-store.js";
import type { DocumentSet } from "./contrast/document-set.js";
import { correctLabel } from "./labels/correct-label.js";
import type { OpenOptions } from "./open-options.js";
import { type CorpusEmbedder, corpusEmbedder } from "./search/corpus-embedder.js";
import { type DocumentSearches, documentSearches } from "./search/document-search.js";
import type { ExportTarget } from "../exports/targets.js";
import { type ExportOptions, defaultExport, exportStore } from "./export.js";
import type { AtlasFigureOptions } from "./figures/entry.js";
import { type FigureListing, listFigures } from "./figures/registry.js";
import { type FigureInputs, inputSources } from "./figures/inputs.js";
import type { FigureSources } from "./figures/sources.js";
import { type FindOptions, type FoundNames, findNames } from "./search/find-names.js";
import { type WriteFiguresOptions, drawFigures, writeFigures } from "./figures/write-figures.js";
import { type ImportOptions, type ImportReport, importLabels } from "./labels/import-labels.js";
import type { LabelEstimate, LabelOptions, LabelReport } from "./labels/label.js";
import { estimateLabels, labelStore } from "./labels/label.js";
import { type ExplorerOptions, type ExplorerView, openExplorerView } from "./explorer/view.js";
import { inTurn, withLock } from "./files/lock.js";
import { type AtlasStability, withDefaultSeeds } from "./options.js";
import { buildFolder, refreshLabels, refreshMap } from "./steps/index.js";
import { placeDocuments } from "./search/place-documents.js";
import { type ScoreOptions, type ScoreReport, scoreStore } from "./labels/score.js";
import type { ExplainOptions, LabelledExplanation, Query, SearchOptions } from "./search/search.js";
import type { SearchResults, SteeringOptions } from "./search/search.js";
import { embedQuery, explainDocument, namesOf, readSteering } from "./search/search.js";
import { searchDocuments } from "./search/search.js";
import { type SteeringRun, type SteeringRunOptions, runSteering } from "./search/steering-run.js";
import type { BuildReport } from "./steps/atlas-build.js";
import { AtlasStore } from "./store.js";
import type { CodesView, DocumentView, FamilyView, LatentView } from "./views.js";
import { presentAtlas, viewCodes, viewDocument, viewFamily, viewLatent } from "./views.js";

/**
 * An atlas: an SAE's latents over a corpus, with codes, labels, families, map and catalog. What it holds is read when it is
 * first asked for, checked, and kept; names are looked up by number or by words. Made by openAtlas or buildAtlas; `close`
 * frees the engine and the search index.
 */
export class Atlas {
  /** Folder of the atlas. */
  readonly dir: string;
  /** Name of that folder. */
  readonly name: string;
  /** The files and values behind the atlas, for functions that work beside it. */
  readonly store: AtlasStore;
  readonly #options: OpenOptions;
  readonly #embedder: CorpusEmbedder;
  /** What the build did, where `buildAtlas` made this. */
  readonly built: BuildReport | undefined;
  readonly #searches: DocumentSearches;

  /** Use openAtlas. */
  constructor(store: AtlasStore, options: OpenOptions = {}, built?: BuildReport) {
    showsItself(this);
    this.built = built;
    this.dir = store.dir;
    this.name = store.name;
    this.store = store;
    this.#options = options;
    this.#embedder = corpusEmbedder(store, options.embedder);
    this.#searches = documentSearches(store, options);
  }

  /** Its sizes and largest families, as a notebook shows them. */
  present(): Promise<PresentationPart[]> {
    return presentAtlas(this.store);
  }

  /** The corpus, row for row. */
  documents(): Promise<Document[]> {
    return this.store.documents();
  }

  /** The documents' embeddings [N, d]. */
  embeddings(): Promise<Matrix> {
    return this.store.embeddings();
  }

  sae(): Promise<Sae> {
    return this.store.sae();
  }

  /** Active latents of every document [N, k]. */
  codes(): Promise<Codes> {
    return this.store.codes();
  }

  /** Documents of every latent. */
  postings(): Promise<Postings> {
    return this.store.postings();
  }

  /** How often, and how alike, latents are active together. */
  coactivation(): Promise<Coactivation> {
    return this.store.coactivation();
  }

  /** The maximum spanning forest that families are cut from. */
  forest(): Promise<Forest> {
    return this.store.forest();
  }

  families(): Promise<Family[]> {
    return this.store.families();
  }

  /** By latent. */
  labels(): Promise<Map<number, Label>> {
    return this.store.labels();
  }

  /** A row per latent, in order: label, scores, density, families, place and relatives. */
  catalog(): Promise<CatalogRow[]> {
    return this.store.catalog();
  }

  /** Places of the latents on the map [n, 2]. */
  places(): Promise<Matrix> {
    return this.store.places();
  }

  /** Places of the documents by their embeddings [N, 2]; undefined where they have no map of their own. */
  documentPlaces(): Promise<Matrix | undefined> {
    return this.store.documentPlaces();
  }

  /** How well a map keeps neighbours, beside places at random; undefined where that was not measured. */
  mapQuality(of: "latents" | "documents" = "latents"): Promise<MapQuality | undefined> {
    return this.store.mapQuality(of);
  }

  /** Lays out the map of latents or documents, unless it is up to date. */
  map(of: "latents" | "documents"): Promise<BuildReport> {
    return this.#reloaded(() => refreshMap(this.dir, of, this.#options));
  }

  /** Places of new embeddings [rows, d] on the documents' map, whose own places stay [rows, 2]. */
  place(rows: Matrix): Promise<Matrix> {
    return placeDocuments(this.store, rows, this.#options);
  }

  /** How well the SAE reconstructs the corpus. */
  metrics(): Promise<SaeMetrics> {
    return this.store.metrics();
  }

  /** Agreement with the documents' classes; undefined where they have none. */
  taxonomy(): Promise<TaxonomyReport | undefined> {
    return this.store.taxonomy();
  }

  /** How reproducible families and latents are; undefined where `measureStability` was not run. */
  stability(): Promise<StabilityReport | undefined> {
    return this.store.stability();
  }

  /** The device that encodes and compares. */
  engine(): Promise<Engine> {
    return this.store.engine();
  }

  /** A latent by its number or by words of its label, with its documents and relatives. Throws ArgumentError. */
  latent(term: Term, options: { limit?: number } = {}): Promise<LatentView> {
    return viewLatent(this.store, term, options);
  }

  /** A family by its parent latent's number or by words of its name, with its latents. Throws ArgumentError. */
  family(term: Term): Promise<FamilyView> {
    return viewFamily(this.store, term);
  }

  /** A document by its row, its id or words of its title, with its latents. Throws ArgumentError. */
  document(term: Term): Promise<DocumentView> {
    return viewDocument(this.store, term);
  }

  /**
   * Latents, or families, whose names have the words of a text, and behind those the nearest by meaning. `words` leaves the
   * latter out, which need the embedder.
   */
  async find(text: string, options: FindOptions = {}): Promise<FoundNames[]> {
    const search = await this.#searches.open(true);
    return findNames(this.store, search, text, { embedder: this.#embedder, ...options });
  }

  /**
   * Documents by meaning: the nearest to a text or an embedding by cosine, exact, steered by latents where asked. The
   * first search makes an index of the embeddings ready, later ones use it; `once` reads the file as it goes instead.
   * Throws ArgumentError for names that nothing has, and for a text whose embedder is not the corpus's.
   */
  async search(
    query: Query,
    { once: isOnly = false, ...options }: SearchOptions & { once?: boolean } = {},
  ): Promise<SearchResults> {
    const search = await this.#searches.open(isOnly);
    const vector = () => embedQuery(query, search.cols, () => this.#embedder(options.embedder));
    return searchDocuments(this.store, search, vector, { ...options, asked: query });
  }

  /** A query's embedding after edits, and what the edits did to its latents. Throws as search does. */
  async steer(query: Query, options: SteeringOptions): Promise<SteeredQuery> {
    const search = await this.#searches.open(true);
    const edits = readSteering(await namesOf(this.store), options);
    const vector = await embedQuery(query, search.cols, this.#embedder);
    return search.steer(vector, edits, options.method);
  }

  /** The cosine of a query and a document, by its row, id or title, as an exact sum over latents; see explainScore. */
  async explain(
    query: Query,
    document: Term,
    options: ExplainOptions = {},
  ): Promise<LabelledExplanation> {
    const search = await this.#searches.open(true);
    const vector = () => embedQuery(query, search.cols, this.#embedder);
    return explainDocument(this.store, search, vector, { ...options, document });
  }

  /** The codes of texts, or of embeddings [rows, d], beside the embeddings; a notebook shows the codes with labels. */
  async encode(
    input: readonly string[] | Matrix,
    options: { batch?: number; onProgress?: OnProgress; signal?: AbortSignal } = {},
  ): Promise<CodesView> {
    const isMatrix = "data" in input;
    const matrix = isMatrix ? input : await (await this.#embedder()).embed(input, options);
    const engine = await this.engine();
    const codes = await encodeEmbeddings(await this.sae(), matrix, { engine, ...options });
    return viewCodes(this.store, codes, matrix, isMatrix ? [] : input);
  }

  /** One figure by name; see `listFigures`. Throws Error where there is no data for it, RangeError for an unknown name. */
  async figure(name: string, options: AtlasFigureOptions & FigureInputs = {}): Promise<Figure> {
    const [figure] = await drawFigures(this.#sources(options), [name], options);
    return figure;
  }

  /** Writes figures into a folder (default: those that a build draws) and gives their paths. */
  figures(folder: string, options: WriteFiguresOptions & FigureInputs = {}): Promise<string[]> {
    return writeFigures(this.#sources(options), folder, options);
  }

  /** Every figure with what it shows, what it needs, and why it cannot be drawn where it cannot. */
  listFigures(options: FigureInputs = {}): Promise<FigureListing[]> {
    return listFigures(this.#sources(options));
  }

  /** Labels latents by a language model and scores the labels, within a budget; see LabelOptions. */
  label(options: LabelOptions): Promise<LabelReport> {
    return inTurn(this.dir, () => labelStore(this.store, { embedder: this.#embedder, ...options }));
  }

  /** What `label` with the same options would take: prompts, tokens, cost and time. Sends nothing. */
  estimate(options: LabelOptions): Promise<LabelEstimate> {
    return estimateLabels(this.store, options);
  }

  /** Scores labels by embeddings alone, beside the same labels given to other latents at random. */
  async score(options: ScoreOptions = {}): Promise<ScoreReport> {
    const embedder = await this.#embedder(options.embedder);
    return inTurn(this.dir, () => scoreStore(this.store, embedder, options));
  }

  /** Gives a latent a label, or a family a name, that wins over every other and survives every run. */
  async rename(
    term: Term,
    label: string,
    { of = "latent", note }: { of?: "latent" | "family"; note?: string } = {},
  ): Promise<BuildReport> {
    const { n, labels, families } = await namesOf(this.store);
    const latent =
      of === "family" ? findFamily(families, term).parent : findLatent({ n, labels }, term);
    return this.#reloaded(() => correctLabel(this.dir, { latent, label, of, note }, this.#options));
  }

  /** Takes labels and family names of other tools or atlases in; see importLabels. */
  import(files: string | readonly string[], options: ImportOptions = {}): Promise<ImportReport> {
    const list = typeof files === "string" ? [files] : files;
    return this.#reloaded(() => importLabels(this.dir, list, { ...this.#options, ...options }));
  }

  /** Measures how reproducible families are over resamples of the documents and over training seeds. */
  async measureStability(options: AtlasStability = {}): Promise<StabilityReport> {
    const given = await readAtlasOptions(this.dir);
    const stability = withDefaultSeeds(options, given);
    const { device, onProgress, signal } = this.#options;
    await this.#reloaded(() => buildFolder({ ...given, device, onProgress, signal, stability }));
    const report = await this.stability();
    if (report === undefined) throw new Error(`${this.dir}: stability.json was not written`);
    return report;
  }

  /** Evaluates steering: what it brings and costs, method against method at equal cosine. */
  async evaluateSteering(options: SteeringRunOptions = {}): Promise<SteeringRun> {
    const embedder = options.embedder ?? (options.writer ? await this.#embedder() : undefined);
    return runSteering(this.store, { ...this.#options, ...options, embedder });
  }

  /**
   * What differs between documents: latents and families by a column of the corpus, or between one set of documents and another
   * (default: all others); see ContrastReport. Throws ArgumentError for what no document has, and for sets that overlap.
   */
  contrast(of: DocumentSet, options: ContrastStoreOptions = {}): Promise<ContrastReport> {
    return contrastStore(this.store, of, { ...this.#options, ...options });
  }

  /** The labels with the documents, answers and verdicts behind them. */
  audit(options: AtlasAuditOptions = {}): Promise<AtlasAudit> {
    return auditAtlas(this.store, options);
  }

  /** The explorer for a cell of a notebook: live, from a server of its own, or as a snapshot; see ExplorerOptions. */
  explorer(options: ExplorerOptions = {}): Promise<ExplorerView> {
    return openExplorerView(this.store, options);
  }

  /** Writes the atlas for another tool (default `exports/NAME-TARGET`) and gives the paths. */
  export(
    target: ExportTarget,
    out: string = defaultExport(this.store, target),
    options: ExportOptions = {},
  ): Promise<string[]> {
    return exportStore(this.store, target, out, options);
  }

  /**
   * Matches the latents and families of this atlas, the smaller side, with those of another atlas or of an SAE's file (the
   * larger side) of the same embedding.
   */
  async compare(
    other: Atlas | string,
    options: Omit<CompareOptions, "middle"> & { middle?: Atlas | string } = {},
  ): Promise<SaeComparison> {
    const { middle, ...rest } = options;
    const side = (one: Atlas | string): Promise<ComparedSae> => comparedSide(one, this.#options);
    const through = middle === undefined ? undefined : await side(middle);
    const all = { ...rest, middle: through };
    return compareSaes(await side(this), await side(other), await this.engine(), all);
  }

  /** Brings labels, families and catalog up to date after files in the atlas's folder were changed by hand. */
  refresh(): Promise<BuildReport> {
    return this.#reloaded(() => withLock(this.dir, () => refreshLabels(this.dir, this.#options)));
  }

  /** Frees the engine and the search index. What was read stays. */
  async close(): Promise<void> {
    await this.#searches.close();
    await this.store.close();
  }

  #sources(inputs: FigureInputs): FigureSources {
    return inputSources(this.store, inputs, this.#options);
  }

  async #reloaded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await inTurn(this.dir, work);
    } finally {
      this.store.reload();
    }
  }
}
