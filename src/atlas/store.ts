import { existsSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import type { Codes, CountOptions, Postings } from "../core/codes.js";
import { invertCodes, latentDensities } from "../core/codes.js";
import { ownValue } from "../core/collections.js";
import { keepDone } from "../core/once.js";
import type { Matrix } from "../core/matrix.js";
import type { CatalogRow } from "../catalog/row.js";
import { readCatalog } from "../catalog/read.js";
import { type ClassTree, type Document, readClassTree, readCorpus } from "../corpus/corpus.js";
import { openDocuments } from "../corpus/document-reader.js";
import type { StabilityReport } from "../compare/stability-report.js";
import { stabilitySchema } from "../compare/stability-schema.js";
import { FormatError } from "../core/errors.js";
import { openEngine } from "../engine/open-engine.js";
import type { Engine } from "../engine/engine.js";
import type { Coactivation } from "../families/coactivation/coactivation.js";
import { parseFamilies } from "../families/files/families-json.js";
import { forestFromGraph, parseGraphml } from "../families/files/graphml.js";
import type { Forest } from "../families/forest/forest.js";
import {
  type StatisticsRecord,
  statisticsSchema,
} from "../families/statistics/statistics-record.js";
import { readCheckedJson } from "../files/checked-json.js";
import { readJson } from "../files/json.js";
import { type MatrixFile, readMatrix } from "../files/matrix.js";
import { readNpyMatrix } from "../files/numpy/npy.js";
import { readText } from "../files/text.js";
import { type MapQuality, qualitySchema } from "../projection/map-quality-schema.js";
import type { Label } from "../records/label.js";
import { readLabels } from "../records/label-lines.js";
import { loadSae } from "../sae/checkpoint.js";
import type { SaeMetrics } from "../sae/measure/metrics.js";
import { metricsSchema } from "../sae/measure/metrics-schema.js";
import { readTrainLog } from "../sae/train/train-log.js";
import type { TrainLogRow } from "../sae/train/train-options.js";
import type { Sae } from "../sae/sae.js";
import { type LatentDirections, documentDirections } from "../search/directions.js";
import { type MeanDocument, meanDocument } from "../search/mean-document.js";
import { typicalActivations } from "../search/steer.js";
import { type ClassIndex, buildClassIndex } from "../taxonomy/class-index.js";
import type { TaxonomyReport } from "../taxonomy/taxonomy-report.js";
import { taxonomySchema } from "../taxonomy/taxonomy-schema.js";
import { readAtlasOptions } from "./files/atlas-options.js";
import { type FileCheck, checkOutputs, createFileCheck } from "./files/check-files.js";
import { readAtlasCodes } from "./files/atlas-codes.js";
import { checkComplete, checkPlaces } from "./files/check-rows.js";
import { countCoactivation, familyCounting } from "./files/coactivation.js";
import { ATLAS_FILES, isCodesFile } from "./files/files.js";
import { askFor } from "./files/moved-inputs.js";
import { type AtlasOptions, embeddingsOf } from "./options.js";
import { type SteeringReport, steeringSchema } from "./search/steering-report.js";
import type { Family } from "../records/family.js";

/** One of ATLAS_FILES by its key. */
export type AtlasFile = keyof typeof ATLAS_FILES;

/** What is read from files that a refresh may rewrite. */
const REFRESHED: ReadonlySet<string> = new Set([
  "labels",
  "families",
  "forest",
  "catalogJsonl",
  "familyStatistics",
  "taxonomy",
  "stability",
  "steering",
  "documentMap",
  "documentMapQuality",
]);

/**
 * What an atlas is made from and contains. Everything is read or computed when it is first asked for, and kept; what
 * failed is tried again at the next call.
 */
export class AtlasStore {
  /** Folder of the atlas. */
  readonly dir: string;
  /** Name of that folder. */
  readonly name: string;
  /** Paths of what the atlas is made from; `trainLog` is undefined where the SAE was given. */
  readonly paths: {
    readonly corpus: string;
    readonly embeddings: string;
    readonly trainLog?: string;
  };
  readonly #options: AtlasOptions;
  readonly #check: FileCheck | undefined;
  readonly #kept = new Map<string, Promise<unknown>>();

  /** Reads nothing yet. Files are checked where a build does not have the atlas under way. */
  constructor(options: AtlasOptions, check?: FileCheck) {
    const { dir, corpus, embeddings, sae } = options;
    this.#options = options;
    this.#check = check;
    this.dir = dir;
    this.name = path.basename(path.resolve(dir));
    const trainLog = sae === undefined ? { trainLog: this.file("trainLog") } : {};
    this.paths = { corpus, embeddings, ...trainLog };
  }

  /** Path of one of the atlas's files, whether it is there or not. */
  file(name: AtlasFile): string {
    return path.join(this.dir, ATLAS_FILES[name]);
  }

  /** Whether one of them is there as the build wrote it. */
  async isIntact(name: AtlasFile): Promise<boolean> {
    return existsSync(this.file(name)) && !(await this.#check?.(this.file(name)));
  }

  engine(): Promise<Engine> {
    return this.#keep("engine", () => openEngine(this.#options.device));
  }

  sae(): Promise<Sae> {
    const { sae, k } = this.#options;
    return this.#keep("sae", async () => {
      const file = sae === undefined ? this.#present(this.file("sae")) : this.#input(sae, "other");
      return loadSae(await file, { k });
    });
  }

  documents(): Promise<Document[]> {
    const { columns, onWarning } = this.#options;
    const { corpus } = this.paths;
    const onEmpty = (count: number): void =>
      onWarning?.(
        `${corpus}: ${count === 1 ? "1 document has" : `${count} documents have`} no text`,
      );
    return this.#keep("documents", async () =>
      readCorpus(await this.#input(corpus, "corpus"), { columns, onWarning, onEmpty }),
    );
  }

  /** Documents of those rows, read from the corpus where they lie in JSON lines; of other formats all are held. */
  async documentsAt(rows: readonly number[]): Promise<Document[]> {
    const read = await this.#keep("documentReader", async () =>
      openDocuments(await this.#input(this.paths.corpus, "corpus"), this.#options),
    );
    if (read !== undefined && !this.#kept.has("documents")) return read(rows);
    const documents = await this.documents();
    return rows.map((row) => documents[row]);
  }

  texts(): Promise<string[]> {
    return this.#keep("texts", async () => (await this.documents()).map(({ text }) => text));
  }

  /** Path of the embeddings, which are those that the atlas was made from. */
  embeddingsFile(): Promise<MatrixFile> {
    return this.#keep("embeddingsFile", async () => {
      await this.#input(this.paths.embeddings, "embeddings");
      return embeddingsOf(this.#options);
    });
  }

  /** [N, d] */
  embeddings(): Promise<Matrix> {
    return this.#keep("embeddings", async () => readMatrix(await this.embeddingsFile()));
  }

  classTree(): Promise<ClassTree | undefined> {
    const { classTree } = this.#options;
    return this.#keep("classTree", async () =>
      classTree === undefined ? undefined : readClassTree(await this.#input(classTree, "other")),
    );
  }

  /** Undefined where the documents have no classes. */
  classIndex(): Promise<ClassIndex | undefined> {
    return this.#keep("classIndex", async () => {
      const classes = (await this.documents()).map((document) => document.classes);
      if (!classes.some((list) => list.length > 0)) return undefined;
      return buildClassIndex(classes, { tree: (await this.classTree())?.parents });
    });
  }

  codes(): Promise<Codes> {
    return this.#keep("codes", async () => {
      const { k, n } = await this.sae();
      return readAtlasCodes(this.dir, { k, n }, (file) => this.#present(file));
    });
  }

  /**
   * Whether slots of value 0 count as active. As in the reference, a latent of a top-k SAE counts wherever it is among the
   * k; in other SAEs an empty slot means nothing.
   */
  async counting(): Promise<CountOptions> {
    return familyCounting(await this.sae());
  }

  postings(): Promise<Postings> {
    return this.#keep("postings", async () =>
      invertCodes(await this.codes(), await this.counting()),
    );
  }

  /** Share of the documents in which each latent is active [n]. */
  densities(): Promise<Float64Array> {
    return this.#keep("densities", async () =>
      latentDensities(await this.codes(), await this.counting()),
    );
  }

  coactivation(): Promise<Coactivation> {
    return this.#keep("coactivation", () => countCoactivation(this, this.#options));
  }

  /** What each latent's activation is where it is active [n]; what strengths of steering are counted in. */
  typical(): Promise<Float64Array> {
    return this.#keep("typical", async () => typicalActivations(await this.postings()));
  }

  /** For steering by the method `documents`. */
  directions(): Promise<LatentDirections> {
    return this.#keep("directions", async () =>
      documentDirections(await this.sae(), await this.embeddings(), await this.postings()),
    );
  }

  /** What explanations of scores are relative to. */
  meanDocument(): Promise<MeanDocument> {
    return this.#keep("meanDocument", async () =>
      meanDocument(await this.sae(), await this.embeddingsFile(), await this.codes()),
    );
  }

  /** By latent. */
  labels(): Promise<Map<number, Label>> {
    return this.#keepFile("labels", async (file) => {
      const { n } = await this.sae();
      const labels = checkComplete(await readLabels(file, { n }), ({ id }) => id, n, file);
      return new Map(labels.map((label) => [label.id, label]));
    });
  }

  families(): Promise<Family[]> {
    return this.#keepFile("families", async (file) => {
      const { n } = await this.sae();
      const families = parseFamilies(await readJson(file), { source: file, n });
      // A file cut down to {} is one of no families.
      if (!existsSync(this.file("familyStatistics"))) return families;
      const { count } = await this.familyStatistics();
      if (families.length === count) return families;
      throw new FormatError(file, `expected ${count} families, got ${families.length}`);
    });
  }

  /** Sums of the families beside chance; see statisticsRecord. */
  familyStatistics(): Promise<StatisticsRecord> {
    return this.#keepFile("familyStatistics", (file) => readCheckedJson(file, statisticsSchema));
  }

  forest(): Promise<Forest> {
    return this.#keepFile("forest", async (file) => {
      const { n } = await this.sae();
      const { forest } = forestFromGraph(parseGraphml(await readText(file), file), file);
      const outside = forest.nodes.find((latent) => latent >= n);
      if (outside === undefined) return forest;
      throw new FormatError(file, `index must be below ${n}, got ${outside}`);
    });
  }

  /** A row per latent, in order. */
  catalog(): Promise<CatalogRow[]> {
    return this.#keepFile("catalogJsonl", async (file) => {
      const { n } = await this.sae();
      return checkComplete(await readCatalog(file), ({ index }) => index, n, file);
    });
  }

  /** Places of the latents on the map [n, 2]. */
  places(): Promise<Matrix> {
    return this.#keepFile("map", async (file) => {
      const { n } = await this.sae();
      return checkPlaces(await readNpyMatrix(file), n, file);
    });
  }

  /** Places of the documents by their embeddings [N, 2]; undefined where they were not mapped. */
  async documentPlaces(): Promise<Matrix | undefined> {
    if (!existsSync(this.file("documentMap"))) return undefined;
    return this.#keepFile("documentMap", async (file) => {
      return checkPlaces(await readNpyMatrix(file), (await this.codes()).rows, file);
    });
  }

  /** How well the map of latents or of documents keeps neighbours; undefined where that was not measured. */
  mapQuality(of: "latents" | "documents" = "latents"): Promise<MapQuality | undefined> {
    return this.#keepReport(of === "latents" ? "mapQuality" : "documentMapQuality", qualitySchema);
  }

  metrics(): Promise<SaeMetrics> {
    return this.#keepFile("metrics", (file) => readCheckedJson(file, metricsSchema));
  }

  /** A row per step of the training; undefined where the SAE was given. */
  trainLog(): Promise<TrainLogRow[] | undefined> {
    if (this.paths.trainLog === undefined) return Promise.resolve(undefined);
    return this.#keepFile("trainLog", readTrainLog);
  }

  /** Undefined where the documents have no classes. */
  taxonomy(): Promise<TaxonomyReport | undefined> {
    return this.#keepReport("taxonomy", taxonomySchema);
  }

  /** Undefined where it was not measured. */
  stability(): Promise<StabilityReport | undefined> {
    return this.#keepReport("stability", stabilitySchema);
  }

  /** Undefined where steering was not evaluated. */
  steering(): Promise<SteeringReport | undefined> {
    return this.#keepReport("steering", steeringSchema);
  }

  /** Reads the file of that name, if it is one of those that are read. Throws FormatError where it is damaged. */
  async readFile(name: string): Promise<void> {
    const readers: Partial<Record<string, () => Promise<unknown>>> = {
      [ATLAS_FILES.sae]: () => this.sae(),
      [ATLAS_FILES.trainLog]: () => this.trainLog(),
      [ATLAS_FILES.metrics]: () => this.metrics(),
      [ATLAS_FILES.labels]: () => this.labels(),
      [ATLAS_FILES.families]: () => this.families(),
      [ATLAS_FILES.familyStatistics]: () => this.familyStatistics(),
      [ATLAS_FILES.forest]: () => this.forest(),
      [ATLAS_FILES.stability]: () => this.stability(),
      [ATLAS_FILES.taxonomy]: () => this.taxonomy(),
      [ATLAS_FILES.map]: () => this.places(),
      [ATLAS_FILES.mapQuality]: () => this.mapQuality(),
      [ATLAS_FILES.documentMap]: () => this.documentPlaces(),
      [ATLAS_FILES.documentMapQuality]: () => this.mapQuality("documents"),
      [ATLAS_FILES.catalogJsonl]: () => this.catalog(),
    };
    const read = ownValue(readers, name) ?? (isCodesFile(name) ? () => this.codes() : undefined);
    await read?.();
  }

  /** Forgets what the atlas's files say of labels, families and measurements, so that it is read again. */
  reload(): void {
    for (const name of REFRESHED) this.#kept.delete(name);
  }

  /** Frees the engine if it was opened. */
  async close(): Promise<void> {
    const opened = this.#kept.get("engine") as Promise<Engine> | undefined;
    this.#kept.delete("engine");
    await (await opened?.catch(() => undefined))?.dispose();
  }

  /** Keeps what one of the atlas's files holds. Throws FormatError where it is missing. */
  #keepFile<T>(name: AtlasFile, read: (file: string) => Promise<T>): Promise<T> {
    return this.#keep(name, async () => read(await this.#present(this.file(name))));
  }

  /** Keeps a report that not every atlas has. */
  #keepReport<T>(name: AtlasFile, schema: z.ZodType<T>): Promise<T | undefined> {
    return this.#keep(name, async () => {
      const file = this.file(name);
      if (!existsSync(file)) return undefined;
      return readCheckedJson(await this.#present(file), schema);
    });
  }

  /** A file that the atlas was made from, checked. Throws FormatError where there is none, stating how to name its new place. */
  #input(file: string, role: Parameters<typeof askFor>[0]): Promise<string> {
    return this.#present(file, `no such file: ${askFor(role)}`);
  }

  /** The file, checked. Throws FormatError where there is none. */
  async #present(file: string, problem = "no such file"): Promise<string> {
    if (!existsSync(file)) throw new FormatError(file, problem);
    await this.#check?.(file);
    return file;
  }

  #keep<T>(name: string, make: () => Promise<T>): Promise<T> {
    return keepDone(this.#kept as Map<string, Promise<T>>, name, make);
  }
}

/** Opens the store of the finished atlas in `dir`; see openAtlas. With `onWarning` the files of its build are checked at once. */
export async function openStore(
  dir: string,
  given: Pick<AtlasOptions, "device" | "onProgress" | "onWarning" | "signal"> = {},
): Promise<AtlasStore> {
  const { device, onProgress, onWarning, signal } = given;
  const options = { ...(await readAtlasOptions(dir)), device, onProgress, onWarning, signal };
  const check = createFileCheck(dir, onWarning);
  const store = new AtlasStore(options, check);
  if (onWarning === undefined) return store;
  // What was changed may be damaged as well, which no command passes over, whether it reads that file or not.
  for (const name of await checkOutputs(dir, check)) await store.readFile(name);
  return store;
}
