// Fetching what a view shows: a search, or a page of the collection. A newer request always wins over an older one.

import * as api from "./api.js";
import { isQuery, queryParts, resultsKey } from "./view.js";

const step = 24; // results fetched at once: fills the columns of every layout
const deepest = 1000; // the limit of one query unless the server is configured otherwise
const remembered = 20; // answers kept for back and forward

/**
 * @typedef {object} Results
 * @property {object[]} hits a plain item of a listing counts as a hit without a score
 * @property {object|null} took milliseconds of each stage of a search
 * @property {boolean} more whether there may be more of them
 */

export class ResultSource {
  #shelf;
  #request = new AbortController();
  #known = new Map(); // key of a view → {results, limit, token}

  /** @param {import("./picture.js").PictureShelf} shelf */
  constructor(shelf) {
    this.#shelf = shelf;
  }

  /** The results of a view if they are known, so that going back does not wait. */
  recall(view) {
    return this.#known.get(resultsKey(view))?.results;
  }

  /** Forgets everything, so that the next request sees what is stored now. */
  forget() {
    this.#known.clear();
  }

  /** Abandons the request under way. */
  abandon() {
    this.#request.abort();
  }

  /**
   * Fetches the first results of a view, or more of them. Rejects with an AbortError when a newer request took over.
   *
   * @param {import("./view.js").View} view
   * @param {{more?: boolean}} [options]
   * @returns {Promise<Results>}
   */
  async fetch(view, { more = false } = {}) {
    this.abandon();
    this.#request = new AbortController();
    const key = resultsKey(view);
    const before = more ? this.#known.get(key) : undefined;
    const { signal } = this.#request;
    const state = isQuery(view) ? await this.#search(view, before, signal) : await list(view, before, signal);
    this.#remember(key, state);
    return state.results;
  }

  // The contract's pages of a search are not needed here: the same query with a higher limit repeats the first hits.
  async #search(view, before, signal) {
    const limit = Math.min((before?.limit ?? 0) + step, deepest);
    const picture = view.like ? undefined : this.#shelf.get(view.picture);
    const request = { query: queryParts(view), target: view.target, limit };
    const answer = await api.search(view.collection, request, picture ? [picture] : [], signal);
    const hits = answer.hits ?? [];
    return { results: { hits, took: answer.took_ms ?? null, more: hits.length === limit && limit < deepest }, limit };
  }

  #remember(key, state) {
    this.#known.delete(key);
    this.#known.set(key, state);
    if (this.#known.size > remembered) this.#known.delete(this.#known.keys().next().value);
  }
}

async function list(view, before, signal) {
  const page = await api.listItems(view.collection, { size: step, token: before?.token }, signal);
  const hits = [...(before?.results.hits ?? []), ...(page.items ?? []).map((item) => ({ id: item.id, item }))];
  const token = page.next_page_token ?? "";
  return { results: { hits, took: null, more: token !== "" }, token };
}
