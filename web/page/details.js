// The details of one item, in a dialog beside the results.

import { clip, formatName, formatScore, formatValue, languageOf, titleOf } from "./item.js";
import { itemPath, pictureAddress } from "./api.js";
import { formatSecond, showClip } from "./clip.js";
import { showPicture } from "./frame.js";

const foldAbove = 600; // characters of one text shown before it is folded
const byId = (id) => document.getElementById(id);

export class Details {
  #dialog = byId("details");
  #body = byId("details-body");
  #silent = false;
  #step;

  /**
   * @param {object} on
   * @param {() => void} on.close the reader closed the dialog
   * @param {(by: -1|1) => void} on.step
   * @param {(act: "like"|"words") => void} on.act
   */
  constructor(on) {
    this.#step = on.step;
    this.#dialog.addEventListener("close", () => {
      if (!this.#silent) on.close();
      this.#silent = false;
    });
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close(); // the backdrop
      const act = target.closest("[data-act]")?.dataset.act;
      if (act) on.act(act);
    });
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    byId("close").addEventListener("click", () => this.#dialog.close());
    byId("previous").addEventListener("click", () => on.step(-1));
    byId("next").addEventListener("click", () => on.step(1));
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /**
   * Shows an item.
   *
   * @param {object} item
   * @param {object} context
   * @param {string} context.collection
   * @param {object} [context.hit] the hit that the item came with
   * @param {boolean} context.chinese
   * @param {number} context.at its place among the results, from 0; -1 when it is not among them
   * @param {number} context.of how many results there are
   */
  show(item, { collection, hit, chinese, at, of }) {
    const content = byId("item").content.cloneNode(true);
    const title = titleOf(item, chinese);
    const heading = content.querySelector(".item-title");
    heading.textContent = clip(title);
    heading.lang = languageOf(title);
    if (typeof hit?.score === "number") {
      const line = content.querySelector(".item-score");
      line.hidden = false;
      line.textContent = `score ${formatScore(hit.score)}, matched by its ${matchedBy(hit.matched)}`;
    }
    showPictures(content, item, clip(title, 120), hit?.matched?.video);
    fillTexts(content.querySelector(".texts"), item.texts ?? {});
    fillTable(content.querySelector(".attributes"), Object.entries(item.attributes ?? {}).map(([k, v]) => [formatName(k), formatValue(v)]));
    fillTable(content.querySelector(".record"), record(item));
    content.querySelector(".raw").href = itemPath(collection, item.id);
    this.#open(content, at, of);
  }

  /** Shows why an item cannot be shown. */
  showProblem(problem) {
    const box = document.createElement("div");
    box.className = "sheet-problem";
    const heading = document.createElement("h2");
    heading.id = "details-title";
    heading.textContent = problem.message;
    const hint = document.createElement("p");
    hint.textContent = problem.hint || "It may have been deleted since.";
    box.append(heading, hint);
    this.#open(box, -1, 0);
  }

  /** Closes without telling. */
  close() {
    if (!this.#dialog.open) return;
    this.#silent = true;
    this.#dialog.close();
  }

  #open(content, at, of) {
    byId("place").textContent = at < 0 ? "" : `${at + 1} of ${of}`;
    byId("previous").disabled = at <= 0;
    byId("next").disabled = at < 0 || at === of - 1;
    if (this.#dialog.contains(document.activeElement)) this.#body.focus(); // a button just disabled would swallow the keys
    this.#body.replaceChildren(content);
    this.#body.scrollTop = 0;
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || byId(by < 0 ? "previous" : "next").disabled) return;
    event.preventDefault();
    this.#step(by);
  }
}

function matchedBy(matched) {
  if (matched?.modality === "text") return "description";
  return matched?.video ? `clip at ${formatSecond(matched.video.peak)}` : "picture";
}

/** Shows an item's pictures, its clip as the last of them; first the clip when a part of it matched. */
function showPictures(content, item, alt, part) {
  const images = [...(item.images ?? []), ...(item.video ? [item.video] : [])];
  const stage = content.querySelector(".stage");
  const show = (n) => {
    const image = images[n];
    if (image && image === item.video) showClip(stage, image, { at: part?.peak, controls: true, alt });
    else showPicture(stage, image && { ...image, address: pictureAddress(image, "full"), alt, eager: true });
  };
  const first = part ? images.length - 1 : 0;
  show(first);
  stage.hidden = images.length === 0;
  if (images.length < 2) return;

  const reel = content.querySelector(".reel");
  reel.hidden = false;
  const press = (n) => {
    show(n);
    [...reel.children].forEach((button, m) => button.setAttribute("aria-pressed", String(m === n)));
  };
  images.forEach((image, n) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "frame";
    button.setAttribute("aria-label", image === item.video ? "Clip" : `Picture ${n + 1}`);
    if (image === item.video) showClip(button, image, { at: part?.peak });
    else showPicture(button, { ...image, address: pictureAddress(image, "thumb") });
    button.addEventListener("click", () => press(n));
    reel.append(button);
  });
  press(first);
}

function fillTexts(section, texts) {
  const fields = Object.keys(texts).sort();
  fillTable(section, fields.map((field) => [formatName(field), texts[field]]));
  for (const value of section.querySelectorAll("dd")) if (value.textContent.length > foldAbove) fold(value);
}

function fold(value) {
  const text = document.createElement("span");
  text.className = "folded";
  text.textContent = value.textContent;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "unfold";
  button.textContent = "Show all of it";
  button.addEventListener("click", () => {
    text.classList.remove("folded");
    button.remove();
  });
  value.replaceChildren(text, button);
}

function record(item) {
  const rows = [["id", item.id]];
  if (item.created) rows.push(["created", formatTime(item.created)]);
  if (item.updated && item.updated !== item.created) rows.push(["updated", formatTime(item.updated)]);
  if (item.revision) rows.push(["revision", String(item.revision)]);
  (item.images ?? []).forEach((image, n, all) => {
    const name = all.length > 1 ? `picture ${n + 1}` : "picture";
    rows.push([name, `${image.width} × ${image.height}, ${image.type}`], [`${name} SHA-256`, image.sha256]);
  });
  if (item.video) {
    const { width, height, type, duration, segments, sha256 } = item.video;
    rows.push(["clip", `${width} × ${height}, ${type}, ${formatSecond(duration)}, ${segments.length} segments`], ["clip SHA-256", sha256]);
  }
  return rows;
}

function formatTime(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

function fillTable(section, rows) {
  section.hidden = rows.length === 0;
  const list = section.querySelector("dl");
  for (const [name, value] of rows) {
    const term = document.createElement("dt");
    term.textContent = name;
    const text = document.createElement("dd");
    text.textContent = value;
    text.dir = "auto";
    text.lang = languageOf(value);
    list.append(term, text);
  }
}
