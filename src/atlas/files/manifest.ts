import { ownValue } from "../../core/collections.js";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { sha256File, writeFileAtomic } from "../../files/atomic-file.js";
import { FormatError } from "../../core/errors.js";
import type { CorpusColumns } from "../../corpus/corpus.js";
import type { Fields } from "../../core/schema.js";
import { checkJson } from "../../files/check-json.js";
import { matrixFiles } from "../../files/matrix.js";
import { VERSION } from "../../core/version.js";
import { makeFolder } from "../../files/make-folder.js";
import { relativeName } from "../../files/relative-name.js";

/** A file that an atlas was made from. */
export interface InputRecord {
  /** Path relative to the atlas, with forward slashes. */
  file: string;
  bytes: number;
  /** Modification time in milliseconds, a cheap test of whether it changed. */
  modified: number;
  sha256: string;
}

/** One finished step: what it was made from (as a hash) and what it wrote. */
export interface StepRecord {
  /** SHA-256 over the step's name and version, the input hashes and the options. */
  key: string;
  options: unknown;
  /** SHA-256 of each file written, by its path relative to the atlas. */
  outputs: Record<string, string>;
  seconds: number;
  finished: string;
}

/** `manifest.json` of an atlas: what it was made from and how. */
export interface Manifest {
  format: 1;
  tool: string;
  node: string;
  engine?: string;
  /** Latents kept per document. */
  k?: number;
  /** Columns of the corpus, where they were named. */
  columns?: CorpusColumns;
  /** Column of the embeddings, where it was named. */
  embeddingColumn?: string;
  inputs: Record<string, InputRecord>;
  steps: Record<string, StepRecord>;
}

/** What a step needs to decide whether it must run. */
export interface StepPlan {
  name: string;
  /** Raised when the step's results change, so that those of older versions are made anew. */
  version: number;
  /** SHA-256 of every input, by role. */
  inputs: Record<string, string>;
  /** Everything else that the outputs depend on; must survive JSON. */
  options: unknown;
  /** Files it writes, relative to the atlas. */
  outputs: string[];
}

/** Keeps the manifest of the atlas in `dir`: runs a step only if its inputs, options or outputs changed. */
export class StepRunner {
  readonly dir: string;
  readonly manifest: Manifest;
  /** Names of the steps that ran, and of those that were still valid. */
  readonly ran: string[] = [];
  readonly kept: string[] = [];
  /** Names of the steps whose results no longer fit and were removed, not made anew; see keepOrDrop. */
  readonly dropped: string[] = [];

  private constructor(dir: string, manifest: Manifest) {
    this.dir = dir;
    this.manifest = manifest;
  }

  /** Opens or starts the manifest in `dir`. A manifest of another format is an error; a missing one is new. */
  static async open(dir: string): Promise<StepRunner> {
    await makeFolder(dir);
    const known = await readManifest(dir);
    return new StepRunner(dir, {
      format: 1,
      tool: `feature-families ${VERSION}`,
      node: process.version,
      engine: known?.engine,
      k: known?.k,
      columns: known?.columns,
      embeddingColumn: known?.embeddingColumn,
      inputs: known?.inputs ?? {},
      steps: known?.steps ?? {},
    });
  }

  /** SHA-256 of an input, a file or a folder of Parquet or .npy; not read again while its size and modification time stay the same. */
  async hashInput(role: string, file: string): Promise<string> {
    const { bytes, modified, hash } = await stampOf(file);
    const name = relativeName(this.dir, file);
    const known = ownValue(this.manifest.inputs, role);
    if (known?.file === name && known.bytes === bytes && known.modified === modified) {
      return known.sha256;
    }
    const record = { file: name, bytes, modified, sha256: await hash() };
    this.manifest.inputs = { ...this.manifest.inputs, [role]: record };
    return record.sha256;
  }

  /** Drops an input that this build does without. */
  forgetInput(role: string): void {
    delete this.manifest.inputs[role];
  }

  /** SHA-256 of a file that an earlier step wrote. */
  outputHash(file: string): string {
    const hash = this.findOutputHash(file);
    if (hash === undefined) throw new Error(`atlas: no step has written ${file}`);
    return hash;
  }

  /** The same, or undefined where no step has written it. */
  findOutputHash(file: string): string | undefined {
    for (const step of Object.values(this.manifest.steps)) {
      const hash = ownValue(step.outputs, file);
      if (hash !== undefined) return hash;
    }
    return undefined;
  }

  /**
   * Runs `work` unless the step's record and all its files still fit; then hashes and records its outputs, and removes
   * those of before that it no longer writes. `work` gets the step's key, which names what it is made from.
   */
  async step(plan: StepPlan, work: (key: string) => Promise<void>): Promise<void> {
    const key = stepKey(plan);
    if (await this.isCurrent(plan, key)) {
      this.kept.push(plan.name);
      return;
    }
    const start = performance.now();
    await work(key);
    const before = ownValue(this.manifest.steps, plan.name);
    const hashes: [string, string][] = [];
    for (const file of plan.outputs) {
      hashes.push([file, await sha256File(path.join(this.dir, file))]);
    }
    const record: StepRecord = {
      key,
      options: plan.options,
      outputs: Object.fromEntries(hashes),
      seconds: Math.round(performance.now() - start) / 1000,
      finished: new Date().toISOString(),
    };
    this.manifest.steps = { ...this.manifest.steps, [plan.name]: record };
    this.ran.push(plan.name);
    await this.save();
    await this.removeOutputs(before, plan.outputs);
  }

  /**
   * For a step that this build does not run but whose results it uses: keeps them where `isValid` says that they fit
   * and the files are as they were written, else drops the step.
   */
  async keepOrDrop(name: string, isValid: (record: StepRecord) => boolean): Promise<void> {
    const record = ownValue(this.manifest.steps, name);
    if (record === undefined) return;
    if (isValid(record) && (await this.hasOutputs(record))) {
      this.kept.push(name);
      return;
    }
    await this.dropStep(name);
    this.dropped.push(name);
  }

  /** Forgets a step that this build does without, and removes what it wrote. */
  async dropStep(name: string): Promise<void> {
    const record = ownValue(this.manifest.steps, name);
    if (record === undefined) return;
    delete this.manifest.steps[name];
    await this.save();
    await this.removeOutputs(record, []);
  }

  async save(): Promise<void> {
    const text = JSON.stringify(this.manifest, undefined, 2);
    await writeFileAtomic(path.join(this.dir, "manifest.json"), `${text}\n`);
  }

  /** Removes a record's files but for `kept`; those outside the atlas's folder, such as figures, stay. */
  private async removeOutputs(record: StepRecord | undefined, kept: string[]): Promise<void> {
    for (const file of Object.keys(record?.outputs ?? {})) {
      if (kept.includes(file) || path.basename(file) !== file) continue;
      await rm(path.join(this.dir, file), { force: true });
    }
  }

  private async isCurrent(plan: StepPlan, key: string): Promise<boolean> {
    const record = ownValue(this.manifest.steps, plan.name);
    if (record?.key !== key) return false;
    return (
      plan.outputs.every((file) => Object.hasOwn(record.outputs, file)) && this.hasOutputs(record)
    );
  }

  private async hasOutputs({ outputs }: StepRecord): Promise<boolean> {
    for (const [file, hash] of Object.entries(outputs)) {
      const full = path.join(this.dir, file);
      if (!existsSync(full) || (await sha256File(full)) !== hash) return false;
    }
    return true;
  }
}

/** The manifest in `dir`, or undefined where there is none. Throws FormatError where it is not one of ours. */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  const file = path.join(dir, "manifest.json");
  if (!existsSync(file)) return undefined;
  const hint = "delete it to rebuild the atlas from scratch";
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new FormatError(file, `not valid JSON; ${hint}`, { cause });
  }
  const { success } = z.looseObject({ format: z.literal(1) }).safeParse(value);
  if (!success) throw new FormatError(file, `expected an atlas manifest of format 1; ${hint}`);
  return checkJson(value, manifestSchema, file);
}

const inputFields: Fields<InputRecord> = {
  file: z.string(),
  bytes: z.number(),
  modified: z.number(),
  sha256: z.string(),
};
const stepFields: Fields<StepRecord> = {
  key: z.string(),
  options: z.unknown(),
  outputs: z.record(z.string(), z.string()),
  seconds: z.number(),
  finished: z.string(),
};
const columnFields: Fields<CorpusColumns> = {
  id: z.string().optional(),
  title: z.string().optional(),
  text: z.string().optional(),
  classes: z.string().optional(),
};
const manifestFields: Fields<Manifest> = {
  format: z.literal(1),
  tool: z.string(),
  node: z.string(),
  engine: z.string().optional(),
  k: z.int().positive().optional(),
  columns: z.object(columnFields).optional(),
  embeddingColumn: z.string().optional(),
  inputs: z.record(z.string(), z.object(inputFields)),
  steps: z.record(z.string(), z.object(stepFields)),
};
const manifestSchema: z.ZodType<Manifest> = z.object(manifestFields);

/** What tells whether a file, or a folder of Parquet files, is the one that it was. */
export interface Stamp {
  /** Bytes of all its files. */
  bytes: number;
  /** When the latest of them was written. */
  modified: number;
  hash: () => Promise<string>;
}

/** The stamp of a file or a folder of Parquet files. */
export async function stampOf(file: string): Promise<Stamp> {
  const files = await matrixFiles(file);
  const stats = await Promise.all(files.map((part) => stat(part)));
  return {
    bytes: stats.reduce((sum, { size }) => sum + size, 0),
    modified: Math.max(...stats.map(({ mtimeMs }) => mtimeMs)),
    hash: () => hashFiles(files),
  };
}

/** SHA-256 of a file; of several that of their names and hashes. */
async function hashFiles([first, ...others]: string[]): Promise<string> {
  if (others.length === 0) return sha256File(first);
  const all = createHash("sha256");
  for (const file of [first, ...others]) {
    all.update(`${path.basename(file)} ${await sha256File(file)}\n`);
  }
  return all.digest("hex");
}

function stepKey({ name, version, inputs, options }: StepPlan): string {
  const sorted = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([name, version, sorted, options]))
    .digest("hex");
}
