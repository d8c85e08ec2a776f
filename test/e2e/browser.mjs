// Finds a Chromium and starts it: one that is installed, else the one that an npm package ships for Linux on x64.

import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const run = promisify(execFile);
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];
const folders = [
  "/usr/bin",
  "/snap/bin",
  "/Applications/Google Chrome.app/Contents/MacOS",
  "/Applications/Chromium.app/Contents/MacOS",
  ...(process.env.PATH ?? "").split(delimiter),
];
const flags = [
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), // Chromium's sandbox refuses to start as root
];

/**
 * Finds a browser.
 *
 * @returns {Promise<{path: string, env: Record<string, string>}|null>} null when there is none
 */
export async function findBrowser() {
  const asked = process.env.PINAX_BROWSER;
  if (asked) {
    if (!isExecutable(asked)) throw new Error(`PINAX_BROWSER names ${asked}, which cannot be executed`);
    return { path: asked, env: {} };
  }
  const installed = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  installed.push("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
  const path = installed.find(isExecutable);
  return path ? { path, env: {} } : packagedBrowser();
}

/** Starts a browser with a fresh profile, which is deleted when it closes. */
export function launch({ path, env }) {
  return chromium.launch({ executablePath: path, args: flags, env: { ...process.env, ...env }, chromiumSandbox: false });
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Unpacks the browser of the optional package @sparticuz/chromium beside the package, once.
 *
 * The package unpacks into the temporary folder, trusts what already lies there, and brings the system libraries that a
 * bare machine lacks only where it believes to run in AWS Lambda; so it runs in a process of its own, with an empty
 * folder and that belief. Its font configuration names fixed folders; without any font Chromium crashes.
 */
async function packagedBrowser() {
  if (process.platform !== "linux" || process.arch !== "x64") return null;
  const home = join(dirname(fileURLToPath(import.meta.url)), "node_modules");
  if (!existsSync(join(home, "@sparticuz", "chromium"))) return null;
  const folder = join(home, ".cache", "chromium");
  if (!existsSync(folder)) {
    await mkdir(dirname(folder), { recursive: true });
    const fresh = mkdtempSync(`${folder}-`);
    const script = 'import("@sparticuz/chromium").then((m) => m.default.executablePath())';
    await run(process.execPath, ["-e", script], {
      cwd: dirname(home),
      env: { ...process.env, TMPDIR: fresh, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" },
    });
    await writeFile(join(fresh, "fonts.conf"), fontConfiguration(join(folder, "fonts"), join(folder, "fonts-cache")));
    try {
      renameSync(fresh, folder);
    } catch (cause) {
      if (!existsSync(folder)) throw cause;
      rmSync(fresh, { recursive: true }); // another process was faster
    }
  }
  const env = { LD_LIBRARY_PATH: join(folder, "al2023", "lib"), FONTCONFIG_FILE: join(folder, "fonts.conf") };
  return { path: join(folder, "chromium"), env };
}

const fontConfiguration = (fonts, cache) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${fonts}</dir><dir>/usr/share/fonts</dir><cachedir>${cache}</cachedir></fontconfig>
`;
