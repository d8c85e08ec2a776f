// The grid of results: tiles that are real links, moved through with the arrow keys.

import { barLengths, clip, formatScore, languageOf, matchedText, titleOf } from "./item.js";
import { pictureAddress } from "./api.js";
import { showClip } from "./clip.js";
import { showPicture } from "./frame.js";
import { itemType } from "./picture.js";

const kinds = { image: "picture", text: "description" };

export class Grid {
  #list;
  #on;
  #tiles = new Map(); // id → element; a tile that stays between two answers keeps its picture and its focus

  /**
   * @param {HTMLElement} list
   * @param {object} on
   * @param {(id: string) => void} on.open
   * @param {(id: string) => void} on.like
   * @param {() => void} on.leave the focus goes up, out of the grid
   * @param {(id: string) => string} on.address of an item's details
   */
  constructor(list, on) {
    this.#list = list;
    this.#on = on;
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("focusin", ({ target }) => this.#rove(target.closest(".tile")));
    list.addEventListener("dragstart", (event) => {
      const tile = event.target.closest(".tile");
      if (tile) event.dataTransfer.setData(itemType, tile.dataset.id);
    });
  }

  /** The ids shown, in order. */
  get ids() {
    return [...this.#tiles.keys()];
  }

  /**
   * Shows hits, or plain items as hits without a score.
   *
   * @param {{id: string, item: object, score?: number, matched?: object}[]} hits
   * @param {{chinese: boolean, target: string}} reading
   */
  show(hits, reading) {
    const focused = document.activeElement?.closest?.(".tile")?.dataset.id;
    const lengths = barLengths(hits);
    const tiles = new Map();
    hits.forEach((hit, n) => {
      const tile = this.#tiles.get(hit.id) ?? newTile(hit);
      fill(tile, hit, { ...reading, length: lengths[n] });
      tile.querySelector("a").href = this.#on.address(hit.id);
      tiles.set(hit.id, tile);
    });
    this.#tiles = tiles;
    this.#list.replaceChildren(...tiles.values());
    if (focused && tiles.has(focused)) this.focus(focused);
    else this.#rove(this.#list.firstElementChild);
  }

  /** Shows n empty places while the first answer is on its way. */
  showGhosts(n) {
    this.#tiles = new Map();
    const ghost = document.getElementById("ghost");
    this.#list.replaceChildren(...Array.from({ length: n }, () => ghost.content.cloneNode(true)));
  }

  clear() {
    this.#tiles = new Map();
    this.#list.replaceChildren();
  }

  /** Moves the focus to an item's tile, or the first. Returns whether there was one. */
  focus(id = this.ids[0]) {
    const tile = this.#tiles.get(id);
    tile?.querySelector("a").focus();
    return Boolean(tile);
  }

  // One tile at a time is a tab stop, so that Tab does not walk through hundreds.
  #rove(tile) {
    if (!tile?.dataset.id) return;
    for (const stop of this.#list.querySelectorAll('[tabindex="0"]')) stop.tabIndex = -1;
    for (const stop of tile.querySelectorAll("a, button")) stop.tabIndex = 0;
  }

  #click(event) {
    const tile = event.target.closest(".tile[data-id]");
    if (!tile || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (event.target.closest(".like")) this.#on.like(tile.dataset.id);
    else if (event.target.closest("a")) {
      event.preventDefault();
      this.#on.open(tile.dataset.id);
    }
  }

  #key(event) {
    const tile = event.target.closest(".tile");
    if (!tile || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "m" || event.key === "M") {
      event.preventDefault();
      this.#on.like(tile.dataset.id);
      return;
    }
    const tiles = [...this.#list.children];
    const columns = Math.max(1, tiles.findIndex((other) => other.offsetTop > tiles[0].offsetTop));
    const at = tiles.indexOf(tile);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns, ArrowDown: at + columns, Home: 0, End: tiles.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0 && event.key === "ArrowUp") this.#on.leave();
    else tiles[Math.min(Math.max(to, 0), tiles.length - 1)].querySelector("a").focus();
  }
}

function newTile({ id, item, matched }) {
  const tile = document.getElementById("tile").content.firstElementChild.cloneNode(true);
  tile.dataset.id = id;
  const [image] = item?.images ?? [];
  const frame = tile.querySelector(".frame");
  if (item?.video && (matched?.video || !image)) showClip(frame, item.video, { at: matched?.video?.peak });
  else showPicture(frame, image && { ...image, address: pictureAddress(image, "thumb") });
  return tile;
}

function fill(tile, hit, { chinese, target, length }) {
  const title = clip(matchedText(hit) || titleOf(hit.item ?? hit, chinese));
  const place = tile.querySelector(".tile-title");
  place.textContent = title;
  place.lang = languageOf(title);
  tile.querySelector(".like").setAttribute("aria-label", `More like ${clip(title, 60)}`);
  const bare = tile.querySelector(".frame.bare");
  if (bare) bare.textContent = title;

  const player = tile.querySelector("video");
  if (player && hit.matched?.video) player.currentTime = hit.matched.video.peak; // the tile may be that of the search before

  const scored = typeof hit.score === "number";
  tile.querySelector(".score").hidden = !scored;
  if (!scored) return;
  tile.querySelector(".number").textContent = formatScore(hit.score);
  tile.querySelector(".bar i").style.width = `${Math.round(length * 100)}%`;
  const kind = tile.querySelector(".kind");
  kind.hidden = target !== "any";
  kind.textContent = kinds[hit.matched?.modality] ?? "";
}
