// What every test of the page stands on: a server, a browser, and a fresh page that must stay free of faults.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { findBrowser, launch } from "./browser.mjs";
import { Server } from "./server.mjs";

const found = await findBrowser();
const reason = "SKIPPED: no Chromium found; install one, set PINAX_BROWSER, or let npm install the optional packages";
if (!found) console.log(reason);

/** Screens that the page is tried on. */
export const desktop = { viewport: { width: 1280, height: 860 } };
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const smallPhone = { ...phone, viewport: { width: 320, height: 568 } };

/** The smallest PNG, in base64. */
export const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/**
 * Groups tests that share a server and a browser.
 *
 * @param {string} name
 * @param {(stage: {server: Server, visit: Function}) => void} tests
 */
export function onStage(name, tests) {
  describe(name, { skip: found ? false : reason }, () => {
    const stage = { server: null, browser: null };
    before(async () => {
      stage.server = await Server.start();
      stage.browser = await launch(found);
    });
    after(async () => {
      await stage.browser?.close();
      await stage.server?.stop();
    });
    tests({
      get server() {
        return stage.server;
      },
      visit: (path, body, options) => () => visit(stage, path, body, options),
    });
  });
}

/**
 * Opens an address, runs a test on it, and then demands that nothing went wrong on the page: no error on its console, no
 * exception, no violation of the content policy.
 */
async function visit({ browser, server }, path, body, { screen = desktop, expect = [], ...context } = {}) {
  const opened = await browser.newContext({ ...screen, ...context });
  try {
    const page = await opened.newPage();
    const faults = watch(page);
    await page.goto(server.address + path);
    await body(page);
    const unexpected = faults.filter((fault) => !expect.some((pattern) => pattern.test(fault)));
    assert.deepEqual(unexpected, [], "the page ran without faults");
  } finally {
    await opened.close();
  }
}

function watch(page) {
  const faults = [];
  page.on("pageerror", (error) => faults.push(`exception: ${error.stack ?? error}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on("requestfailed", (request) => {
    const cause = request.failure()?.errorText;
    if (cause !== "net::ERR_ABORTED") faults.push(`request: ${request.url()} ${cause}`); // stale searches are aborted
  });
  return faults;
}

/** What the tests do on the page and read from it. */
export const on = {
  words: (page) => page.getByRole("searchbox", { name: "Search words" }),
  target: (page, name) => page.getByRole("radio", { name }),
  tiles: (page) => page.locator(".tile[data-id]"),
  titles: (page) => page.locator(".tile[data-id] .tile-title").allTextContents(),
  ids: (page) => page.locator(".tile[data-id]").evaluateAll((tiles) => tiles.map((tile) => tile.dataset.id)),
  heading: (page) => page.locator("#heading"),
  details: (page) => page.getByRole("dialog"),

  /** Waits until the results of a query are shown. */
  async results(page, heading) {
    await page.waitForFunction(
      (wanted) => document.getElementById("heading").textContent === wanted && !document.querySelector('[aria-busy="true"]'),
      heading,
    );
    await page.locator(".tile[data-id]").first().waitFor();
  },

  /** Types words and waits for their results. */
  async search(page, words) {
    await on.words(page).fill(words);
    await on.results(page, `“${words}”`);
  },

  /** Whether the page can be scrolled sideways. */
  overflows: (page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth),
};
