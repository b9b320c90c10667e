/** Where a part works and at what size. */
export interface TaskContext {
  /** A temporary folder that all parts of a run share. */
  folder: string;
  /** Use small sizes, to test the benchmark itself. */
  quick: boolean;
  /** Rows of the trials of the first pass, where they were asked for. */
  rows?: number;
  /** First seed of those trials, where it was asked for. */
  seed?: number;
}

/** What a separate process measured. */
export type Measured<T> = T & {
  /** Peak memory of the process, in MB. */
  peakMB: number;
};

/** The reason why a Python peer could not run. */
export interface Absent {
  absent: string;
}

/** What a part measures with. */
export interface Bench extends TaskContext {
  /** Runs one of the part's tasks in a separate process. */
  task<T>(name: string): Promise<Measured<T>>;
  /** Runs peers/NAME.py with the shared folder and `args`. */
  peer<T>(name: string, ...args: string[]): Promise<Measured<T> | Absent>;
  /** Runs the command line from dist and returns its seconds, standard output and peak memory in MB. */
  cli(...args: string[]): Promise<{ seconds: number; stdout: string; peakMB: number }>;
  /** Runs a script of this folder and returns its standard output. */
  script(name: string, ...args: string[]): Promise<string>;
}

/** A figure that is compared with a target of the project. */
export interface Target {
  what: string;
  target: string;
  measured: string;
  met: boolean;
}

/** One part's section of docs/benchmarks.md, in markdown without its heading. */
export interface Section {
  body: string;
  targets?: Target[];
}

/** One part of the benchmark. */
export interface Part {
  name: string;
  title: string;
  /** Runs only if named: it takes many minutes or needs a server. */
  onlyByName?: boolean;
  /** Pieces of work, each run in a separate process; their results must be JSON. */
  tasks?: Record<string, (context: TaskContext) => Promise<object>>;
  /** Measures and writes the section; a part that cannot run here returns the reason as a string. */
  run(bench: Bench): Promise<Section | string>;
}

export function isAbsent(measured: object): measured is Absent {
  return "absent" in measured;
}
