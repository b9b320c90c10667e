import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress, brotliDecompressSync } from "node:zlib";

/** Names the browser to draw with, in place of the search: a path, "system" or "npm". */
export const BROWSER_VARIABLE = "FEATURE_FAMILIES_BROWSER";

/** A browser that may be started. */
export interface BrowserChoice {
  /** "system", or "npm" for the one of the package @sparticuz/chromium. */
  kind: "system" | "npm";
  /** For messages. */
  name: string;
  /** Gives the path of the program, unpacked first where need be, and variables to start it with. */
  prepare: () => Promise<{ executablePath: string; env?: Record<string, string> }>;
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
 * Browsers to try, in order: the system's Chromium, Chrome or Edge, then the npm one. `browser` limits them to
 * "system", to "npm" or to one path; it defaults to what FEATURE_FAMILIES_BROWSER says. Throws if a path is given
 * and nothing is there.
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
  if (browser !== "npm") choices.push(...systemBrowsers().map(systemChoice));
  const npm = browser === "system" ? undefined : npmChoice();
  if (npm) choices.push(npm);
  return choices;
}

/** What to install where no browser is there, as one sentence. */
export function browserAdvice(): string {
  return (
    `install Chromium or Chrome (Debian, Ubuntu: apt-get install chromium), or the npm package ${NPM_PACKAGE} ` +
    `(Linux x64), or name a browser's program in ${BROWSER_VARIABLE}`
  );
}

/** Open Sans as the npm browser's package brings it: TrueType files by name. Empty where it is not installed. */
export function bundledFonts(): Map<string, Uint8Array> {
  const fonts = new Map<string, Uint8Array>();
  const root = npmPackageRoot();
  if (!root) return fonts;
  for (const [path, bytes] of untar(
    brotliDecompressSync(readFileSync(join(root, "bin", "fonts.tar.br"))),
  )) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (/^[\w-]+\.ttf$/.test(name)) fonts.set(name, bytes);
  }
  return fonts;
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

function npmChoice(): BrowserChoice | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const root = npmPackageRoot();
  if (!root) return undefined;
  return { kind: "npm", name: NPM_PACKAGE, prepare: () => unpackNpmBrowser(root) };
}

/**
 * Unpacks the npm browser and its fonts once per user and version. The package's own unpacking writes to fixed names
 * in the shared temporary folder and takes what it finds there, so that two processes at once, or another user's
 * file, break it.
 */
async function unpackNpmBrowser(
  root: string,
): Promise<{ executablePath: string; env: Record<string, string> }> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const user = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `feature-families-${user}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const owner = await stat(folder);
  if (owner.uid !== user || (owner.mode & 0o022) !== 0) {
    throw new Error(`browser: ${folder} belongs to another user or can be written by others`);
  }
  const home = join(folder, `chromium-${version}`);
  if (!existsSync(home)) {
    const temporary = await mkdtemp(join(folder, `tmp-${randomBytes(4).toString("hex")}-`));
    try {
      await unpackInto(root, temporary, home);
      await rename(temporary, home);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      // Another process may have been first: its folder is as good.
      if (!existsSync(home)) throw error;
    }
  }
  return {
    executablePath: join(home, "chromium"),
    env: { FONTCONFIG_FILE: join(home, "fonts.conf") },
  };
}

async function unpackInto(root: string, folder: string, home: string): Promise<void> {
  const packed = readFileSync(join(root, "bin", "chromium.br"));
  await writeFile(join(folder, "chromium"), await promisify(brotliDecompress)(packed));
  await chmod(join(folder, "chromium"), 0o700);
  await mkdir(join(folder, "fonts"));
  for (const [name, bytes] of bundledFonts()) await writeFile(join(folder, "fonts", name), bytes);
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
