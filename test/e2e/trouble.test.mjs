import assert from "node:assert/strict";
import { test } from "node:test";
import { on, onePixel, onStage } from "./stage.mjs";

const problem = (status, body) => ({ status, contentType: "application/problem+json", body: JSON.stringify({ status, ...body }) });

onStage("Trouble", (stage) => {
  const titles = {
    "markup": '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script><b>bold</b>',
    "a long text": "很长的标题 🧵 ".repeat(1250),
    "one long word": "x".repeat(10_000),
    "right to left": "\u202Eevil\u202C فستان أحمر",
  };
  for (const [name, title] of Object.entries(titles)) {
    test(`a title of ${name} is shown as text`, stage.visit("/", async (page) => {
      const id = `hostile ${name}/?#%&"<é>`;
      await stage.server.call("PUT", `/v1/collections/demo/items/${encodeURIComponent(id)}`, {
        texts: { title }, attributes: { [`<i>${name}</i>`]: "<u>x</u>" }, images: [{ base64: onePixel }],
      });
      try {
        await page.goto(`${stage.server.address}/?c=demo&q=${encodeURIComponent(title.slice(0, 60))}&target=text`);
        const tile = page.locator(`.tile[data-id=${JSON.stringify(id)}]`);
        await tile.waitFor();
        assert.ok(title.startsWith((await tile.locator(".tile-title").textContent()).replace(/…$/, "").trimEnd()));
        assert.ok((await tile.boundingBox()).height < 500, "the tile keeps its size");
        assert.ok(!(await on.overflows(page)));
        await tile.locator("a").click();
        const details = on.details(page);
        await details.waitFor();
        const shown = await details.textContent();
        for (const text of [title, id, `<i>${name}</i>`, "<u>x</u>"]) assert.ok(shown.includes(text.trim()));
        assert.equal(await page.locator("dialog :is(script, b, i, u), .tile :is(script, b, u)").count(), 0);
        assert.ok(await page.locator(".sheet-body").evaluate((body) => body.scrollWidth <= body.clientWidth));
        assert.doesNotMatch(await page.title(), /^taken/);
      } finally {
        await stage.server.call("DELETE", `/v1/collections/demo/items/${encodeURIComponent(id)}`);
      }
    }));
  }

  test("a file that is no picture is refused by the server, with its hint", stage.visit("/", async (page) => {
    await page.locator("#file").setInputFiles({ name: "fake.jpg", mimeType: "image/jpeg", buffer: Buffer.from("these are words") });
    const alert = page.getByRole("alert");
    await alert.getByRole("button", { name: "Try again" }).waitFor();
    assert.ok((await alert.locator("strong").textContent()).length > 10);
    assert.equal(await page.locator(".frame.broken, .well-frame.broken").count(), 1, "the preview says that it cannot be shown");
    await page.getByRole("button", { name: "Remove the picture" }).click();
    await on.results(page, "Everything");
    assert.ok(await alert.isHidden());
  }, { expect: [/status of 4\d\d/] }));

  test("a dropped text file is refused at once", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    await page.locator("#file").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    await page.getByRole("alert").getByText("“notes.txt” is not a picture.").waitFor();
  }));

  test("an error shows its hint and can be tried again", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    await page.route("**/search", (route) => route.fulfill({ ...problem(503, { code: "busy", detail: "The queue is full.", hint: "Raise encoder.queue." }), headers: { "retry-after": "2" } }));
    await on.words(page).fill("red dress");
    const alert = page.getByRole("alert");
    await alert.getByText("The queue is full.").waitFor();
    await alert.getByText("Raise encoder.queue. The server asks to wait 2 seconds.").waitFor();
    await page.unroute("**/search");
    await alert.getByRole("button", { name: "Try again" }).click();
    await on.results(page, "“red dress”");
    assert.ok(await alert.isHidden());
  }, { expect: [/status of 503/] }));

  test("a server that is gone is named as such", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    await page.route("**/search", (route) => route.abort("connectionrefused"));
    await on.words(page).fill("red dress");
    await page.getByRole("alert").getByText("The server does not answer.").waitFor();
  }, { expect: [/ERR_CONNECTION_REFUSED/] }));

  test("an answer that comes late is dropped", stage.visit("/", async (page) => {
    await on.results(page, "Everything");
    let release;
    const held = new Promise((done) => (release = done));
    await page.route("**/search", async (route) => {
      if (route.request().postDataJSON().query[0].text === "black shoes") await held;
      await route.continue().catch(() => {}); // the page has given it up
    });
    await on.words(page).fill("black shoes");
    await page.waitForFunction(() => location.search.includes("black"));
    await on.search(page, "red dress");
    release();
    await page.waitForLoadState("networkidle");
    assert.equal(await on.heading(page).textContent(), "“red dress”");
    assert.match((await on.titles(page)).slice(0, 3).join(), /dress/i);
  }));

  test("a picture that cannot be had leaves its place", stage.visit("/", async (page) => {
    await page.route("**/images/**", (route) => route.abort());
    await page.goto(`${stage.server.address}/?q=red+dress`);
    await on.results(page, "“red dress”");
    await page.locator(".frame.broken").first().waitFor();
    await page.unroute("**/images/**");
  }, { expect: [/ERR_FAILED/] }));

  test("an item that is gone", stage.visit("/?c=demo&item=gone", async (page) => {
    const details = on.details(page);
    await details.getByText("It may have been deleted since.").or(details.locator(".sheet-problem p")).first().waitFor();
    await page.keyboard.press("Escape");
    await on.results(page, "Everything");
  }, { expect: [/404/] }));

  test("an unknown collection leads to a known one", stage.visit("/?c=missing", async (page) => {
    await page.getByRole("alert").getByRole("button", { name: "Open demo" }).click();
    await on.results(page, "Everything");
    assert.ok(await page.getByRole("alert").isHidden());
  }, { expect: [/404/] }));

  test("no collection yet, and an empty one", stage.visit("/", async (page) => {
    await page.route("**/v1/collections?*", (route) => route.fulfill({ json: { collections: [], next_page_token: "" } }));
    await page.goto(stage.server.address);
    await page.getByText("There is nothing to search yet.").waitFor();
    assert.match(await page.getByRole("alert").textContent(), /pinax ingest \S+ --collection/);
    await page.unroute("**/v1/collections?*");

    await stage.server.call("POST", "/v1/collections", { name: "empty" });
    try {
      await page.goto(stage.server.address);
      await on.results(page, "Everything");
      await page.getByRole("combobox", { name: "Collection" }).selectOption("empty");
      await page.getByText("This collection is empty.").waitFor();
      await page.getByRole("combobox", { name: "Collection" }).selectOption("demo");
      await on.results(page, "Everything");
    } finally {
      await stage.server.call("DELETE", "/v1/collections/empty");
    }
  }));
});
