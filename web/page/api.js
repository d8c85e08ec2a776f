// The calls of the HTTP contract that the page makes. Addresses are relative to the page, so that it also works behind a
// proxy that serves Pinax under a path of its own.

/**
 * A failure that can be shown: what went wrong, and the way out where there is one.
 *
 * `status` is 0 when no answer came. `retryAfter` is in seconds, 0 when the server named no time.
 */
export class Problem extends Error {
  constructor({ status = 0, code = "", title = "", detail = "", hint = "", retryAfter = 0 } = {}) {
    super(detail || title || "The request failed.");
    Object.assign(this, { status, code, title, hint, retryAfter });
  }
}

/** Lists the collections of every page: [{name, items, encoder}]. */
export async function listCollections(signal) {
  const all = [];
  let token = "";
  do {
    const page = await call(`v1/collections?${new URLSearchParams({ page_token: token })}`, { signal });
    all.push(...(page.collections ?? []));
    token = page.next_page_token ?? "";
  } while (token);
  return all;
}

/** Lists one page of items: {items, next_page_token}. */
export function listItems(collection, { size, token = "" }, signal) {
  const query = new URLSearchParams({ page_size: size });
  if (token) query.set("page_token", token);
  return call(`v1/collections/${encodeURIComponent(collection)}/items?${query}`, { signal });
}

export function getItem(collection, id, signal) {
  return call(itemPath(collection, id), { signal });
}

/** The address of an item relative to the page. */
export function itemPath(collection, id) {
  return `v1/collections/${encodeURIComponent(collection)}/items/${encodeURIComponent(id)}`;
}

/**
 * The address of a stored picture.
 *
 * @param {{url: string}} image as it stands in an item
 * @param {"thumb"|"full"} size
 */
export function pictureAddress(image, size) {
  const address = new URL(image.url.replace(/^\//, ""), document.baseURI);
  address.searchParams.set("size", size);
  return address.href;
}

/** The address of a clip, from what the server said of it. */
export const clipAddress = (clip) => new URL(clip.url.replace(/^\//, ""), document.baseURI).href;

/**
 * Searches a collection.
 *
 * @param {{query: object[], target: string, limit: number}} request as the contract has it
 * @param {File[]} pictures which the parts of the query name `image0`, `image1`, …
 * @returns {Promise<{hits: object[], took_ms: object}>}
 */
export function search(collection, request, pictures, signal) {
  const path = `v1/collections/${encodeURIComponent(collection)}/search`;
  if (pictures.length === 0) {
    return call(path, { method: "POST", signal, headers: { "content-type": "application/json" }, body: JSON.stringify(request) });
  }
  const form = new FormData();
  form.set("search", new Blob([JSON.stringify(request)], { type: "application/json" }));
  pictures.forEach((picture, n) => form.set(`image${n}`, picture));
  return call(path, { method: "POST", signal, body: form });
}

async function call(path, init) {
  let answer;
  try {
    answer = await fetch(path, init);
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new Problem({ detail: "The server does not answer.", hint: "Is it still running, and is this device still connected?" });
  }
  if (!answer.ok) throw await problemOf(answer);
  try {
    return await answer.json();
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new Problem({ status: answer.status, detail: "The server's answer was cut short or is not JSON." });
  }
}

async function problemOf(answer) {
  const problem = { status: answer.status, retryAfter: Number(answer.headers.get("retry-after")) || 0 };
  const said = await answer.json().catch(() => ({}));
  return new Problem({ title: answer.statusText, ...said, ...problem });
}
