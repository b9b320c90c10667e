/** Where a part works and how large. */
export interface TaskContext {
  /** A temporary folder that all parts of a run share. */
  folder: string;
  /** Small sizes, to try the benchmark itself. */
  quick: boolean;
}

/** What a process of its own measured. */
export type Measured<T> = T & {
  /** Most memory the process held, in MB. */
  peakMB: number;
};

/** A Python twin that could not run, and why. */
export interface Absent {
  absent: string;
}

/** What a part measures with. */
export interface Bench extends TaskContext {
  /** Runs one of the part's tasks in a process of its own. */
  task<T>(name: string): Promise<Measured<T>>;
  /** Runs peers/NAME.py with the shared folder and `args`. */
  peer<T>(name: string, ...args: string[]): Promise<Measured<T> | Absent>;
  /** Runs the command line from dist and gives its seconds, standard output and largest memory in MB. */
  cli(...args: string[]): Promise<{ seconds: number; stdout: string; peakMB: number }>;
  /** Runs a script of this folder and gives its standard output. */
  script(name: string, ...args: string[]): Promise<string>;
}

/** A figure that is held against a target of the project. */
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
  /** Left out of a run that names no parts: it takes many minutes. */
  onlyByName?: boolean;
  /** Pieces of work, each run in a process of its own; what they give must survive JSON. */
  tasks?: Record<string, (context: TaskContext) => Promise<object>>;
  /** Measures and writes the section; a part that cannot run here gives the reason as a string. */
  run(bench: Bench): Promise<Section | string>;
}

export function isAbsent(measured: object): measured is Absent {
  return "absent" in measured;
}
