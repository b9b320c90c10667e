import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { chmod, lstat, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress, brotliDecompressSync } from "node:zlib";
import { makeTemporaryFolder } from "../../files/writers/temporaries.js";

/** Names the browser to draw with, in place of the search: a path, "system" or "npm". */
const BROWSER_VARIABLE = "FEATURE_FAMILIES_BROWSER";

/** A browser that may be started. */
export interface BrowserChoice {
  /** "system", or "npm" for the one of the package @sparticuz/chromium. */
  kind: "system" | "npm";
  /** For messages. */
  name: string;
  /** Makes the program ready, unpacking it where need be. */
  prepare: () => Promise<ProgramStart>;
}

/** A program to start, and variables to set beside the process's own. */
export interface ProgramStart {
  executablePath: string;
  env?: Record<string, string>;
}

const NPM_PACKAGE = "@sparticuz/chromium";

const PROGRAM_NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "chrome",
  "microsoft-edge",
  "microsoft-edge-stable",
];

const MAC_PROGRAMS = [
  "Google Chrome.app/Contents/MacOS/Google Chrome",
  "Chromium.app/Contents/MacOS/Chromium",
  "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

const WINDOWS_PROGRAMS = [
  "Google\\Chrome\\Application\\chrome.exe",
  "Chromium\\Application\\chrome.exe",
  "Microsoft\\Edge\\Application\\msedge.exe",
];

/**
 * Browsers to try, in order: the npm one, which draws the same bytes on every machine, then the system's Chromium,
 * Chrome or Edge. `browser` limits them to "system", to "npm" or to one path; it defaults to what
 * FEATURE_FAMILIES_BROWSER says. Throws if a path is given and nothing is there.
 */
export function browserChoices(
  browser: string = process.env[BROWSER_VARIABLE] ?? "",
): BrowserChoice[] {
  if (browser !== "" && browser !== "system" && browser !== "npm") {
    if (!existsSync(browser)) {
      throw new Error(
        `browser: expected a program, "system" or "npm", but there is no file ${browser} (from the browser option or ${BROWSER_VARIABLE})`,
      );
    }
    return [systemChoice(browser)];
  }
  const choices: BrowserChoice[] = [];
  if (browser !== "system") choices.push(...npmChoices());
  if (browser !== "npm") choices.push(...systemBrowsers().map(systemChoice));
  return choices;
}

/** What to install where no browser is there, as one sentence. */
export function browserAdvice(): string {
  return (
    `install Chromium or Chrome (Debian, Ubuntu: apt-get install chromium), or the npm package ${NPM_PACKAGE} ` +
    `(Linux x64), or name a browser's program in ${BROWSER_VARIABLE}`
  );
}

function systemChoice(executablePath: string): BrowserChoice {
  return {
    kind: "system",
    name: executablePath,
    prepare: () => Promise.resolve({ executablePath }),
  };
}

function systemBrowsers(): string[] {
  const { env, platform } = process;
  if (platform === "darwin") {
    const folders = ["/Applications", join(homedir(), "Applications")];
    return folders.flatMap((folder) => MAC_PROGRAMS.map((p) => join(folder, p))).filter(isProgram);
  }
  if (platform === "win32") {
    const folders = [env.ProgramFiles, env["ProgramFiles(x86)"], env.LOCALAPPDATA];
    return folders
      .flatMap((folder) => (folder ? WINDOWS_PROGRAMS.map((p) => join(folder, p)) : []))
      .filter(isProgram);
  }
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder.startsWith("/"));
  folders.push("/usr/bin", "/usr/local/bin", "/snap/bin", "/opt/google/chrome");
  const found = PROGRAM_NAMES.flatMap((name) =>
    folders
      .map((folder) => join(folder, name))
      .filter(isProgram)
      .slice(0, 1),
  );
  return [...new Set(found)];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function npmPackageRoot(): string | undefined {
  try {
    // The package exports its entry alone, build/cjs/index.cjs; the packed browser lies beside build.
    const entry = createRequire(import.meta.url).resolve(NPM_PACKAGE);
    const root = dirname(dirname(dirname(entry)));
    return existsSync(join(root, "bin", "chromium.br")) ? root : undefined;
  } catch {
    return undefined;
  }
}

function npmChoices(): BrowserChoice[] {
  if (process.platform !== "linux" || process.arch !== "x64") return [];
  const root = npmPackageRoot();
  if (!root) return [];
  const start = async (own: boolean): Promise<ProgramStart> => {
    const home = await unpackNpmBrowser(root);
    const env: Record<string, string> = { FONTCONFIG_FILE: join(home, "fonts.conf") };
    if (own) {
      const others = process.env.LD_LIBRARY_PATH;
      env.LD_LIBRARY_PATH = join(home, "lib") + (others ? `${delimiter}${others}` : "");
    }
    return { executablePath: join(home, "chromium"), env };
  };
  return [
    { kind: "npm", name: NPM_PACKAGE, prepare: () => start(false) },
    // For systems without NSS: the package brings that library, but the system's own is the better fit.
    { kind: "npm", name: `${NPM_PACKAGE} with its own libraries`, prepare: () => start(true) },
  ];
}

/**
 * Unpacks the npm browser, its fonts and its libraries once per user and version, and gives their folder. The
 * package's own unpacking writes to fixed names in the shared temporary folder and takes what it finds there, so that
 * two processes at once, or another user's file, break it.
 */
async function unpackNpmBrowser(root: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const user = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `feature-families-${user}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const owner = await lstat(folder);
  if (!owner.isDirectory() || owner.uid !== user || (owner.mode & 0o022) !== 0) {
    throw new Error(`browser: ${folder} belongs to another user or can be written by others`);
  }
  const home = join(folder, `chromium-${version}`);
  if (existsSync(home)) return home;
  const temporary = await makeTemporaryFolder(home);
  try {
    await unpackInto(root, temporary, home);
    await rename(temporary, home);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Another process may have been first: its folder is as good.
    if (!existsSync(home)) throw error;
  }
  return home;
}

async function unpackInto(root: string, folder: string, home: string): Promise<void> {
  const packed = readFileSync(join(root, "bin", "chromium.br"));
  await writeFile(join(folder, "chromium"), await promisify(brotliDecompress)(packed));
  await chmod(join(folder, "chromium"), 0o700);
  await mkdir(join(folder, "fonts"));
  // Figures bring their own font; this one stands in on a machine that has none, where a browser does not start.
  for (const [name, bytes] of packedFiles(root, "fonts.tar.br")) {
    if (/^[\w-]+\.ttf$/.test(name)) await writeFile(join(folder, "fonts", name), bytes);
  }
  await mkdir(join(folder, "lib"));
  for (const [name, bytes] of packedFiles(root, "al2023.tar.br")) {
    if (/^[\w.-]+\.(?:so|chk)[.\d]*$/.test(name)) await writeFile(join(folder, "lib", name), bytes);
  }
  await writeFile(
    join(folder, "fonts.conf"),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${join(home, "fonts")}</dir>
  <cachedir>${join(home, "font-cache")}</cachedir>
</fontconfig>
`,
  );
}

/** The plain files of one of the package's archives, by name without folder. */
function packedFiles(root: string, archive: string): Map<string, Uint8Array> {
  const packed = readFileSync(join(root, "bin", archive));
  const files = [...untar(brotliDecompressSync(packed))];
  return new Map(files.map(([path, bytes]) => [path.slice(path.lastIndexOf("/") + 1), bytes]));
}

/** The plain files of a tar archive, by path. */
function untar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (start: number, length: number): string =>
    Buffer.from(archive.subarray(start, start + length))
      .toString("latin1")
      .replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    const type = text(at + 156, 1);
    if (type === "0" || type === "") {
      files.set(text(at, 100), archive.subarray(at + 512, at + 512 + size));
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
