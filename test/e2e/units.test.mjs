// The page's modules that need no browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { barLengths, clip, formatScore, formatValue, languageOf, matchedText, titleOf } from "../../web/page/item.js";
import { formatView, isMixed, isQuery, parseView, queryParts, resultsKey, start } from "../../web/page/view.js";

describe("view", () => {
  const views = {
    "the start": {},
    "words": { collection: "shop", words: "red dress & shoes?" },
    "Chinese": { collection: "商店", words: "红色连衣裙", target: "any" },
    "mixed": { collection: "shop", words: "red", like: "a/b?c#d%20", balance: 0.7, target: "text" },
    "details": { collection: "shop", item: "../x &y=z" },
  };
  for (const [name, change] of Object.entries(views)) {
    test(`survives the address: ${name}`, () => {
      const view = { ...start, ...change };
      assert.deepEqual(parseView(formatView(view)), view);
    });
  }

  const malformed = { "an unknown target": "?target=smell", "a balance out of range": "?balance=7", "a balance of words": "?balance=half", "an empty balance": "?balance=", "a broken escape": "?%E0%A4%A" };
  for (const [name, query] of Object.entries(malformed)) {
    test(`falls back on ${name}`, () => assert.deepEqual(parseView(query), start));
  }

  test("asks with weights that add up to 2", () => {
    assert.deepEqual(queryParts({ ...start, words: " red " }), [{ text: "red", weight: 1 }]);
    assert.deepEqual(queryParts({ ...start, like: "x", balance: 0.9 }), [{ item: "x", weight: 1 }]);
    assert.deepEqual(queryParts({ ...start, words: "red", picture: 3 }), [{ text: "red", weight: 1 }, { image: { part: "image0" }, weight: 1 }]);
    assert.deepEqual(queryParts({ ...start, words: "red", like: "x", balance: 0.7 }), [{ text: "red", weight: 0.6 }, { item: "x", weight: 1.4 }]);
  });

  test("knows which views share results", () => {
    const red = { ...start, collection: "c", words: "red" };
    assert.equal(resultsKey(red), resultsKey({ ...red, item: "x", words: "red ", balance: 0.2 }));
    for (const change of [{ words: "blue" }, { target: "any" }, { like: "x" }, { picture: 1 }, { collection: "d" }]) {
      assert.notEqual(resultsKey(red), resultsKey({ ...red, ...change }));
    }
    assert.equal(isQuery({ ...start, words: "  " }), false);
    assert.equal(isMixed({ ...start, words: " ", like: "x" }), false);
  });
});

describe("item", () => {
  test("is named by its title, any text or its id", () => {
    const texts = { title: "Red dress", title_zh: "红色连衣裙" };
    assert.equal(titleOf({ id: "1", texts }), "Red dress");
    assert.equal(titleOf({ id: "1", texts }, true), "红色连衣裙");
    assert.equal(titleOf({ id: "1", texts: { title: " ", name: "Dress", about: "Long" } }), "Long");
    assert.equal(titleOf({ id: "1" }), "1");
  });

  test("names the text that matched", () => {
    const item = { texts: { title: "b", about: "a" } };
    assert.equal(matchedText({ item, matched: { modality: "text", entry: 1 } }), "b");
    assert.equal(matchedText({ item, matched: { modality: "text", entry: 9 } }), "");
    assert.equal(matchedText({ item, matched: { modality: "image", entry: 0 } }), "");
  });

  test("clips without splitting a character", () => {
    assert.equal(clip("short", 5), "short");
    assert.equal(clip("🧵🧵🧵", 3), "🧵…");
    assert.ok(clip("红".repeat(10_000)).length <= 242);
  });

  test("writes scores and values", () => {
    assert.equal(formatScore(-0.12345), "−0.123");
    assert.equal(formatValue(["M", "L"]), "M, L");
    assert.equal(formatValue(false), "no");
    assert.equal(formatValue(null), "");
    assert.equal(languageOf("a 红"), "zh");
    assert.equal(languageOf("red"), "");
  });

  test("measures bars within a modality", () => {
    const hit = (modality, score) => ({ matched: { modality }, score });
    assert.deepEqual(barLengths([hit("image", 0.2), hit("text", 0.8), hit("text", 0.4), hit("image", -0.1)]), [1, 1, 0.5, 0]);
    assert.deepEqual(barLengths([hit("image", -0.2)]), [0]);
  });
});
