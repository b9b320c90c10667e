import { createHash } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";

/** Linux's namespace of the processes that are in no container. */
export const NO_CONTAINER = "pid:[4026531836]";

/** Where process numbers mean the same; parts that the system does not report are "-". */
export interface Place {
  /** Name and identity of the machine. */
  machine: string;
  /** Identity of its run since it was started. */
  boot: string;
  /** Namespace of its processes, of which every container has its own. */
  space: string;
}

/** The place of this process. */
export async function findPlace(): Promise<Place> {
  const read = (file: string): Promise<string> =>
    readFile(file, "utf8").then(
      (text) => text.trim(),
      () => "-",
    );
  const id = await read("/etc/machine-id");
  return {
    machine: `${encodeURIComponent(hostname())}/${id}`,
    boot: await read("/proc/sys/kernel/random/boot_id"),
    space: await readlink("/proc/self/ns/pid").catch(() => "-"),
  };
}

/** Eight hexadecimal digits of a place. In no container they outlast a start of the machine, which has ended all processes. */
export function placeKey({ machine, boot, space }: Place): string {
  const isMachine = space === NO_CONTAINER && !machine.endsWith("/-");
  const parts = isMachine ? [machine] : [machine, boot, space];
  return createHash("sha256").update(parts.join(" ")).digest("hex").slice(0, 8);
}

/** What Linux reports of a process. */
export interface ProcessState {
  state: string;
  start: string;
}

/** State and start of a process as Linux reports them; undefined on other systems. */
export async function readProcess(pid: number): Promise<ProcessState | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  // The name, in parentheses, may hold spaces: the state is the first field after it, the start the twentieth.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], start: fields[19] };
}

/** Whether a process of this place, of which `readProcess` gave `found`, has not ended. */
export function isRunning(pid: number, found: ProcessState | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists, but is another user's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  // A killed process answers to its number until its parent asks for its end; in a container that may be never.
  return found?.state !== "Z" && found?.state !== "X";
}
