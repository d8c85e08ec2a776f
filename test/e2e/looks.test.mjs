import assert from "node:assert/strict";
import { test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { desktop, on, onePixel, onStage, phone, smallPhone } from "./stage.mjs";

const views = [
  { name: "the first view", path: "/", ready: (page) => on.results(page, "Everything") },
  { name: "results", path: "/?q=red+dress&target=any", ready: (page) => on.results(page, "“red dress”") },
  { name: "details", path: "/?q=red+dress", ready: openFirst },
  { name: "an error", path: "/?c=missing", ready: (page) => page.getByRole("alert").waitFor(), expect: [/404/] },
];

async function openFirst(page) {
  await on.results(page, "“red dress”");
  await on.tiles(page).first().click();
  await on.details(page).waitFor();
}

onStage("Looks", (stage) => {
  for (const { name, path, ready, expect } of views) {
    for (const colorScheme of ["light", "dark"]) {
      for (const [device, screen] of Object.entries({ desktop, phone })) {
        test(`${name} is accessible, ${colorScheme}, ${device}`, stage.visit(path, async (page) => {
          await ready(page);
          // Half-faded text has no contrast to measure.
          await page.evaluate(() => Promise.all(document.getAnimations({ subtree: true }).filter((a) => a.effect.getTiming().iterations !== Infinity).map((a) => a.finished)));
          const { violations } = await new AxeBuilder({ page }).analyze();
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
          assert.deepEqual(found, []);
        }, { screen, colorScheme, expect }));
      }
    }
  }

  for (const [device, screen] of Object.entries({ phone, smallPhone })) {
    test(`a search on a ${device} fits`, stage.visit("/", async (page) => {
      await on.results(page, "Everything");
      assert.ok(!(await on.overflows(page)));
      await on.search(page, "red dress");
      assert.ok(!(await on.overflows(page)));
      const columns = await on.tiles(page).evaluateAll((tiles) => tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length);
      assert.equal(columns, 2);

      await on.tiles(page).first().tap();
      await on.details(page).waitFor();
      assert.ok(!(await on.overflows(page)));
      assert.ok(await page.locator(".sheet-body").evaluate((body) => body.scrollWidth <= body.clientWidth));
      await on.details(page).getByRole("button", { name: "More like this" }).tap();
      await on.results(page, "Like this item");
      await on.words(page).fill("black");
      await on.results(page, "“black”, like this item");
      assert.ok(!(await on.overflows(page)));

      const small = await page.evaluate(() => [...document.querySelectorAll("button, a, select, label:has(input)")]
        .filter((one) => one.offsetParent && !one.matches(".skip, .unseen, .foot a"))
        .map((one) => ({ name: one.id || one.className || one.textContent.trim(), box: one.getBoundingClientRect() }))
        .filter(({ box }) => box.height > 0 && (box.height < 24 || box.width < 24)).map(({ name }) => name));
      assert.deepEqual(small, [], "everything is big enough for a finger");
    }, { screen }));
  }

  test("small pictures are not blown up", stage.visit("/", async (page) => {
    await stage.server.call("PUT", "/v1/collections/demo/items/000-dot", { texts: { title: "Dot" }, images: [{ base64: onePixel }] });
    try {
      await page.goto(`${stage.server.address}/`);
      const dot = page.locator('.tile[data-id="000-dot"] img');
      await dot.evaluate((image) => image.decode());
      assert.deepEqual(await dot.evaluate((image) => [image.clientWidth, image.clientHeight]), [2, 2]);
      await dot.click({ force: true });
      const large = on.details(page).locator(".stage img");
      await large.evaluate((image) => image.decode());
      assert.deepEqual(await large.evaluate((image) => [image.clientWidth, image.clientHeight]), [2, 2]);
    } finally {
      await stage.server.call("DELETE", "/v1/collections/demo/items/000-dot");
    }
  }));

  test("nothing moves for those who ask for it", stage.visit("/?q=red+dress", async (page) => {
    await openFirst(page);
    assert.equal(await page.evaluate(() => document.getAnimations({ subtree: true }).length), 0);
  }, { reducedMotion: "reduce" }));
});
