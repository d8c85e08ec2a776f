// Wiring: the address says what the page shows; every change of it goes through `go`, and `show` draws it.

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { Details } from "./details.js";
import { Grid } from "./grid.js";
import { clip, formatCount, isChinese, titleOf } from "./item.js";
import { hideNotice, showNotice } from "./notice.js";
import { listenForPictures, PictureShelf } from "./picture.js";
import { ResultSource } from "./results.js";
import { formatView, isQuery, parseView, resultsKey, start } from "./view.js";

const byId = (id) => document.getElementById(id);
const shelf = new PictureShelf();
const source = new ResultSource(shelf);

let view = start;
let collections = [];
let askedKey = ""; // of the results shown or on their way, "" after a failure
let hits = [];
let likeItem; // the item that takes the picture's place in the query, once it is known

const composer = new Composer(go, () => grid.focus());
const grid = new Grid(byId("grid"), {
  open: (id) => go({ item: id }),
  like: (id) => moreLike(id),
  leave: () => composer.focus(),
  address: (id) => formatView({ ...view, item: id }),
});
const details = new Details({
  close: closeDetails,
  step: (by) => go({ item: grid.ids[grid.ids.indexOf(view.item) + by] }, true),
  act: (act) => (act === "like" ? moreLike(view.item) : wordsOf(view.item)),
});

/**
 * Changes the view and the address. Typing makes one history entry however long it goes on; a step between open details
 * makes none.
 */
function go(change, passing = false) {
  const next = { ...view, ...change };
  if (formatView(next) === formatView(view) && next.picture === view.picture) {
    history.replaceState({ ...history.state, passing: false }, "");
    if (askedKey === "") show(next);
    return;
  }
  const opened = Boolean(next.item) && (!view.item || Boolean(history.state?.opened));
  const state = { picture: next.picture, passing: passing && !view.item, opened };
  const replaces = passing && (Boolean(history.state?.passing) || Boolean(view.item));
  const address = formatView(next) || location.pathname;
  if (replaces) history.replaceState(state, "", address);
  else history.pushState(state, "", address);
  show(next);
}

/** Draws a view: the form, the results unless they are there already, the details. */
function show(next) {
  view = next;
  showQuery();
  showPlace();
  if (resultsKey(view) !== askedKey) showResults();
  showDetails();
}

async function showResults({ more = false, fresh = false } = {}) {
  if (!view.collection) return;
  const wanted = view;
  askedKey = resultsKey(view);
  const known = !more && !fresh && source.recall(view);
  if (known) {
    source.abandon();
    draw(wanted, known);
    return;
  }
  byId("results").setAttribute("aria-busy", "true");
  if (hits.length === 0) {
    hideNotice();
    grid.showGhosts(12);
  }
  try {
    draw(wanted, await source.fetch(wanted, { more }));
  } catch (problem) {
    if (problem.name === "AbortError") return; // a newer request is drawing
    fail(problem, more);
  }
}

function draw(wanted, results) {
  hits = results.hits;
  byId("results").removeAttribute("aria-busy");
  hideNotice();
  grid.show(hits, { chinese: readsChinese(wanted), target: wanted.target });
  byId("more").hidden = !results.more;
  byId("heading").textContent = headingOf(wanted);
  byId("status").textContent = statusOf(results, wanted);
  if (hits.length === 0) showEmpty(wanted);
  if (view.item) showDetails();
}

function fail(problem, keep = false) {
  byId("results").removeAttribute("aria-busy");
  if (!keep) {
    askedKey = "";
    hits = [];
    grid.clear();
    byId("more").hidden = true;
    byId("status").textContent = "";
    byId("heading").textContent = "That did not work";
  }
  const wait = problem.retryAfter > 0 ? ` The server asks to wait ${formatCount(problem.retryAfter, "second")}.` : "";
  showNotice({
    kind: "error",
    title: problem.message,
    text: `${problem.hint ?? ""}${wait}`.trim(),
    action: wayOut(),
  });
}

function wayOut() {
  if (collections.length === 0) return { label: "Try again", run: begin };
  const known = collections.some(({ name }) => name === view.collection);
  const [{ name }] = collections;
  return known
    ? { label: "Try again", run: () => showResults({ fresh: true }) }
    : { label: `Open ${name}`, run: () => go({ ...start, collection: name }) };
}

function headingOf({ words, like, picture, target }) {
  const said = words.trim() && `“${clip(words.trim(), 60)}”`;
  if (!like && !picture) return said || "Everything";
  const shown = like ? "this item" : "your picture";
  if (said) return `${said}, like ${shown}`;
  return target === "text" ? `Words for ${shown}` : `Like ${shown}`;
}

function statusOf({ hits: found, took }, wanted) {
  if (!took) {
    const all = collections.find(({ name }) => name === wanted.collection)?.items;
    return all > found.length ? `${found.length} of ${formatCount(all, "item")}` : formatCount(found.length, "item");
  }
  const parts = [`${found.length} nearest`];
  if (took.encode > 0) parts.push(`encode ${formatTook(took.encode)}`);
  parts.push(`search ${formatTook(took.search ?? 0)}`);
  return parts.join(" · ");
}

const formatTook = (milliseconds) => `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;

function showEmpty(wanted) {
  if (isQuery(wanted)) {
    const other = wanted.target === "any" ? "" : ` Nothing here has ${wanted.target === "image" ? "a picture" : "a description"} to compare with; try “Either”.`;
    showNotice({ title: "Nothing found.", text: `This collection gave no answer.${other}` });
    return;
  }
  showNotice({
    title: "This collection is empty.",
    text: "Fill it from a folder of pictures or a table of products, then reload this page:",
    code: [`pinax ingest PICTURES --collection ${wanted.collection} --server ${location.origin}`],
  });
}

const readsChinese = ({ words }) => (words.trim() ? isChinese(words) : navigator.language.startsWith("zh"));

/** Shows what is asked for, in the form and in the window's title. */
async function showQuery() {
  document.title = isQuery(view) ? `${headingOf(view)} · Pinax` : "Pinax";
  const { like, collection } = view;
  if (like && likeItem?.id !== like) likeItem = hits.find(({ id }) => id === like)?.item;
  composer.show(view, { file: shelf.get(view.picture), item: likeItem });
  if (!like || likeItem) return;
  try {
    const item = await api.getItem(collection, like);
    if (view.like !== like) return;
    likeItem = item;
    composer.show(view, { item });
  } catch {
    // The search itself reports an item that is missing; the preview then keeps its id.
  }
}

async function showDetails() {
  const { item: id, collection } = view;
  if (!id) {
    details.close();
    return;
  }
  const at = grid.ids.indexOf(id);
  const hit = hits.find((one) => one.id === id);
  const context = { collection, hit, at, of: hits.length, chinese: readsChinese(view) };
  try {
    const item = hit?.item ?? (await api.getItem(collection, id));
    if (view.item === id) details.show(item, context);
  } catch (problem) {
    if (view.item === id) details.showProblem(problem);
  }
}

function closeDetails() {
  const id = view.item;
  if (history.state?.opened) {
    view = { ...view, item: "" };
    history.back();
  } else go({ item: "" }, true);
  grid.focus(id);
}

function moreLike(id) {
  const item = hits.find((hit) => hit.id === id)?.item;
  const target = item && !item.images?.length ? "text" : "image";
  go({ like: id, picture: 0, words: "", target, item: "" });
  scrollTo({ top: 0 });
}

function wordsOf(id) {
  go({ like: id, picture: 0, words: "", target: "text", item: "" });
  scrollTo({ top: 0 });
}

/** Shows which collection is searched, and the choice when there is one. */
function showPlace() {
  const picker = byId("collection");
  byId("picker").hidden = collections.length < 2;
  picker.replaceChildren(...collections.map(({ name }) => new Option(name, name, false, name === view.collection)));
  const here = collections.find(({ name }) => name === view.collection);
  const parts = collections.length === 1 ? [view.collection] : [];
  if (here) parts.push(formatCount(here.items ?? 0, "item"));
  byId("where-items").textContent = parts.join(" · ");
  byId("where-encoder").textContent = here?.encoder?.name ? `· ${here.encoder.name}` : "";
}

async function begin() {
  grid.showGhosts(12);
  hideNotice();
  try {
    collections = await api.listCollections();
  } catch (problem) {
    fail(problem);
    return;
  }
  if (collections.length === 0) {
    grid.clear();
    byId("heading").textContent = "Welcome";
    showNotice({
      title: "There is nothing to search yet.",
      text: "Make a collection from a folder of pictures or a table of products, then reload this page:",
      code: [`pinax ingest PICTURES --collection shop --server ${location.origin}`],
    });
    return;
  }
  show(viewOfAddress());
}

/** Reads the address; without a collection in it, the first that holds anything is meant. */
function viewOfAddress() {
  const read = parseView(location.search, shelf.get(history.state?.picture) ? history.state.picture : 0);
  if (!read.collection) read.collection = (collections.find(({ items }) => items > 0) ?? collections[0]).name;
  return read;
}

byId("collection").addEventListener("change", ({ target }) => {
  hits = [];
  go({ ...start, words: view.words, target: view.target, collection: target.value });
});
byId("brand").addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  source.forget();
  askedKey = "";
  go({ ...start, collection: view.collection });
  composer.focus();
});
byId("more").addEventListener("click", async () => {
  const first = hits.length;
  await showResults({ more: true });
  if (hits[first]) grid.focus(hits[first].id);
});
addEventListener("popstate", () => {
  if (collections.length > 0) show(viewOfAddress());
});
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (details.isOpen || event.target.closest("input:not([type=radio], [type=range]), select, textarea")) return;
  event.preventDefault();
  composer.focus();
});
listenForPictures({
  input: byId("file"),
  veil: byId("veil"),
  picture: (file) => go({ picture: shelf.add(file), like: "", item: "" }),
  item: (id) => go({ like: id, picture: 0, item: "" }),
  refuse: (title) => showNotice({ title, text: "Pictures are JPEG, PNG, GIF, WebP, BMP or TIFF files." }),
});

begin();
