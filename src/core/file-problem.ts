const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "no space left on the device"],
  ["EDQUOT", "the disk quota is exceeded"],
  ["EISDIR", "is a folder"],
  ["ENOTDIR", "part of its path is a file, not a folder"],
  ["EEXIST", "a file with this name exists already"],
  ["ENAMETOOLONG", "a name in its path is too long"],
  ["ELOOP", "its symbolic links form a loop"],
  ["EMFILE", "too many files are open (see ulimit -n)"],
  ["ENFILE", "too many files are open"],
  ["EIO", "the disk cannot be read or written"],
  ["EFBIG", "larger than the system allows for a file"],
]);

/** What the system's error means for a file, which Node describes by code and system call; undefined for other errors. */
export function fileProblem(error: unknown): string | undefined {
  return error instanceof Error
    ? PROBLEMS.get((error as NodeJS.ErrnoException).code ?? "")
    : undefined;
}

/** Awaits what writes to the file or folder `path`; an error of the system, such as a full disk, is thrown with its name. */
export async function namingFile<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const problem = fileProblem(cause);
    if (problem === undefined) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw Object.assign(new Error(`${path}: ${problem}`, { cause }), { code });
  }
}
