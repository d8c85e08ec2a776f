import assert from "node:assert/strict";
import { test } from "node:test";
import { on, onStage } from "./stage.mjs";

onStage("Search", (stage) => {
  test("the first view lists the collection", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    assert.equal(await on.tiles(page).count(), 24);
    assert.match(await page.locator("#status").textContent(), /^24 of 1\d\d items$/);
    assert.match(await page.locator(".where").textContent(), /demo · 1\d\d items · pinax-mini/);

    await page.getByRole("button", { name: "Show more" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".tile[data-id]").length === 48);
    const ids = await on.ids(page);
    assert.equal(new Set(ids).size, 48);
    assert.equal(await page.evaluate(() => document.activeElement.closest(".tile").dataset.id), ids[24], "focus goes on where it was");
  }));

  test("words find pictures while they are typed", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    await on.words(page).pressSequentially("red dress", { delay: 20 });
    await on.results(page, "“red dress”");
    const titles = await on.titles(page);
    assert.ok(titles.slice(0, 3).some((title) => /red.*dress/i.test(title)), `a red dress among ${titles.slice(0, 3)}`);
    assert.match(await page.locator("#status").textContent(), /^24 nearest · encode [\d.]+ ms · search [\d.]+ ms$/);

    const scores = (await page.locator(".tile .number").allTextContents()).map((text) => Number(text.replace("−", "-")));
    assert.deepEqual(scores, scores.toSorted((a, b) => b - a), "best first");
    assert.ok(scores[0] > 0 && scores[0] <= 1);

    await page.getByRole("button", { name: "Show more" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".tile[data-id]").length === 48);
    assert.deepEqual((await on.titles(page)).slice(0, 24), titles, "more of the same");
  }));

  test("Chinese words find the same, titled in Chinese", stage.visit("/", async (page) => {
    await on.search(page, "红色连衣裙");
    const titles = await on.titles(page);
    assert.ok(titles.slice(0, 3).some((title) => /红色.*裙/.test(title)), `a red dress among ${titles.slice(0, 3)}`);
    assert.equal(await page.locator(".tile-title").first().getAttribute("lang"), "zh");
  }));

  test("an example searches with one click", stage.visit("/", async (page) => {
    const example = page.getByRole("button", { name: "silver watch", exact: true });
    await example.click();
    await on.results(page, "“silver watch”");
    assert.equal(await example.getAttribute("aria-pressed"), "true");
    assert.match((await on.titles(page)).slice(0, 3).join(), /watch/i);
  }));

  test("the target is switched", stage.visit("/?q=red+dress", async (page) => {
    await on.results(page, "“red dress”");
    await on.target(page, "Descriptions").check();
    await page.waitForURL(/target=text/);
    await on.results(page, "“red dress”");
    assert.match((await on.titles(page))[0], /dress|裙/i);

    await on.target(page, "Either").check();
    await page.locator(".kind:not([hidden])").first().waitFor();
    const kinds = new Set(await page.locator(".kind:not([hidden])").allTextContents());
    for (const kind of kinds) assert.match(kind, /^(picture|description)$/);
  }));

  test("a picture finds itself and its like", stage.visit("/", async (page) => {
    const dress = await stage.server.demoItem(/red dress/i);
    await page.locator("#file").setInputFiles(await stage.server.pictureOf(dress));
    await on.results(page, "Like your picture");
    const ids = await on.ids(page);
    assert.equal(ids[0], dress.id);
    assert.match((await on.titles(page)).slice(1, 5).join(), /dress/i);
    assert.equal(await page.locator("#picture-name").textContent(), "picture.jpg");
    assert.ok(await page.locator("#preview img").evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
  }));

  test("words and a picture weigh together", stage.visit("/", async (page) => {
    const bag = await stage.server.demoItem(/red handbag/i);
    await page.locator("#file").setInputFiles(await stage.server.pictureOf(bag));
    await on.results(page, "Like your picture");
    await on.words(page).fill("black");
    await on.results(page, "“black”, like your picture");
    const mixed = await on.titles(page);
    assert.ok(mixed.slice(0, 4).some((title) => /black.*(bag|backpack|clutch|wallet)/i.test(title)), `a black bag among ${mixed.slice(0, 4)}`);

    const balance = page.getByRole("slider", { name: "Balance between words and picture" });
    await balance.focus();
    for (let n = 0; n < 4; n++) await balance.press("ArrowRight");
    await page.waitForURL(/balance=0.9/);
    await page.waitForFunction((id) => document.querySelector(".tile").dataset.id === id, bag.id);

    await page.getByRole("button", { name: "Remove the picture" }).click();
    await on.results(page, "“black”");
    assert.equal(await page.getByRole("slider").count(), 0);
  }));

  test("a picture is dropped anywhere, or pasted", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    const shirt = await stage.server.demoItem(/white shirt/i);
    const bytes = (await stage.server.pictureOf(shirt)).buffer.toString("base64");
    const deliver = (type) => page.evaluate(([type, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], `${type}.jpg`, { type: "image/jpeg" }));
      const init = { bubbles: true, cancelable: true };
      const event = type === "paste" ? new ClipboardEvent(type, { ...init, clipboardData: data }) : new DragEvent(type, { ...init, dataTransfer: data });
      document.querySelector("footer").dispatchEvent(event);
    }, [type, bytes]);

    await deliver("dragenter");
    assert.ok(await page.locator("#veil").isVisible());
    await deliver("drop");
    assert.ok(await page.locator("#veil").isHidden());
    await on.results(page, "Like your picture");
    assert.equal((await on.ids(page))[0], shirt.id);
    assert.equal(await page.locator("#picture-name").textContent(), "drop.jpg");

    await deliver("paste");
    await page.getByText("paste.jpg").waitFor();
    await on.results(page, "Like your picture");
  }));

  test("details, more like this and words of a picture", stage.visit("/?q=red+dress", async (page) => {
    await on.results(page, "“red dress”");
    const [first, second] = await on.ids(page);
    const title = (await on.titles(page))[0];
    await on.tiles(page).first().click();
    const details = on.details(page);
    await details.getByRole("heading", { level: 2, name: title }).waitFor();
    const item = await stage.server.call("GET", `/v1/collections/demo/items/${encodeURIComponent(first)}`);
    const shown = await details.textContent();
    for (const text of [...Object.values(item.texts), ...Object.keys(item.attributes), item.id, item.images[0].sha256]) {
      assert.ok(shown.includes(text), `the details show ${text}`);
    }
    await page.waitForURL((address) => address.searchParams.get("item") === first);

    await page.keyboard.press("ArrowRight");
    await page.waitForURL((address) => address.searchParams.get("item") === second);
    await page.keyboard.press("ArrowLeft");

    await details.getByRole("button", { name: "More like this" }).click();
    await on.results(page, "Like this item");
    assert.ok(await details.isHidden());
    assert.ok(!(await on.ids(page)).includes(first), "an item is not like itself");
    assert.match((await on.titles(page)).slice(0, 5).join(), /dress/i);

    await on.tiles(page).first().click();
    await details.getByRole("button", { name: "Find its words" }).click();
    await on.results(page, "Words for this item");
    assert.ok(await on.target(page, "Descriptions").isChecked());
  }));

  test("back, forward and a shared address", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    await on.words(page).pressSequentially("red dress", { delay: 10 });
    await on.results(page, "“red dress”");
    await on.target(page, "Either").check();
    await page.waitForURL(/target=any/);
    await on.tiles(page).first().click();
    await on.details(page).waitFor();
    const shared = page.url();

    await page.goBack();
    await on.details(page).waitFor({ state: "hidden" });
    await page.goBack();
    await page.waitForURL((address) => !address.searchParams.has("target"));
    assert.ok(await on.target(page, "Pictures").isChecked());
    await page.goBack();
    await on.results(page, "Everything");
    assert.equal(await on.words(page).inputValue(), "", "typing made one entry");
    for (let n = 0; n < 3; n++) await page.goForward();
    await on.details(page).waitFor();
    assert.equal(page.url(), shared);

    const other = await page.context().newPage();
    await other.goto(shared);
    await on.details(other).waitFor();
    assert.equal(await on.words(other).inputValue(), "red dress");
    await other.keyboard.press("Escape");
    await on.details(other).waitFor({ state: "hidden" });
    await other.waitForURL((address) => !address.searchParams.has("item"));
  }));

  test("a picture comes back with the history", stage.visit("/", async (page) => {
    const bag = await stage.server.demoItem(/red handbag/i);
    await page.locator("#file").setInputFiles(await stage.server.pictureOf(bag));
    await on.results(page, "Like your picture");
    await page.getByRole("button", { name: "red dress", exact: true }).click();
    await on.results(page, "“red dress”");
    await page.goBack();
    await on.results(page, "Like your picture");
    assert.equal((await on.ids(page))[0], bag.id);
    assert.ok(await page.locator("#preview img").isVisible());
  }));
});
