import assert from "node:assert/strict";
import { test } from "node:test";
import { on, onStage } from "./stage.mjs";

const focused = (page) => page.evaluate(() => document.activeElement.closest(".tile")?.dataset.id ?? document.activeElement.id);

onStage("Keyboard", (stage) => {
  test("a whole search without a mouse", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    await page.keyboard.press("/");
    assert.equal(await focused(page), "words");
    await page.keyboard.type("red dress");
    await page.keyboard.press("Enter");
    await on.results(page, "“red dress”");

    await page.keyboard.press("ArrowDown");
    const ids = await on.ids(page);
    assert.equal(await focused(page), ids[0]);
    await page.keyboard.press("ArrowRight");
    assert.equal(await focused(page), ids[1]);
    await page.keyboard.press("ArrowDown");
    const below = ids.indexOf(await focused(page));
    assert.ok(below > 2, "down is the next row");
    await page.keyboard.press("End");
    assert.equal(await focused(page), ids.at(-1));
    await page.keyboard.press("Home");
    assert.equal(await focused(page), ids[0]);

    await page.keyboard.press("Enter");
    await on.details(page).waitFor();
    await page.keyboard.press("ArrowRight");
    await page.getByText("2 of 24").waitFor();
    await page.keyboard.press("Escape");
    await on.details(page).waitFor({ state: "hidden" });
    await page.waitForURL((address) => !address.searchParams.has("item"));
    assert.equal(await focused(page), ids[1], "the focus is where the reader was");

    await page.keyboard.press("ArrowUp");
    assert.equal(await focused(page), "words");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("m");
    await on.results(page, "Like this item");
  }));

  test("Tab reaches everything, and the focus can be seen", stage.visit("/?q=red", async (page) => {
    await on.results(page, "“red”");
    await page.evaluate(() => document.activeElement.blur());
    const reached = [];
    for (let n = 0; n < 40; n++) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate(() => {
        const at = document.activeElement;
        const ring = [at, at.nextElementSibling, at.closest("label"), at.closest("form")].some((element) => {
          if (!element) return false;
          const style = getComputedStyle(element);
          return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || (element.matches("form") && style.boxShadow.includes("0px 0px 0px 3px"));
        });
        return { name: at.id || at.className || at.textContent.trim().slice(0, 20) || at.name, ring, body: at === document.body };
      });
      if (stop.body) break;
      assert.ok(stop.ring, `the focus shows on ${stop.name}`);
      reached.push(stop.name);
    }
    for (const name of ["skip", "brand", "file", "words", "clear", "go", "chip", "target", "tile-link", "round like", "more"]) {
      assert.ok(reached.some((stop) => stop === name), `Tab reaches ${name}: ${reached}`);
    }
  }));

  test("a slash types a slash inside a field", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    await page.keyboard.press("/");
    await page.keyboard.type("t-shirt/polo");
    await on.results(page, "“t-shirt/polo”");
  }));
});
