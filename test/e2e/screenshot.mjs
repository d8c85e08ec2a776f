// Writes the pictures of the page that the documentation shows: node screenshot.mjs

import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBrowser, launch } from "./browser.mjs";
import { Server } from "./server.mjs";
import { on, phone } from "./stage.mjs";

const folder = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const limit = 300 * 1024; // bytes; a repository keeps every version of a picture for ever

const desktop = { viewport: { width: 1200, height: 760 } };
const pictures = {
  "page-desktop.png": { screen: desktop, words: "red dress" },
  "page-phone.png": { screen: phone, words: "红色连衣裙" },
};

const found = await findBrowser();
if (!found) throw new Error("no Chromium found");
await mkdir(folder, { recursive: true });
const server = await Server.start();
const browser = await launch(found);
try {
  for (const [name, { screen, words }] of Object.entries(pictures)) {
    const path = join(folder, name);
    await take(path, screen, words);
    const { size } = await stat(path);
    console.log(`${path}: ${Math.round(size / 1024)} KB`);
    if (size > limit) throw new Error(`${name} is larger than ${limit / 1024} KB`);
  }
} finally {
  await browser.close();
  await server.stop();
}

async function take(path, screen, words) {
  const page = await browser.newPage({ ...screen, colorScheme: "light" });
  await page.goto(`${server.address}/?q=${encodeURIComponent(words)}`);
  await on.results(page, `“${words}”`);
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path, scale: "css" });
  await page.close();
}
