// What the page shows, and its form in the address, so that back, forward, reload and sharing work.

/**
 * @typedef {object} View
 * @property {string} collection "" until the list of collections has come
 * @property {string} words
 * @property {"image"|"text"|"any"} target what the query is compared with
 * @property {string} like id of the item that takes the picture's place in the query, "" for none
 * @property {number} balance from 0 (words alone) to 1 (picture alone), when the query has both
 * @property {number} picture number of an uploaded picture (see picture.js), 0 for none; never in the address
 * @property {string} item id of the item whose details are open, "" for none
 */

/** @type {Readonly<View>} */
export const start = Object.freeze({ collection: "", words: "", target: "image", like: "", balance: 0.5, picture: 0, item: "" });

const targets = ["image", "text", "any"];

/**
 * Reads a view from the query string of an address. What is malformed falls back to the start.
 *
 * @param {string} query such as "?q=red+dress"
 * @param {number} picture from the history entry
 * @returns {View}
 */
export function parseView(query, picture = 0) {
  const q = new URLSearchParams(query);
  const balance = Number(q.get("balance") ?? start.balance);
  return {
    collection: q.get("c") ?? start.collection,
    words: q.get("q") ?? start.words,
    target: targets.includes(q.get("target")) ? q.get("target") : start.target,
    like: q.get("like") ?? start.like,
    balance: balance > 0 && balance < 1 ? balance : start.balance,
    picture,
    item: q.get("item") ?? start.item,
  };
}

/**
 * Writes a view as a query string; what is as at the start is left out.
 *
 * @param {View} view
 * @returns {string} "" or "?…"
 */
export function formatView(view) {
  const q = new URLSearchParams();
  if (view.collection) q.set("c", view.collection);
  if (view.words) q.set("q", view.words);
  if (view.like) q.set("like", view.like);
  if (view.target !== start.target) q.set("target", view.target);
  if (isMixed(view) && view.balance !== start.balance) q.set("balance", view.balance);
  if (view.item) q.set("item", view.item);
  const query = q.toString();
  return query && `?${query}`;
}

/** Whether the view asks for anything, rather than listing the collection. */
export const isQuery = (view) => Boolean(view.words.trim() || view.like || view.picture);

/** Whether the query has words and a picture. */
export const isMixed = (view) => Boolean(view.words.trim() && (view.like || view.picture));

/** Two views with the same key show the same results. */
export function resultsKey(view) {
  const { collection, words, target, like, picture } = view;
  return JSON.stringify(isQuery(view) ? [collection, words.trim(), target, like, picture, isMixed(view) && view.balance] : [collection]);
}

/**
 * The parts of the search that a view asks for. With words and a picture the weights add up to 2, so that the middle of
 * the balance is the contract's default of 1 each.
 *
 * @param {View} view
 * @returns {object[]}
 */
export function queryParts(view) {
  const share = isMixed(view) ? view.balance : 0.5;
  const weight = (part) => Math.round(part * 200) / 100;
  const parts = [];
  if (view.words.trim()) parts.push({ text: view.words.trim(), weight: weight(1 - share) });
  if (view.like) parts.push({ item: view.like, weight: weight(share) });
  else if (view.picture) parts.push({ image: { part: "image0" }, weight: weight(share) });
  return parts;
}
